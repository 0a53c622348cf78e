//! Makes new scripts: empty revisions and merges.

use std::path::PathBuf;

use super::Result;
use super::project::{Project, ScriptTree};
use crate::core::graph::RevisionId;

/// What a new revision is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRevision {
    pub message: String,
    /// `--head`; empty: the only head. `base`, a label, `label@head` and ids are taken.
    pub heads: Vec<String>,
    pub splice: bool,
    pub branch_labels: Vec<String>,
    pub depends_on: Vec<String>,
    /// `--rev-id`.
    pub id: Option<String>,
    /// `--version-path`.
    pub version_path: Option<PathBuf>,
}

/// A script that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub revision: RevisionId,
    pub path: PathBuf,
}

/// Writes a new, empty revision; several heads make a merge.
///
/// # Errors
/// As Alembic: several heads without a choice, a parent that is no head without `splice`, a bad id;
/// and when the file exists or cannot be written.
pub fn create(project: &Project, tree: &ScriptTree, new: &NewRevision) -> Result<Written> {
    let _ = (project, tree, new);
    todo!()
}

/// Writes a merge of the given revisions.
///
/// # Errors
/// As [`create`], and for duplicates.
pub fn merge(project: &Project, tree: &ScriptTree, revisions: &[String], new: &NewRevision) -> Result<Written> {
    let _ = (project, tree, revisions, new);
    todo!()
}
