//! The pairs of heads to compare.

use crate::core::graph::{Fork, RevisionId};
use crate::engine::project::ScriptTree;
use crate::engine::{Error, ErrorKind, Result};

/// Two heads, and their branches since their common ancestors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadPair {
    pub left: RevisionId,
    pub right: RevisionId,
    pub fork: Fork,
}

/// The pairs of the given revisions, or of all heads if none are given. Empty if there are fewer than two heads.
///
/// # Errors
/// If a revision cannot be resolved, or if there is only one.
pub fn find_pairs(tree: &ScriptTree, revisions: &[String], current: &[RevisionId]) -> Result<Vec<HeadPair>> {
    tree.require_valid()?;
    let mut heads: Vec<RevisionId> = Vec::new();
    if revisions.is_empty() {
        heads.extend(tree.graph.heads().into_iter().cloned());
    }
    for revision in revisions {
        for id in tree.graph.resolve(revision, current)? {
            if !heads.contains(&id) {
                heads.push(id);
            }
        }
    }
    if let ([only], false) = (heads.as_slice(), revisions.is_empty()) {
        return Err(Error::of(ErrorKind::Usage, format!("only one revision is named: {only}"))
            .hint("name two revisions, or none to compare all heads"));
    }
    let pairs = heads.iter().enumerate().flat_map(|(index, left)| {
        heads.iter().skip(index + 1).map(|right| HeadPair {
            left: left.clone(),
            right: right.clone(),
            fork: tree.graph.fork(left, right),
        })
    });
    Ok(pairs.collect())
}
