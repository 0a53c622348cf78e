//! Branch labels: the revision that declares a label, and the revisions that inherit it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::node::{self, Node, RevisionIndex, RevisionMap, reachable};
use super::{Graph, GraphProblem, RevisionId};

/// Branch labels with the revisions that declare them.
pub(super) type DeclaredLabels = BTreeMap<String, RevisionIndex>;

/// Returns the branch labels with the revisions that declare them, and the labels that two revisions declare. These
/// cannot be used.
pub(super) fn declared_labels(
    nodes: &RevisionMap<Node>,
    ids: &HashMap<RevisionId, RevisionIndex>,
    problems: &mut Vec<GraphProblem>,
) -> (DeclaredLabels, BTreeMap<String, GraphProblem>) {
    let mut names = DeclaredLabels::new();
    let mut ambiguous_labels = BTreeMap::new();
    for index in nodes.indices() {
        for label in &nodes[index].revision.branch_labels {
            let other = ids.get(label.as_str()).or_else(|| names.get(label)).copied();
            match other {
                None => {
                    names.insert(label.clone(), index);
                }
                Some(other) if other == index && !ids.contains_key(label.as_str()) => {}
                Some(other) => {
                    let problem = GraphProblem::DuplicateLabel {
                        label: label.clone(),
                        revision: nodes[index].revision.id.clone(),
                        other: nodes[other].revision.id.clone(),
                    };
                    if !ids.contains_key(label.as_str()) {
                        ambiguous_labels.entry(label.clone()).or_insert_with(|| problem.clone());
                    }
                    problems.push(problem);
                }
            }
        }
    }
    names.retain(|label, _| !ambiguous_labels.contains_key(label));
    (names, ambiguous_labels)
}

/// Adds every label to the descendants of its revision, and to its ancestors up to the first branch point or merge
/// point.
pub(super) fn spread_labels(graph: &mut Graph) {
    for (label, owner) in graph.labels.clone() {
        let label: Arc<str> = label.into();
        let branch = reachable(&graph.nodes, [owner], node::children);
        for index in branch.iter() {
            graph.nodes[index].labels.push(label.clone());
        }
        // Alembic walks down from the head of the branch and stops at the first branch point or merge point. Ancestors
        // therefore get the label only if the whole branch is linear.
        if branch.iter().any(|index| is_branch_or_merge_point(&graph.nodes[index])) {
            continue;
        }
        let mut index = owner;
        while let Some(parent) = graph.nodes[index]
            .parents
            .first()
            .copied()
            .filter(|parent| !is_branch_or_merge_point(&graph.nodes[*parent]))
        {
            graph.nodes[parent].labels.push(label.clone());
            index = parent;
        }
    }
}

fn is_branch_or_merge_point(node: &Node) -> bool {
    node.dependents.len() > 1 || node.parents.len() > 1
}
