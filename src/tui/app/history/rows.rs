//! The data of the history's rows, read from the scripts.

use std::collections::HashMap;

use crate::core::graph::RevisionId;
use crate::core::graph::lanes::Edge;
use crate::engine::project::ScriptTree;
use crate::engine::state::script_status::ScriptStatus;

/// The topmost applied revisions that the tree contains. For a head without a script, these are its ancestors, which
/// are found through the scripts in the ledger.
pub(super) fn find_applied_tips(tree: &ScriptTree, heads: &[RevisionId], record: &ScriptStatus) -> Vec<RevisionId> {
    let mut found = Vec::new();
    let mut todo = heads.to_vec();
    let mut asked = std::collections::HashSet::new();
    while let Some(id) = todo.pop() {
        if tree.graph.get(id.as_str()).is_some() {
            found.push(id);
        } else if let Some(file) = record.from_ledger.get(&id).filter(|_| asked.insert(id)) {
            todo.extend(file.script.down_revisions.iter().cloned());
        }
    }
    found
}

/// The text that the filter searches: id, message and labels in lower case.
pub(super) fn text(tree: &ScriptTree, id: &RevisionId) -> Box<str> {
    let mut text = id.to_string();
    if let Some(file) = tree.scripts.get(id) {
        text.push(' ');
        text.push_str(&file.script.message);
        for label in &file.script.branch_labels {
            text.push(' ');
            text.push_str(label);
        }
    }
    text.to_lowercase().into()
}

/// The edges from each revision to its parents and dependencies, and from the bases to the last row.
pub(super) fn edges(tree: &ScriptTree, ids: &[RevisionId]) -> Vec<Vec<Edge>> {
    let positions: HashMap<&str, usize> = ids.iter().enumerate().map(|(n, id)| (id.as_str(), n)).collect();
    let base = ids.len();
    let mut edges: Vec<Vec<Edge>> = ids
        .iter()
        .map(|id| {
            let parents = tree.graph.get(id.as_str()).map_or(&[][..], |revision| &revision.down_revisions);
            let mut edges: Vec<Edge> =
                parents.iter().filter_map(|parent| positions.get(parent.as_str()).map(|n| Edge::Parent(*n))).collect();
            if edges.is_empty() {
                edges.push(Edge::Parent(base));
            }
            let dependencies = tree.graph.dependencies(id.as_str());
            edges.extend(
                dependencies.into_iter().filter_map(|id| positions.get(id.as_str()).map(|n| Edge::Dependency(*n))),
            );
            edges
        })
        .collect();
    edges.push(Vec::new());
    edges
}
