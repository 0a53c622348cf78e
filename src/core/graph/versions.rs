//! The rows of the version table while a path is walked: one for each applied revision with nothing applied above it.

use std::collections::BTreeSet;

use super::node::{self, PerPlace, Place, reach};
use super::refusal::{Asked, Refusal};
use super::{Direction, Graph, GraphError, GraphProblem, Path, PathStep, RevisionId, VersionChange};

impl Graph {
    /// The path that steps over these revisions in this order.
    pub(super) fn path(
        &self,
        order: Vec<Place>,
        direction: Direction,
        current: &[RevisionId],
    ) -> Result<Path, GraphError> {
        let mut rows = Rows::of(self, current).map_err(|refusal| self.error(refusal, Asked::Lookup))?;
        let from = rows.ids();
        let mut steps = Vec::with_capacity(order.len());
        for place in order {
            if let Some(fault) = &self.nodes[place].fault {
                return Err(faulty(self.id(place), fault));
            }
            let changes = match direction {
                Direction::Upgrade => rows.add(place),
                Direction::Downgrade => rows.remove(place),
            };
            steps.push(self.step(place, direction, changes, rows.ids()));
        }
        Ok(Path { from, to: rows.ids(), steps })
    }

    fn step(
        &self,
        place: Place,
        direction: Direction,
        changes: Vec<VersionChange>,
        heads_after: Vec<RevisionId>,
    ) -> PathStep {
        let revision = self.id(place).clone();
        let parents = self.nodes[place].revision.down_revisions.clone();
        let (shown_from, shown_to) = match direction {
            Direction::Upgrade => (parents, vec![revision.clone()]),
            Direction::Downgrade => (vec![revision.clone()], parents),
        };
        PathStep { revision, direction, shown_from, shown_to, changes, heads_after }
    }
}

fn faulty(revision: &RevisionId, fault: &GraphProblem) -> GraphError {
    GraphError {
        message: fault.to_string(),
        hint: Some(format!("mend the scripts first: what lies below {revision} cannot be told")),
    }
}

/// The version table's rows, as they change.
struct Rows<'a> {
    graph: &'a Graph,
    places: BTreeSet<Place>,
    /// How many applied revisions stand directly on this one.
    carries: PerPlace<u32>,
}

impl<'a> Rows<'a> {
    fn of(graph: &'a Graph, current: &[RevisionId]) -> Result<Self, Refusal> {
        let places: BTreeSet<Place> = graph.rows(current)?.into_iter().collect();
        let mut carries = PerPlace::filled(graph.nodes.len(), 0);
        for place in reach(&graph.nodes, places.iter().copied(), node::below).iter() {
            for lower in &graph.nodes[place].below {
                carries[*lower] += 1;
            }
        }
        Ok(Self { graph, places, carries })
    }

    /// Places ascend with the ids, so this is sorted.
    fn ids(&self) -> Vec<RevisionId> {
        self.places.iter().map(|place| self.graph.id(*place).clone()).collect()
    }

    /// A revision comes on top: its row takes the place of the rows directly below it.
    fn add(&mut self, place: Place) -> Vec<VersionChange> {
        let mut replaced = Vec::new();
        for lower in &self.graph.nodes[place].below {
            self.carries[*lower] += 1;
            if self.places.remove(lower) {
                replaced.push(self.graph.id(*lower).clone());
            }
        }
        self.places.insert(place);
        moved(replaced, self.graph.id(place))
    }

    /// A revision goes: what it stood on gets a row of its own where nothing else stands on it.
    fn remove(&mut self, place: Place) -> Vec<VersionChange> {
        let mut bared = Vec::new();
        for lower in &self.graph.nodes[place].below {
            self.carries[*lower] = self.carries[*lower].saturating_sub(1);
            if self.carries[*lower] == 0 && self.places.insert(*lower) {
                bared.push(self.graph.id(*lower).clone());
            }
        }
        let id = self.graph.id(place).clone();
        let held = self.places.remove(&place);
        let last = if held { bared.pop() } else { None };
        let mut changes: Vec<VersionChange> = bared.into_iter().map(VersionChange::Insert).collect();
        match last {
            Some(to) => changes.push(VersionChange::Update { from: id, to }),
            None if held => changes.push(VersionChange::Delete(id)),
            None => {}
        }
        changes
    }
}

/// One row instead of several, in the order in which Alembic writes: deletions, then one update.
pub(super) fn moved(mut replaced: Vec<RevisionId>, to: &RevisionId) -> Vec<VersionChange> {
    let Some(last) = replaced.pop() else { return vec![VersionChange::Insert(to.clone())] };
    let mut changes: Vec<VersionChange> = replaced.into_iter().map(VersionChange::Delete).collect();
    changes.push(VersionChange::Update { from: last, to: to.clone() });
    changes
}
