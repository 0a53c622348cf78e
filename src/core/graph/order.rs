//! Stable orders: a branch is followed as far as possible, and ids decide between branches.

use std::collections::BTreeSet;

use super::Graph;
use super::node::{self, Edges, RevisionIndex, RevisionMap, RevisionSet};

impl Graph {
    /// The members, each before its prerequisites: the order of listings and downgrades.
    pub(super) fn newest_first_of(&self, members: &RevisionSet) -> Vec<RevisionIndex> {
        Walk::new(self, members, node::dependents, node::prerequisites).run()
    }

    /// The members, each after its prerequisites: the order of upgrades.
    pub(super) fn oldest_first_of(&self, members: &RevisionSet) -> Vec<RevisionIndex> {
        Walk::new(self, members, node::prerequisites, node::dependents).run()
    }
}

/// A topological sort in Alembic's order. It follows one branch, called a lane here. If the next revision of the lane
/// must wait for another lane, the sort continues with that lane. At the end of a lane it continues with the lane
/// before it.
struct Walk<'a> {
    graph: &'a Graph,
    members: &'a RevisionSet,
    prerequisites_of: Edges,
    dependents_of: Edges,
    /// How many revisions must come before this one and are not in the order yet.
    waiting_for: RevisionMap<u32>,
    placed: RevisionSet,
    /// The next revision of each lane. Finished lanes are not used again.
    lanes: Vec<RevisionIndex>,
    lane_of: RevisionMap<Option<usize>>,
    /// The lanes whose next revision does not wait. Lanes are numbered in the order in which they are opened.
    ready: BTreeSet<usize>,
    /// How many of the revisions before this one are known to be in the order.
    checked: RevisionMap<usize>,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph, members: &'a RevisionSet, prerequisites_of: Edges, dependents_of: Edges) -> Self {
        let length = graph.nodes.len();
        let mut walk = Self {
            graph,
            members,
            prerequisites_of,
            dependents_of,
            waiting_for: RevisionMap::filled(length, 0),
            placed: RevisionSet::new(length),
            lanes: Vec::new(),
            lane_of: RevisionMap::filled(length, None),
            ready: BTreeSet::new(),
            checked: RevisionMap::filled(length, 0),
        };
        for index in members.iter() {
            let waiting_for =
                prerequisites_of(&graph.nodes[index]).iter().filter(|other| members.contains(**other)).count();
            walk.waiting_for[index] = u32::try_from(waiting_for).unwrap_or(u32::MAX);
            if waiting_for == 0 {
                walk.open(index);
            }
        }
        walk
    }

    fn run(mut self) -> Vec<RevisionIndex> {
        let mut order = Vec::new();
        let mut current = self.ready.first().copied();
        while let Some(lane) = current {
            let index = self.lanes[lane];
            if self.waiting_for[index] > 0 {
                current = self.blocking_lane(index);
                continue;
            }
            self.placed.insert(index);
            order.push(index);
            current = self.advance(lane, index);
        }
        order
    }

    /// Moves a lane past a revision. Returns the lane to continue with.
    fn advance(&mut self, lane: usize, placed: RevisionIndex) -> Option<usize> {
        self.lane_of[placed] = None;
        self.ready.remove(&lane);
        let mut is_moved = false;
        for next in (self.dependents_of)(&self.graph.nodes[placed]) {
            if !self.members.contains(*next) {
                continue;
            }
            self.waiting_for[*next] -= 1;
            match self.lane_of[*next] {
                Some(other) => self.move_lane(other, *next),
                None if is_moved => self.open(*next),
                None => {
                    is_moved = true;
                    self.move_lane(lane, *next);
                }
            }
        }
        if is_moved { Some(lane) } else { self.ready.range(..lane).next_back().or_else(|| self.ready.first()).copied() }
    }

    fn open(&mut self, index: RevisionIndex) {
        self.lanes.push(index);
        self.move_lane(self.lanes.len() - 1, index);
    }

    fn move_lane(&mut self, lane: usize, index: RevisionIndex) {
        self.lanes[lane] = index;
        self.lane_of[index] = Some(lane);
        if self.waiting_for[index] == 0 {
            self.ready.insert(lane);
        }
    }

    /// The lane to continue with if this revision must wait: the lane of a revision directly before it, otherwise the
    /// lane that was opened last.
    fn blocking_lane(&mut self, waiting: RevisionIndex) -> Option<usize> {
        let all = (self.prerequisites_of)(&self.graph.nodes[waiting]);
        let is_open = |other: &RevisionIndex| self.members.contains(*other) && !self.placed.contains(*other);
        self.checked[waiting] += all.iter().skip(self.checked[waiting]).position(is_open)?;
        let direct = all.get(self.checked[waiting]).and_then(|other| self.lane_of[*other]);
        direct.filter(|lane| self.ready.contains(lane)).or_else(|| self.ready.last().copied())
    }
}
