//! `stamp TARGET…`: writes the version table as if the targets had been reached.

use std::collections::BTreeSet;

use super::node::{self, RevisionIndex, RevisionSet, reachable};
use super::resolve::no_relative_error;
use super::resolve_error::{LookupPurpose, ResolveError};
use super::target::{Name, Relative, Target};
use super::versions::replace_rows;
use super::{Direction, Graph, GraphError, Path, PathStep, RevisionId, VersionChange};

impl Graph {
    /// See [`Graph::stamp`].
    pub(super) fn stamp_path(&self, targets: &[String], current: &[RevisionId]) -> Result<Path, GraphError> {
        self.stamped(targets, current).map_err(|resolve_error| match resolve_error {
            // A row without a script can only be removed by emptying the version table.
            ResolveError::NotFound { argument, .. }
                if current.iter().any(|id| id.as_str() == argument && !self.ids.contains_key(id)) =>
            {
                GraphError {
                    message: format!("Can't locate revision identified by '{argument}'"),
                    hint: Some(
                        "the database is at this revision, but the project has no script for it; `stamp --purge` removes it".into(),
                    ),
                }
            }
            resolve_error => self.error(resolve_error, LookupPurpose::Stamp),
        })
    }

    fn stamped(&self, targets: &[String], current: &[RevisionId]) -> Result<Path, ResolveError> {
        let mut rows: BTreeSet<RevisionIndex> = self.rows(current)?.into_iter().collect();
        let from = self.ids_of(&rows);
        let base = ["base".to_owned()];
        let targets = if targets.is_empty() { &base } else { targets };
        let mut cleared = RevisionSet::new(self.nodes.len());
        let mut destinations = Vec::new();
        let single = targets.len() == 1;
        for target in targets {
            let found = self.stamp_target(target)?;
            if found.is_empty() {
                cleared = cleared.or(&self.stamped_lineage(target)?);
            }
            let alone = single && found.len() == 1;
            let lineage = if alone { Some(self.stamped_lineage(target)?) } else { None };
            destinations.extend(found.into_iter().map(|index| (index, lineage.clone())));
        }
        let mut steps = Vec::new();
        for row in rows.clone().into_iter().filter(|row| cleared.contains(*row)) {
            rows.remove(&row);
            let id = self.id(row).clone();
            let changes = vec![VersionChange::Delete(id.clone())];
            let heads_after = self.ids_of(&rows);
            let direction = Direction::Downgrade;
            steps.push(PathStep {
                revision: id.clone(),
                direction,
                shown_from: vec![id],
                shown_to: vec![],
                changes,
                heads_after,
            });
        }
        for (destination, lineage) in self.topmost(destinations) {
            steps.extend(self.stamp_one(destination, lineage.as_ref(), &mut rows));
        }
        Ok(Path { from, to: self.ids_of(&rows), steps })
    }

    /// A stamp is never relative: the current rows do not show what was changed by hand.
    fn stamp_target(&self, target: &str) -> Result<Vec<RevisionIndex>, ResolveError> {
        match Target::parse(target) {
            Target::Absolute(name) => self.absolute(name),
            Target::Relative(Relative { branch, .. }) => {
                branch.map(|branch| self.branch(branch)).transpose()?;
                Err(no_relative_error(target))
            }
        }
    }

    /// Replaces the rows above or below a revision with this revision. If there are none, the revision gets a new row.
    fn stamp_one(
        &self,
        to: RevisionIndex,
        lineage: Option<&RevisionSet>,
        rows: &mut BTreeSet<RevisionIndex>,
    ) -> Option<PathStep> {
        if rows.contains(&to) {
            return None;
        }
        let above = reachable(&self.nodes, [to], node::dependents);
        let line = reachable(&self.nodes, [to], node::prerequisites).or(&above);
        let touched = rows.iter().any(|row| line.contains(*row));
        let down = rows.iter().any(|row| above.contains(*row));
        // As in Alembic, a target with a branch (`label@REV`) also replaces the other rows of the branch.
        let taken =
            |row: &&RevisionIndex| line.contains(**row) || lineage.is_some_and(|lineage| lineage.contains(**row));
        let replaced: Vec<RevisionIndex> = rows.iter().filter(taken).copied().filter(|_| touched).collect();
        for row in &replaced {
            rows.remove(row);
        }
        rows.insert(to);
        let id = self.id(to);
        let shown_from: Vec<RevisionId> = replaced.iter().map(|row| self.id(*row).clone()).collect();
        Some(PathStep {
            revision: id.clone(),
            direction: if down { Direction::Downgrade } else { Direction::Upgrade },
            changes: replace_rows(shown_from.clone(), id),
            shown_from,
            shown_to: vec![id.clone()],
            heads_after: self.ids_of(rows),
        })
    }

    /// The rows that a stamp target affects: the ancestors and descendants of the target and of its branch, including
    /// dependencies.
    fn stamped_lineage(&self, target: &str) -> Result<RevisionSet, ResolveError> {
        let mut named = self.stamp_target(target)?;
        if let Target::Absolute(Name { branch: Some(branch), .. }) = Target::parse(target) {
            named.push(self.branch(branch)?);
        }
        let named = if named.is_empty() { self.nodes.indices().collect() } else { named };
        let over = reachable(&self.nodes, named.iter().copied(), node::dependents);
        Ok(over.or(&reachable(&self.nodes, named, node::prerequisites)))
    }

    /// The destinations that are not an ancestor of another one, without duplicates.
    fn topmost(
        &self,
        destinations: Vec<(RevisionIndex, Option<RevisionSet>)>,
    ) -> Vec<(RevisionIndex, Option<RevisionSet>)> {
        let below = destinations.iter().flat_map(|(index, _)| self.nodes[*index].prerequisites.iter().copied());
        let covered = reachable(&self.nodes, below, node::prerequisites);
        let mut seen = RevisionSet::new(self.nodes.len());
        destinations.into_iter().filter(|(index, _)| !covered.contains(*index) && seen.insert(*index)).collect()
    }

    fn ids_of(&self, rows: &BTreeSet<RevisionIndex>) -> Vec<RevisionId> {
        rows.iter().map(|row| self.id(*row).clone()).collect()
    }
}
