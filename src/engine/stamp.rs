//! Writes the version table without running any script.

use super::project::{Project, ScriptTree};
use super::{Result, Target};
use crate::core::graph::Path;

/// Stamps the database with targets (`head`, `base`, ids, …); with `purge` the table is emptied first.
///
/// # Errors
/// When a target cannot be resolved or the table cannot be written.
pub async fn stamp(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    targets: &[String],
    purge: bool,
) -> Result<Path> {
    let _ = (project, tree, target, targets, purge);
    todo!()
}
