//! A part of the graph as lines with lanes, newest first.

use std::collections::{BTreeSet, HashMap};

use crate::core::graph::lanes::{Edge, lay_out};
use crate::core::graph::{Graph, Revision, RevisionId};

/// One line of a drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchLine {
    /// The cells before the glyph of the revision; the whole line if there is no revision.
    pub left: String,
    pub revision: Option<RevisionId>,
    /// The cells after the glyph.
    pub right: String,
}

/// Draws the revisions in `shown`.
#[must_use]
pub fn branch_lines(graph: &Graph, shown: &BTreeSet<RevisionId>) -> Vec<BranchLine> {
    let listed: Vec<&Revision> = graph.newest_first().into_iter().filter(|one| shown.contains(&one.id)).collect();
    let places: HashMap<&RevisionId, usize> = listed.iter().enumerate().map(|(place, one)| (&one.id, place)).collect();
    let edges = listed.iter().map(|one| {
        let parents = one.down_revisions.iter().filter_map(|id| places.get(id)).map(|place| Edge::Parent(*place));
        let dependencies = graph.dependencies(one.id.as_str()).into_iter().filter_map(|id| places.get(id));
        parents.chain(dependencies.map(|place| Edge::Dependency(*place))).collect()
    });
    let rows = lay_out(&edges.collect::<Vec<_>>());
    let mut lines = Vec::new();
    for (revision, row) in listed.iter().zip(rows) {
        let (left, right) = (row.left.to_string(), row.right.to_string());
        lines.push(BranchLine { left, revision: Some(revision.id.clone()), right });
        let link = |cells: &str| BranchLine { left: cells.to_string(), revision: None, right: String::new() };
        lines.extend(row.links.iter().map(|cells| link(cells)));
    }
    lines
}

/// The graph with a new revision that merges these heads, and its id for the drawing.
#[must_use]
pub fn with_merge(graph: &Graph, heads: &[RevisionId]) -> (Graph, Option<RevisionId>) {
    let mut name = String::from("merge");
    while graph.get(&name).is_some() {
        name.push('_');
    }
    let mut revisions: Vec<Revision> = graph.newest_first().into_iter().cloned().collect();
    let id = RevisionId::parse(&name).ok();
    revisions.extend(id.iter().map(|id| Revision {
        id: id.clone(),
        down_revisions: heads.to_vec(),
        depends_on: Vec::new(),
        branch_labels: Vec::new(),
    }));
    (Graph::build(revisions).0, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_is_drawn_above_its_parents() {
        let id = |text: &str| RevisionId::parse(text).unwrap();
        let revision = |name: &str, parents: &[&str]| Revision {
            id: id(name),
            down_revisions: parents.iter().map(|parent| id(parent)).collect(),
            depends_on: Vec::new(),
            branch_labels: Vec::new(),
        };
        let (graph, _) =
            Graph::build(vec![revision("z", &[]), revision("c", &["z"]), revision("a", &["c"]), revision("b", &["c"])]);
        let (graph, merge) = with_merge(&graph, &[id("a"), id("b")]);
        let shown = ["c", "a", "b"].into_iter().map(id).chain(merge).collect();
        let text: Vec<String> = branch_lines(&graph, &shown)
            .into_iter()
            .map(|line| match line.revision {
                Some(revision) => format!("{}{revision}{}", line.left, line.right),
                None => line.left,
            })
            .collect();
        assert_eq!(text, ["merge", "├─╮", "a │", "│ b", "├─╯", "c"]);
    }
}
