//! The path of `switch`: from the revisions of another git branch to the heads of the scripts on disk.

use std::collections::HashSet;

use super::explain_missing;
use crate::core::graph::{Path, RevisionId};
use crate::engine::project::{Project, ScriptTree};
use crate::engine::{Error, Result, Target};

/// Finds the path. `tree` contains the scripts on disk, `with_missing` also those that only the ledger has.
///
/// # Errors
/// If the environment is protected, or the ledger does not have the script of a missing revision.
pub(super) fn find_path(
    project: &Project,
    target: &Target,
    (tree, with_missing): (&ScriptTree, &ScriptTree),
    heads: &[RevisionId],
) -> Result<Path> {
    require_not_protected(target)?;
    let has_script = |id: &&RevisionId| tree.script(id.as_str()).is_some();
    let missing: HashSet<RevisionId> = with_missing.scripts.keys().filter(|id| !has_script(id)).cloned().collect();
    let unknown = heads.iter().find(|id| with_missing.script(id.as_str()).is_none());
    if let (Some(id), Some(_)) = (unknown, &project.alembic) {
        return Err(Error::new(format!("the database is at {id}, and no script has this revision"))
            .because("the script is Python: limbeck runs Python only from files")
            .hint(format!(
                "check out the git branch that has the script, downgrade there, and come back: the revision is {id}"
            )));
    }
    with_missing.graph.switch(&missing, heads).map_err(|error| explain_missing(with_missing, heads, error))
}

fn require_not_protected(target: &Target) -> Result<()> {
    if !target.environment.protected {
        return Ok(());
    }
    Err(Error::new(format!("the environment '{}' is protected: switch does not run there", target.environment.shown()))
        .because("a switch downgrades revisions without naming them one by one")
        .hint("plan the two parts yourself: `limbeck downgrade REV`, then `limbeck upgrade heads`"))
}
