//! `stamp TARGET…`: the version table is written as if the targets had been reached.

use std::collections::BTreeSet;

use super::node::{self, Place, PlaceSet, reach};
use super::refusal::{Asked, Refusal};
use super::resolve::no_relative;
use super::target::{Name, Relative, Target};
use super::versions::moved;
use super::{Direction, Graph, GraphError, Path, PathStep, RevisionId, VersionChange};

impl Graph {
    /// See [`Graph::stamp`].
    pub(super) fn stamp_path(&self, targets: &[String], current: &[RevisionId]) -> Result<Path, GraphError> {
        self.stamped(targets, current).map_err(|refusal| match refusal {
            // A row that no script has is stamped over by emptying the table first.
            Refusal::Unlocated { argument, .. }
                if current.iter().any(|id| id.as_str() == argument && !self.ids.contains_key(id)) =>
            {
                GraphError {
                    message: format!("Can't locate revision identified by '{argument}'"),
                    hint: Some(
                        "the database is at it, but no script here has it; `stamp --purge` leaves it behind".into(),
                    ),
                }
            }
            refusal => self.error(refusal, Asked::Stamp),
        })
    }

    fn stamped(&self, targets: &[String], current: &[RevisionId]) -> Result<Path, Refusal> {
        let mut rows: BTreeSet<Place> = self.rows(current)?.into_iter().collect();
        let from = self.ids_of(&rows);
        let base = ["base".to_owned()];
        let targets = if targets.is_empty() { &base } else { targets };
        let mut cleared = PlaceSet::new(self.nodes.len());
        let mut destinations = Vec::new();
        let single = targets.len() == 1;
        for target in targets {
            let found = self.stamp_target(target)?;
            if found.is_empty() {
                cleared = cleared.or(&self.stamped_lineage(target)?);
            }
            let alone = single && found.len() == 1;
            let lineage = if alone { Some(self.stamped_lineage(target)?) } else { None };
            destinations.extend(found.into_iter().map(|place| (place, lineage.clone())));
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

    /// A stamp is never relative: where the database stands says nothing about what was done to it by hand.
    fn stamp_target(&self, target: &str) -> Result<Vec<Place>, Refusal> {
        match Target::parse(target) {
            Target::Absolute(name) => self.absolute(name),
            Target::Relative(Relative { branch, .. }) => {
                branch.map(|branch| self.branch(branch)).transpose()?;
                Err(no_relative(target))
            }
        }
    }

    /// Puts one revision in the place of the rows above or below it; a row of its own where there are none.
    fn stamp_one(&self, to: Place, lineage: Option<&PlaceSet>, rows: &mut BTreeSet<Place>) -> Option<PathStep> {
        if rows.contains(&to) {
            return None;
        }
        let above = reach(&self.nodes, [to], node::above);
        let line = reach(&self.nodes, [to], node::below).or(&above);
        let touched = rows.iter().any(|row| line.contains(*row));
        let down = rows.iter().any(|row| above.contains(*row));
        // A target with a branch (`label@REV`) takes the branch's other rows along, as Alembic does.
        let taken = |row: &&Place| line.contains(**row) || lineage.is_some_and(|lineage| lineage.contains(**row));
        let replaced: Vec<Place> = rows.iter().filter(taken).copied().filter(|_| touched).collect();
        for row in &replaced {
            rows.remove(row);
        }
        rows.insert(to);
        let id = self.id(to);
        let shown_from: Vec<RevisionId> = replaced.iter().map(|row| self.id(*row).clone()).collect();
        Some(PathStep {
            revision: id.clone(),
            direction: if down { Direction::Downgrade } else { Direction::Upgrade },
            changes: moved(shown_from.clone(), id),
            shown_from,
            shown_to: vec![id.clone()],
            heads_after: self.ids_of(rows),
        })
    }

    /// The rows that a stamp target concerns: what shares a line with it or with its branch, dependencies included.
    fn stamped_lineage(&self, target: &str) -> Result<PlaceSet, Refusal> {
        let mut named = self.stamp_target(target)?;
        if let Target::Absolute(Name { branch: Some(branch), .. }) = Target::parse(target) {
            named.push(self.branch(branch)?);
        }
        let named = if named.is_empty() { self.nodes.places().collect() } else { named };
        let over = reach(&self.nodes, named.iter().copied(), node::above);
        Ok(over.or(&reach(&self.nodes, named, node::below)))
    }

    /// The destinations of which none lies below another, each once.
    fn topmost(&self, destinations: Vec<(Place, Option<PlaceSet>)>) -> Vec<(Place, Option<PlaceSet>)> {
        let below = destinations.iter().flat_map(|(place, _)| self.nodes[*place].below.iter().copied());
        let covered = reach(&self.nodes, below, node::below);
        let mut seen = PlaceSet::new(self.nodes.len());
        destinations.into_iter().filter(|(place, _)| !covered.contains(*place) && seen.insert(*place)).collect()
    }

    fn ids_of(&self, rows: &BTreeSet<Place>) -> Vec<RevisionId> {
        rows.iter().map(|row| self.id(*row).clone()).collect()
    }
}
