//! Finds cycles and removes their edges, so that every walk through the graph ends.

use std::sync::Arc;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::GraphProblem;
use super::node::{Node, RevisionIndex, RevisionMap};

/// Removes every edge inside a cycle, also of a revision that revises or depends on itself. Marks the revisions of the
/// cycle as faulty. Reports one shortest cycle of each strongly connected component.
pub(super) fn remove_cycles(nodes: &mut RevisionMap<Node>, problems: &mut Vec<GraphProblem>) {
    let components = strongly_connected_components(nodes);
    let mut component_of = RevisionMap::filled(nodes.len(), 0);
    for (number, members) in components.iter().enumerate() {
        for member in members {
            component_of[*member] = number;
        }
    }
    for (number, members) in components.into_iter().enumerate() {
        let is_inside = |index: RevisionIndex| component_of[index] == number;
        let has_inner_edge = |index: &RevisionIndex| edges(&nodes[*index]).any(is_inside);
        let Some(first) = members.iter().copied().filter(has_inner_edge).min() else { continue };
        let cycle = shortest_cycle(nodes, first, is_inside);
        let ids = cycle.into_iter().map(|index| nodes[index].revision.id.clone()).collect();
        let problem = Arc::new(GraphProblem::Cycle(ids));
        for index in &members {
            nodes[*index].parents.retain(|parent| !is_inside(*parent));
            nodes[*index].dependencies.retain(|dependency| !is_inside(*dependency));
            nodes[*index].fault = Some(problem.clone());
        }
        problems.push(GraphProblem::clone(&problem));
    }
}

fn edges(node: &Node) -> impl Iterator<Item = RevisionIndex> + '_ {
    node.parents.iter().chain(&node.dependencies).copied()
}

/// The components in the order of their first revision.
///
/// Kosaraju's algorithm in petgraph needs no recursion, unlike Tarjan's: a history can have 100,000 revisions.
fn strongly_connected_components(nodes: &RevisionMap<Node>) -> Vec<Vec<RevisionIndex>> {
    let mut graph = DiGraph::<RevisionIndex, ()>::with_capacity(nodes.len(), nodes.len());
    let graph_nodes: Vec<NodeIndex> = nodes.indices().map(|index| graph.add_node(index)).collect();
    let graph_nodes = RevisionMap::new(graph_nodes);
    for index in nodes.indices() {
        for next in edges(&nodes[index]) {
            graph.add_edge(graph_nodes[index], graph_nodes[next], ());
        }
    }
    let members = |component: Vec<NodeIndex>| component.into_iter().map(|node| graph[node]).collect();
    let mut components: Vec<Vec<RevisionIndex>> = kosaraju_scc(&graph).into_iter().map(members).collect();
    components.sort_unstable_by_key(|members| members.iter().min().copied());
    components
}

/// A shortest path from a revision through its component back to itself, without the repeated revision at the end.
fn shortest_cycle(
    nodes: &RevisionMap<Node>,
    first: RevisionIndex,
    is_inside: impl Fn(RevisionIndex) -> bool,
) -> Vec<RevisionIndex> {
    let mut came_from: RevisionMap<Option<RevisionIndex>> = RevisionMap::filled(nodes.len(), None);
    let mut queue = std::collections::VecDeque::from([first]);
    while let Some(index) = queue.pop_front() {
        for next in edges(&nodes[index]).filter(|next| is_inside(*next)) {
            if next == first {
                let mut path = vec![index];
                while let Some(previous) = path.last().filter(|last| **last != first).and_then(|last| came_from[*last])
                {
                    path.push(previous);
                }
                path.reverse();
                return path;
            }
            if came_from[next].is_none() {
                came_from[next] = Some(index);
                queue.push_back(next);
            }
        }
    }
    vec![first]
}
