//! Scripts from the ledger, for applied revisions that have no file.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_postgres::Client;

use super::ledger::Ledger;
use crate::core::graph::RevisionId;
use crate::core::script::Script;
use crate::engine::Result;
use crate::engine::project::{ScriptFile, ScriptTree};

/// Returns the tree with the scripts of missing heads and of their missing parents, as far as the ledger has them.
///
/// # Errors
/// When the server cannot be reached.
pub async fn add_missing_scripts(tree: &ScriptTree, client: &Client, heads: &[RevisionId]) -> Result<ScriptTree> {
    let found = read_missing_scripts(tree, client, heads).await?;
    Ok(if found.is_empty() { tree.clone() } else { tree.with(found) })
}

/// Returns the scripts of missing heads and of their missing parents that the ledger has.
///
/// # Errors
/// When the server cannot be reached.
pub async fn read_missing_scripts(
    tree: &ScriptTree,
    client: &Client,
    heads: &[RevisionId],
) -> Result<Vec<Arc<ScriptFile>>> {
    let mut missing: Vec<RevisionId> = heads.iter().filter(|id| tree.script(id.as_str()).is_none()).cloned().collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let Some(ledger) = Ledger::find(client).await? else { return Ok(Vec::new()) };
    let mut requested: HashSet<RevisionId> = HashSet::new();
    let mut found = Vec::new();
    while !missing.is_empty() {
        requested.extend(missing.iter().cloned());
        let mut parents = Vec::new();
        for text in ledger.scripts(client, &missing).await?.into_values() {
            let Ok(script) = Script::parse(&text) else { continue };
            parents.extend(script.down_revisions.iter().cloned());
            let path = PathBuf::from(format!("ledger:{}", script.revision));
            found.push(Arc::new(ScriptFile { path, text: text.into(), script }));
        }
        parents.retain(|id| tree.script(id.as_str()).is_none() && !requested.contains(id));
        parents.sort();
        parents.dedup();
        missing = parents;
    }
    Ok(found)
}

/// Whether a script came from the ledger instead of a file.
#[must_use]
pub fn is_from_ledger(file: &ScriptFile) -> bool {
    file.path.to_string_lossy().starts_with("ledger:")
}
