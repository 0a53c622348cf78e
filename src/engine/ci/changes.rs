//! The revisions that a pull request changes.

use tokio_util::sync::CancellationToken;

use super::real_path;
use crate::core::graph::RevisionId;
use crate::engine::git;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::{Result, project::ScriptFile};

/// The revisions whose scripts differ from the common ancestor of `since` and `HEAD`, parents first.
///
/// # Errors
/// As [`git::changed_files`].
pub async fn changed_revisions(
    project: &Project,
    tree: &ScriptTree,
    since: &str,
    cancel: &CancellationToken,
) -> Result<Vec<RevisionId>> {
    let changed = git::changed_files(project.root(), since, cancel).await?;
    let is_changed = |file: &ScriptFile| changed.contains(&real_path(&file.path));
    let order = tree.graph.newest_first().into_iter().rev().map(|revision| &revision.id);
    Ok(order.filter(|id| tree.scripts.get(*id).is_some_and(|file| is_changed(file))).cloned().collect())
}
