//! The rows of the version table along a path: one for each applied revision without an applied dependent.

use std::collections::BTreeSet;

use super::node::{self, RevisionIndex, RevisionMap, reachable};
use super::resolve_error::{LookupPurpose, ResolveError};
use super::{Direction, Graph, GraphError, GraphProblem, Path, PathStep, RevisionId, VersionChange};

impl Graph {
    /// The path over these revisions in this order.
    pub(super) fn path(
        &self,
        order: Vec<RevisionIndex>,
        direction: Direction,
        current: &[RevisionId],
    ) -> Result<Path, GraphError> {
        let mut rows =
            VersionRows::of(self, current).map_err(|resolve_error| self.error(resolve_error, LookupPurpose::Lookup))?;
        let from = rows.ids();
        let mut steps = Vec::with_capacity(order.len());
        for index in order {
            if let Some(fault) = &self.nodes[index].fault {
                return Err(faulty_revision_error(self.id(index), fault));
            }
            let changes = match direction {
                Direction::Upgrade => rows.add(index),
                Direction::Downgrade => rows.remove(index),
            };
            steps.push(self.step(index, direction, changes, rows.ids()));
        }
        Ok(Path { from, to: rows.ids(), steps })
    }

    fn step(
        &self,
        index: RevisionIndex,
        direction: Direction,
        changes: Vec<VersionChange>,
        heads_after: Vec<RevisionId>,
    ) -> PathStep {
        let revision = self.id(index).clone();
        let parents = self.nodes[index].revision.down_revisions.clone();
        let (shown_from, shown_to) = match direction {
            Direction::Upgrade => (parents, vec![revision.clone()]),
            Direction::Downgrade => (vec![revision.clone()], parents),
        };
        PathStep { revision, direction, shown_from, shown_to, changes, heads_after }
    }
}

fn faulty_revision_error(revision: &RevisionId, fault: &GraphProblem) -> GraphError {
    GraphError {
        message: fault.to_string(),
        hint: Some(format!("fix the scripts first; limbeck cannot determine what is below revision {revision}")),
    }
}

/// The rows of the version table at a point of a path.
struct VersionRows<'a> {
    graph: &'a Graph,
    indices: BTreeSet<RevisionIndex>,
    /// The number of applied revisions that revise or depend on each revision.
    applied_dependents: RevisionMap<u32>,
}

impl<'a> VersionRows<'a> {
    fn of(graph: &'a Graph, current: &[RevisionId]) -> Result<Self, ResolveError> {
        let indices: BTreeSet<RevisionIndex> = graph.rows(current)?.into_iter().collect();
        let mut applied_dependents = RevisionMap::filled(graph.nodes.len(), 0);
        for index in reachable(&graph.nodes, indices.iter().copied(), node::prerequisites).iter() {
            for prerequisite in &graph.nodes[index].prerequisites {
                applied_dependents[*prerequisite] += 1;
            }
        }
        Ok(Self { graph, indices, applied_dependents })
    }

    /// The ids in the order of their indices, which is sorted.
    fn ids(&self) -> Vec<RevisionId> {
        self.indices.iter().map(|index| self.graph.id(*index).clone()).collect()
    }

    /// Applies a revision: its row replaces the rows of its prerequisites.
    fn add(&mut self, index: RevisionIndex) -> Vec<VersionChange> {
        let mut replaced = Vec::new();
        for prerequisite in &self.graph.nodes[index].prerequisites {
            self.applied_dependents[*prerequisite] += 1;
            if self.indices.remove(prerequisite) {
                replaced.push(self.graph.id(*prerequisite).clone());
            }
        }
        self.indices.insert(index);
        replace_rows(replaced, self.graph.id(index))
    }

    /// Reverts a revision: each prerequisite without another applied dependent gets a row.
    fn remove(&mut self, index: RevisionIndex) -> Vec<VersionChange> {
        let mut uncovered = Vec::new();
        for prerequisite in &self.graph.nodes[index].prerequisites {
            self.applied_dependents[*prerequisite] = self.applied_dependents[*prerequisite].saturating_sub(1);
            if self.applied_dependents[*prerequisite] == 0 && self.indices.insert(*prerequisite) {
                uncovered.push(self.graph.id(*prerequisite).clone());
            }
        }
        let id = self.graph.id(index).clone();
        let held = self.indices.remove(&index);
        let last = if held { uncovered.pop() } else { None };
        let mut changes: Vec<VersionChange> = uncovered.into_iter().map(VersionChange::Insert).collect();
        match last {
            Some(to) => changes.push(VersionChange::Update { from: id, to }),
            None if held => changes.push(VersionChange::Delete(id)),
            None => {}
        }
        changes
    }
}

/// Replaces several rows with one in Alembic's order: deletions, then one update.
pub(super) fn replace_rows(mut replaced: Vec<RevisionId>, to: &RevisionId) -> Vec<VersionChange> {
    let Some(last) = replaced.pop() else { return vec![VersionChange::Insert(to.clone())] };
    let mut changes: Vec<VersionChange> = replaced.into_iter().map(VersionChange::Delete).collect();
    changes.push(VersionChange::Update { from: last, to: to.clone() });
    changes
}
