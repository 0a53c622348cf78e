//! Stable orders: a branch is followed as far as the graph allows, and ids decide between branches.

use std::collections::BTreeSet;

use super::Graph;
use super::node::{self, Edges, PerPlace, Place, PlaceSet};

impl Graph {
    /// The members, each before what it stands on: the order of listings and of downgrades.
    pub(super) fn newest_first_of(&self, members: &PlaceSet) -> Vec<Place> {
        Walk::new(self, members, node::above, node::below).run()
    }

    /// The members, each after what it stands on: the order of upgrades.
    pub(super) fn oldest_first_of(&self, members: &PlaceSet) -> Vec<Place> {
        Walk::new(self, members, node::below, node::above).run()
    }
}

/// A topological walk after Alembic's manner: it follows a branch, here a lane; where the lane's next revision has
/// to wait for another lane, it goes on with that one; where a lane ends, with the lane before it.
struct Walk<'a> {
    graph: &'a Graph,
    members: &'a PlaceSet,
    before: Edges,
    after: Edges,
    /// How many revisions have to be told before this one.
    waits: PerPlace<u32>,
    told: PlaceSet,
    /// The revision that each lane has come to; a lane that ended is never looked at again.
    lanes: Vec<Place>,
    lane_of: PerPlace<Option<usize>>,
    /// The lanes whose revision waits for nothing. Lanes are numbered in the order in which they were opened.
    ready: BTreeSet<usize>,
    /// How many of the revisions before this one were seen to be told.
    checked: PerPlace<usize>,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph, members: &'a PlaceSet, before: Edges, after: Edges) -> Self {
        let length = graph.nodes.len();
        let mut walk = Self {
            graph,
            members,
            before,
            after,
            waits: PerPlace::filled(length, 0),
            told: PlaceSet::new(length),
            lanes: Vec::new(),
            lane_of: PerPlace::filled(length, None),
            ready: BTreeSet::new(),
            checked: PerPlace::filled(length, 0),
        };
        for place in members.iter() {
            let waits = before(&graph.nodes[place]).iter().filter(|other| members.contains(**other)).count();
            walk.waits[place] = u32::try_from(waits).unwrap_or(u32::MAX);
            if waits == 0 {
                walk.open(place);
            }
        }
        walk
    }

    fn run(mut self) -> Vec<Place> {
        let mut order = Vec::new();
        let mut cursor = self.ready.first().copied();
        while let Some(lane) = cursor {
            let place = self.lanes[lane];
            if self.waits[place] > 0 {
                cursor = self.lane_that_blocks(place);
                continue;
            }
            self.told.insert(place);
            order.push(place);
            cursor = self.advance(lane, place);
        }
        order
    }

    /// Moves a lane past a revision that was just told; which lane to go on with.
    fn advance(&mut self, lane: usize, told: Place) -> Option<usize> {
        self.lane_of[told] = None;
        self.ready.remove(&lane);
        let mut moved = false;
        for next in (self.after)(&self.graph.nodes[told]) {
            if !self.members.contains(*next) {
                continue;
            }
            self.waits[*next] -= 1;
            match self.lane_of[*next] {
                Some(other) => self.settle(other, *next),
                None if moved => self.open(*next),
                None => {
                    moved = true;
                    self.settle(lane, *next);
                }
            }
        }
        if moved { Some(lane) } else { self.ready.range(..lane).next_back().or_else(|| self.ready.first()).copied() }
    }

    fn open(&mut self, place: Place) {
        self.lanes.push(place);
        self.settle(self.lanes.len() - 1, place);
    }

    fn settle(&mut self, lane: usize, place: Place) {
        self.lanes[lane] = place;
        self.lane_of[place] = Some(lane);
        if self.waits[place] == 0 {
            self.ready.insert(lane);
        }
    }

    /// Which lane to go on with where this revision has to wait: that of a revision directly before it, or else
    /// the lane that was opened last.
    fn lane_that_blocks(&mut self, waiting: Place) -> Option<usize> {
        let all = (self.before)(&self.graph.nodes[waiting]);
        let untold = |other: &Place| self.members.contains(*other) && !self.told.contains(*other);
        self.checked[waiting] += all.iter().skip(self.checked[waiting]).position(untold)?;
        let direct = all.get(self.checked[waiting]).and_then(|other| self.lane_of[*other]);
        direct.filter(|lane| self.ready.contains(lane)).or_else(|| self.ready.last().copied())
    }
}
