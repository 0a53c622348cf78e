//! Stable orders: a branch is followed as far as the graph allows, and ids decide between branches.

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

/// One end of a branch that is being followed. Lanes are a doubly linked list, so that they come and go in O(1).
struct Lane {
    place: Place,
    previous: Option<usize>,
    next: Option<usize>,
}

/// A topological walk after Alembic's manner: it follows a lane; where the lane's next revision has to wait for
/// another lane, it goes on with that one; where a lane ends, with the lane before it.
struct Walk<'a> {
    graph: &'a Graph,
    members: &'a PlaceSet,
    before: Edges,
    after: Edges,
    /// How many revisions have to be told before this one.
    waits: PerPlace<u32>,
    told: PlaceSet,
    lanes: Vec<Lane>,
    lane_of: PerPlace<Option<usize>>,
    first: Option<usize>,
    last: Option<usize>,
    /// A revision that is, or was, known to come before this one, so that looking for it again is short.
    known: PerPlace<Option<Place>>,
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
            first: None,
            last: None,
            known: PerPlace::filled(length, None),
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
        let mut cursor = self.first;
        while let Some(lane) = cursor {
            let place = self.lanes[lane].place;
            if self.waits[place] > 0 {
                cursor = self.lane_that_blocks(place);
                continue;
            }
            self.told.insert(place);
            self.known[place] = None;
            order.push(place);
            cursor = self.advance(lane, place);
        }
        order
    }

    /// Moves a lane past a revision that was just told; which lane to go on with.
    fn advance(&mut self, lane: usize, told: Place) -> Option<usize> {
        self.lane_of[told] = None;
        let mut moved = false;
        for next in (self.after)(&self.graph.nodes[told]) {
            if !self.members.contains(*next) {
                continue;
            }
            self.waits[*next] -= 1;
            if self.lane_of[*next].is_some() {
                continue;
            }
            if moved {
                self.open(*next);
            } else {
                moved = true;
                self.lanes[lane].place = *next;
                self.lane_of[*next] = Some(lane);
            }
        }
        if moved { Some(lane) } else { self.close(lane) }
    }

    fn open(&mut self, place: Place) {
        let lane = self.lanes.len();
        self.lanes.push(Lane { place, previous: self.last, next: None });
        match self.last {
            Some(last) => self.lanes[last].next = Some(lane),
            None => self.first = Some(lane),
        }
        self.last = Some(lane);
        self.lane_of[place] = Some(lane);
    }

    fn close(&mut self, lane: usize) -> Option<usize> {
        let Lane { previous, next, .. } = self.lanes[lane];
        match previous {
            Some(previous) => self.lanes[previous].next = next,
            None => self.first = next,
        }
        match next {
            Some(next) => self.lanes[next].previous = previous,
            None => self.last = previous,
        }
        previous.or(self.first)
    }

    /// The lane of a revision that has to be told before this one and waits for none itself.
    fn lane_that_blocks(&mut self, waiting: Place) -> Option<usize> {
        let mut way = vec![waiting];
        let mut place = waiting;
        while self.waits[place] > 0 {
            place = self.known_before(place).or_else(|| self.untold_before(place))?;
            way.push(place);
        }
        for passed in way.into_iter().filter(|passed| *passed != place) {
            self.known[passed] = Some(place);
        }
        self.lane_of[place]
    }

    fn untold_before(&mut self, place: Place) -> Option<Place> {
        let all = (self.before)(&self.graph.nodes[place]);
        let untold = |other: &Place| self.members.contains(*other) && !self.told.contains(*other);
        let passed = all.iter().skip(self.checked[place]).position(untold)?;
        self.checked[place] += passed;
        all.get(self.checked[place]).copied()
    }

    /// The remembered revision; where it was told since and had one successor alone, that successor, and so on.
    fn known_before(&mut self, place: Place) -> Option<Place> {
        let mut known = self.known[place]?;
        let mut passed = Vec::new();
        while self.told.contains(known) {
            passed.push(known);
            let mut after =
                (self.after)(&self.graph.nodes[known]).iter().filter(|next| self.members.contains(**next)).copied();
            let only = after.next().filter(|_| after.next().is_none());
            let Some(next) = self.known[known].filter(|_| only.is_some()).or(only) else {
                self.known[place] = None;
                return None;
            };
            known = next;
        }
        let found = (known != place).then_some(known);
        self.known[place] = found;
        // A told revision no longer waits: its slot leads past it, down its only way.
        passed.into_iter().for_each(|told| self.known[told] = Some(known));
        found
    }
}
