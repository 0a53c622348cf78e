//! Builds the graph from the revisions that the scripts declare, without faulty edges, and lists the problems.

use std::collections::HashMap;

use super::node::{Node, RevisionIndex, RevisionMap};
use super::{Graph, GraphProblem, Revision, RevisionId, cycle, labels};

/// Builds the graph. See [`Graph::build`].
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
    let mut nodes = RevisionMap::new(revisions.into_iter().map(without_edges).collect());
    let ids: HashMap<RevisionId, RevisionIndex> =
        nodes.indices().map(|index| (nodes[index].revision.id.clone(), index)).collect();
    for id in duplicates {
        let problem = GraphProblem::Duplicate(id.clone());
        if let Some(index) = ids.get(&id) {
            nodes[*index].fault = Some(problem.clone().into());
        }
        problems.push(problem);
    }
    let (names, ambiguous_labels) = labels::declared_labels(&nodes, &ids, &mut problems);
    let mut graph = Graph { nodes, ids, labels: names, ambiguous_labels };
    link_parents(&mut graph, &mut problems);
    link_dependencies(&mut graph, &mut problems);
    cycle::remove_cycles(&mut graph.nodes, &mut problems);
    link_dependents(&mut graph.nodes);
    labels::spread_labels(&mut graph);
    (graph, problems)
}

/// Sorts by id. The other fields decide which of two revisions with the same id is kept, independent of their order.
fn sort_key(revision: &Revision) -> (&RevisionId, &[RevisionId], &[String], &[String]) {
    (&revision.id, &revision.down_revisions, &revision.depends_on, &revision.branch_labels)
}

fn without_edges(revision: Revision) -> Node {
    Node {
        revision,
        parents: Vec::new(),
        dependencies: Vec::new(),
        prerequisites: Vec::new(),
        children: Vec::new(),
        dependents: Vec::new(),
        labels: Vec::new(),
        fault: None,
    }
}

fn link_parents(graph: &mut Graph, problems: &mut Vec<GraphProblem>) {
    for index in graph.nodes.indices() {
        let node = &mut graph.nodes[index];
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
    for index in graph.nodes.indices() {
        if graph.nodes[index].revision.depends_on.is_empty() {
            continue;
        }
        let mut dependencies = Vec::new();
        let mut fault = None;
        for dependency in &graph.nodes[index].revision.depends_on {
            if let Ok(found) = graph.ident(dependency) {
                dependencies.push(found);
            } else {
                let revision = graph.nodes[index].revision.id.clone();
                let problem = GraphProblem::MissingDependency { revision, dependency: dependency.clone() };
                fault.get_or_insert_with(|| problem.clone().into());
                problems.push(problem);
            }
        }
        dependencies.sort_unstable();
        dependencies.dedup();
        let node = &mut graph.nodes[index];
        node.dependencies = dependencies;
        node.fault = node.fault.take().or(fault);
    }
}

/// Derives `prerequisites`, `children` and `dependents` from parents and dependencies. Revisions are visited by id, so
/// that these lists are sorted.
fn link_dependents(nodes: &mut RevisionMap<Node>) {
    for index in nodes.indices() {
        let parents = nodes[index].parents.clone();
        let mut prerequisites = parents.clone();
        prerequisites.extend(nodes[index].dependencies.iter().filter(|dependency| !parents.contains(dependency)));
        for parent in parents {
            nodes[parent].children.push(index);
        }
        for prerequisite in &prerequisites {
            nodes[*prerequisite].dependents.push(index);
        }
        nodes[index].prerequisites = prerequisites;
    }
}
