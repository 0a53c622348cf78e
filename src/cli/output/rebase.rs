//! A rebase as text and as a document.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use super::json::VerifiedDocument;
use super::listing::absolute;
use crate::core::conflict::branch_lines;
use crate::core::graph::RevisionId;
use crate::engine::project::ScriptTree;
use crate::engine::rebase::PlannedRebase;
use crate::engine::verify::VerifyReport;

/// `rebase`.
#[derive(Debug, Serialize)]
pub struct RebaseDocument<'a> {
    revision: &'a RevisionId,
    onto: &'a RevisionId,
    /// The scripts that were changed.
    changed: Vec<ChangedDocument<'a>>,
    proof: Vec<VerifiedDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct ChangedDocument<'a> {
    revision: &'a RevisionId,
    path: PathBuf,
    /// The parents before and after.
    from: &'a [RevisionId],
    to: &'a [RevisionId],
}

impl<'a> RebaseDocument<'a> {
    /// The document of a rebase that was written.
    #[must_use]
    pub fn new(planned: &'a PlannedRebase, report: &'a VerifyReport) -> Self {
        let changed = planned.rebase.changes.iter().zip(&planned.files).map(|(change, file)| ChangedDocument {
            revision: &change.revision,
            path: absolute(&file.path),
            from: &change.before,
            to: &change.after,
        });
        Self {
            revision: &planned.revision,
            onto: &planned.onto,
            changed: changed.collect(),
            proof: report.revisions.iter().map(VerifiedDocument::from).collect(),
        }
    }
}

/// The branches of a tree, below a title, without a newline at the end.
#[must_use]
pub fn tree_text(title: &str, tree: &ScriptTree, planned: &PlannedRebase) -> String {
    let mut text = title.to_owned();
    for line in branch_lines(&tree.graph, &planned.shown()) {
        text.push_str("\n  ");
        text.push_str(&line.left);
        if let Some(id) = &line.revision {
            let message = tree.script(id.as_str()).map_or("", |file| file.script.summary());
            // Writing to a string cannot fail.
            let _ = write!(text, "o{}  {id}  {message}", line.right);
        }
    }
    text
}
