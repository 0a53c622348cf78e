//! Revisions that the database holds and no file has: their scripts, as the ledger keeps them.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_postgres::Client;

use super::ledger::Ledger;
use crate::core::graph::RevisionId;
use crate::core::script::Script;
use crate::engine::Result;
use crate::engine::project::{ScriptFile, ScriptTree};

/// The tree with the scripts of missing heads, and of their missing parents, taken from the ledger.
/// Those that the ledger does not have either stay missing.
///
/// # Errors
/// When the server cannot be asked.
pub async fn add_missing_scripts(tree: &ScriptTree, client: &Client, heads: &[RevisionId]) -> Result<ScriptTree> {
    let found = read_missing_scripts(tree, client, heads).await?;
    Ok(if found.is_empty() { tree.clone() } else { tree.with(found) })
}

/// The scripts of missing heads, and of their missing parents, that the ledger has.
///
/// # Errors
/// When the server cannot be asked.
pub async fn read_missing_scripts(
    tree: &ScriptTree,
    client: &Client,
    heads: &[RevisionId],
) -> Result<Vec<Arc<ScriptFile>>> {
    let mut wanted: Vec<RevisionId> = heads.iter().filter(|id| tree.script(id.as_str()).is_none()).cloned().collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let Some(ledger) = Ledger::find(client).await? else { return Ok(Vec::new()) };
    let mut asked: HashSet<RevisionId> = HashSet::new();
    let mut found = Vec::new();
    while !wanted.is_empty() {
        asked.extend(wanted.iter().cloned());
        let mut parents = Vec::new();
        for text in ledger.scripts(client, &wanted).await?.into_values() {
            let Ok(script) = Script::parse(&text) else { continue };
            parents.extend(script.down_revisions.iter().cloned());
            let path = PathBuf::from(format!("ledger:{}", script.revision));
            found.push(Arc::new(ScriptFile { path, text: text.into(), script }));
        }
        parents.retain(|id| tree.script(id.as_str()).is_none() && !asked.contains(id));
        parents.sort();
        parents.dedup();
        wanted = parents;
    }
    Ok(found)
}

/// Whether a script came from the ledger and not from a file.
#[must_use]
pub fn is_from_ledger(file: &ScriptFile) -> bool {
    file.path.to_string_lossy().starts_with("ledger:")
}
