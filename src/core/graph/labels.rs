//! Branch labels: who owns a name, and which revisions it spreads to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::build::Names;
use super::node::{self, Node, PerPlace, Place, reach};
use super::{Graph, GraphProblem, RevisionId};

/// Labels by name, and apart from them those that two revisions claim: such a name means nothing.
pub(super) fn owners(
    nodes: &PerPlace<Node>,
    ids: &HashMap<RevisionId, Place>,
    problems: &mut Vec<GraphProblem>,
) -> (Names, BTreeMap<String, GraphProblem>) {
    let mut names = Names::new();
    let mut contested = BTreeMap::new();
    for place in nodes.places() {
        for label in &nodes[place].revision.branch_labels {
            let other = ids.get(label.as_str()).or_else(|| names.get(label)).copied();
            match other {
                None => {
                    names.insert(label.clone(), place);
                }
                Some(other) if other == place && !ids.contains_key(label.as_str()) => {}
                Some(other) => {
                    let problem = GraphProblem::DuplicateLabel {
                        label: label.clone(),
                        revision: nodes[place].revision.id.clone(),
                        other: nodes[other].revision.id.clone(),
                    };
                    if !ids.contains_key(label.as_str()) {
                        contested.entry(label.clone()).or_insert_with(|| problem.clone());
                    }
                    problems.push(problem);
                }
            }
        }
    }
    names.retain(|label, _| !contested.contains_key(label));
    (names, contested)
}

/// Spreads every label over the revisions above its own, and below it as far as nothing branches or merges.
pub(super) fn spread(graph: &mut Graph) {
    for (label, owner) in graph.labels.clone() {
        let label: Arc<str> = label.into();
        let branch = reach(&graph.nodes, [owner], node::children);
        for place in branch.iter() {
            graph.nodes[place].labels.push(label.clone());
        }
        // Alembic walks down from the branch's tip and stops at the first branch or merge point, so what lies
        // below the owner is reached only where the branch is one plain line.
        if branch.iter().any(|place| forks(&graph.nodes[place])) {
            continue;
        }
        let mut place = owner;
        while let Some(parent) =
            graph.nodes[place].parents.first().copied().filter(|parent| !forks(&graph.nodes[*parent]))
        {
            graph.nodes[parent].labels.push(label.clone());
            place = parent;
        }
    }
}

fn forks(node: &Node) -> bool {
    node.above.len() > 1 || node.parents.len() > 1
}
