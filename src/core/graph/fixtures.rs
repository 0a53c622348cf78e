//! Graphs for tests.

use super::{Graph, Revision, RevisionId};

/// A revision: its id, its parents, and what it depends on, separated by spaces.
pub type TestRevision = (&'static str, &'static str, &'static str);

pub fn id(text: &str) -> RevisionId {
    RevisionId::parse(text).unwrap()
}

/// The ids in a text, separated by spaces.
pub fn ids(text: &str) -> Vec<RevisionId> {
    text.split_whitespace().map(id).collect()
}

/// Builds a graph that may have no problem.
pub fn graph(revisions: &[TestRevision]) -> Graph {
    let revisions = revisions.iter().map(|(name, parents, depends)| Revision {
        id: id(name),
        down_revisions: ids(parents),
        depends_on: depends.split_whitespace().map(str::to_owned).collect(),
        branch_labels: Vec::new(),
    });
    let (graph, problems) = Graph::build(revisions.collect());
    assert!(problems.is_empty(), "{problems:?}");
    graph
}
