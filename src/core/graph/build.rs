//! From revisions as their scripts declare them to a graph without faults, and a list of the faults.

use std::collections::{BTreeMap, HashMap};

use super::node::{Node, PerPlace, Place};
use super::{Graph, GraphProblem, Revision, RevisionId, cycle, labels};

/// Builds the graph; see [`Graph::build`].
pub(super) fn build(mut revisions: Vec<Revision>) -> (Graph, Vec<GraphProblem>) {
    let mut problems = Vec::new();
    revisions.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let mut duplicates = Vec::new();
    revisions.dedup_by(|second, first| {
        let same = second.id == first.id;
        if same && duplicates.last() != Some(&first.id) {
            duplicates.push(first.id.clone());
        }
        same
    });
    let mut nodes = PerPlace::new(revisions.into_iter().map(bare).collect());
    let ids: HashMap<RevisionId, Place> =
        nodes.places().map(|place| (nodes[place].revision.id.clone(), place)).collect();
    for id in duplicates {
        let problem = GraphProblem::Duplicate(id.clone());
        if let Some(place) = ids.get(&id) {
            nodes[*place].fault = Some(problem.clone().into());
        }
        problems.push(problem);
    }
    let (names, contested) = labels::owners(&nodes, &ids, &mut problems);
    let mut graph = Graph { nodes, ids, labels: names, contested };
    link_parents(&mut graph, &mut problems);
    link_dependencies(&mut graph, &mut problems);
    cycle::cut(&mut graph.nodes, &mut problems);
    link_back(&mut graph.nodes);
    labels::spread(&mut graph);
    (graph, problems)
}

/// By id; the rest only decides which of two revisions with one id stands, whatever order they came in.
fn sort_key(revision: &Revision) -> (&RevisionId, &[RevisionId], &[String], &[String]) {
    (&revision.id, &revision.down_revisions, &revision.depends_on, &revision.branch_labels)
}

fn bare(revision: Revision) -> Node {
    Node {
        revision,
        parents: Vec::new(),
        dependencies: Vec::new(),
        below: Vec::new(),
        children: Vec::new(),
        above: Vec::new(),
        labels: Vec::new(),
        fault: None,
    }
}

fn link_parents(graph: &mut Graph, problems: &mut Vec<GraphProblem>) {
    for place in graph.nodes.places() {
        let node = &mut graph.nodes[place];
        let mut parents = Vec::with_capacity(node.revision.down_revisions.len());
        for parent in &node.revision.down_revisions {
            if let Some(found) = graph.ids.get(parent) {
                parents.push(*found);
            } else {
                let problem =
                    GraphProblem::MissingParent { revision: node.revision.id.clone(), parent: parent.clone() };
                node.fault.get_or_insert_with(|| problem.clone().into());
                problems.push(problem);
            }
        }
        parents.sort_unstable();
        parents.dedup();
        node.parents = parents;
    }
}

fn link_dependencies(graph: &mut Graph, problems: &mut Vec<GraphProblem>) {
    for place in graph.nodes.places() {
        if graph.nodes[place].revision.depends_on.is_empty() {
            continue;
        }
        let mut dependencies = Vec::new();
        let mut fault = None;
        for dependency in &graph.nodes[place].revision.depends_on {
            if let Ok(found) = graph.ident(dependency) {
                dependencies.push(found);
            } else {
                let revision = graph.nodes[place].revision.id.clone();
                let problem = GraphProblem::MissingDependency { revision, dependency: dependency.clone() };
                fault.get_or_insert_with(|| problem.clone().into());
                problems.push(problem);
            }
        }
        dependencies.sort_unstable();
        dependencies.dedup();
        let node = &mut graph.nodes[place];
        node.dependencies = dependencies;
        node.fault = node.fault.take().or(fault);
    }
}

/// Derives `below`, `children` and `above` from parents and dependencies; places ascend, so these lists do too.
fn link_back(nodes: &mut PerPlace<Node>) {
    for place in nodes.places() {
        let parents = nodes[place].parents.clone();
        let mut below = parents.clone();
        below.extend(nodes[place].dependencies.iter().filter(|dependency| !parents.contains(dependency)));
        for parent in parents {
            nodes[parent].children.push(place);
        }
        for lower in &below {
            nodes[*lower].above.push(place);
        }
        nodes[place].below = below;
    }
}

/// Branch labels and the revisions that wrote them.
pub(super) type Names = BTreeMap<String, Place>;
