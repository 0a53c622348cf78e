//! Finds cycles and cuts their edges, so that every later walk ends.

use std::sync::Arc;

use super::GraphProblem;
use super::node::{Node, PerPlace, Place};

/// Cuts every edge inside a cycle (a revision that revises or depends on itself among them), marks the
/// revisions as faulty and names one shortest cycle of each knot.
pub(super) fn cut(nodes: &mut PerPlace<Node>, problems: &mut Vec<GraphProblem>) {
    let Knots { of, members } = Knots::find(nodes);
    for (number, members) in members {
        let knot = |place: Place| of[place] == number;
        let looped = |place: &Place| edges(&nodes[*place]).any(knot);
        let Some(first) = members.iter().copied().filter(looped).min() else { continue };
        let ids = shortest(nodes, first, knot).into_iter().map(|place| nodes[place].revision.id.clone()).collect();
        let problem = Arc::new(GraphProblem::Cycle(ids));
        for place in &members {
            nodes[*place].parents.retain(|parent| !knot(*parent));
            nodes[*place].dependencies.retain(|dependency| !knot(*dependency));
            nodes[*place].fault = Some(problem.clone());
        }
        problems.push(GraphProblem::clone(&problem));
    }
}

fn edges(node: &Node) -> impl Iterator<Item = Place> + '_ {
    node.parents.iter().chain(&node.dependencies).copied()
}

/// A shortest way from a revision down to itself within its knot, without the repetition at the end.
fn shortest(nodes: &PerPlace<Node>, first: Place, knot: impl Fn(Place) -> bool) -> Vec<Place> {
    let mut came_from: PerPlace<Option<Place>> = PerPlace::filled(nodes.len(), None);
    let mut queue = std::collections::VecDeque::from([first]);
    while let Some(place) = queue.pop_front() {
        for next in edges(&nodes[place]).filter(|next| knot(*next)) {
            if next == first {
                let mut way = vec![place];
                while let Some(previous) = way.last().filter(|last| **last != first).and_then(|last| came_from[*last]) {
                    way.push(previous);
                }
                way.reverse();
                return way;
            }
            if came_from[next].is_none() {
                came_from[next] = Some(place);
                queue.push_back(next);
            }
        }
    }
    vec![first]
}

/// The strongly connected components, after Tarjan, with a stack of its own instead of recursion.
struct Knots {
    /// Which component each revision is in.
    of: PerPlace<u32>,
    /// The components with their numbers.
    members: Vec<(u32, Vec<Place>)>,
}

const UNSEEN: u32 = u32::MAX;

impl Knots {
    fn find(nodes: &PerPlace<Node>) -> Self {
        let mut search = Search {
            nodes,
            index: PerPlace::filled(nodes.len(), UNSEEN),
            low: PerPlace::filled(nodes.len(), 0),
            open: Vec::new(),
            knots: Self { of: PerPlace::filled(nodes.len(), UNSEEN), members: Vec::new() },
            next: 0,
        };
        for place in nodes.places() {
            search.from(place);
        }
        search.knots.members.sort_unstable_by_key(|(_, members)| members.iter().min().copied());
        search.knots
    }
}

struct Search<'a> {
    nodes: &'a PerPlace<Node>,
    index: PerPlace<u32>,
    low: PerPlace<u32>,
    /// Revisions whose component is not known yet.
    open: Vec<Place>,
    knots: Knots,
    next: u32,
}

impl Search<'_> {
    fn from(&mut self, root: Place) {
        if self.index[root] != UNSEEN {
            return;
        }
        let nodes = self.nodes;
        let mut stack = vec![(root, edges(&nodes[root]))];
        self.enter(root);
        while let Some((place, remaining)) = stack.last_mut() {
            let place = *place;
            if let Some(next) = remaining.next() {
                if self.index[next] == UNSEEN {
                    self.enter(next);
                    stack.push((next, edges(&nodes[next])));
                } else if self.knots.of[next] == UNSEEN {
                    self.low[place] = self.low[place].min(self.index[next]);
                }
            } else {
                stack.pop();
                if let Some((parent, _)) = stack.last() {
                    self.low[*parent] = self.low[*parent].min(self.low[place]);
                }
                self.close(place);
            }
        }
    }

    fn enter(&mut self, place: Place) {
        self.index[place] = self.next;
        self.low[place] = self.next;
        self.next += 1;
        self.open.push(place);
    }

    fn close(&mut self, place: Place) {
        if self.low[place] != self.index[place] {
            return;
        }
        let start = self.open.iter().rposition(|open| *open == place).unwrap_or(0);
        let members = self.open.split_off(start);
        let number = self.index[place];
        for member in &members {
            self.knots.of[*member] = number;
        }
        self.knots.members.push((number, members));
    }
}
