//! `upgrade TARGET`: what is missing below the target.

use super::node::{self, Place, PlaceSet, reach};
use super::refusal::{Asked, Refusal};
use super::resolve::Stand;
use super::target::{Name, Relative, Target};
use super::{Direction, Graph, GraphError, Path, RevisionId};

impl Graph {
    /// See [`Graph::upgrade`].
    pub(super) fn upgrade_path(&self, target: &str, current: &[RevisionId]) -> Result<Path, GraphError> {
        let needed = self.needed(target, current).map_err(|refusal| self.error(refusal, Asked::Upgrade(target)))?;
        self.path(self.oldest_first_of(&needed), Direction::Upgrade, current)
    }

    fn needed(&self, target: &str, current: &[RevisionId]) -> Result<PlaceSet, Refusal> {
        let targets = self.upgrade_targets(Target::parse(target), current)?;
        self.no_overlap(&targets)?;
        let rows = self.rows(current)?;
        self.no_overlap(&rows)?;
        let applied = reach(&self.nodes, rows, node::below);
        Ok(reach(&self.nodes, targets, node::below).minus(&applied))
    }

    /// The revisions that an upgrade's target means; none for the base.
    pub(super) fn upgrade_targets(&self, target: Target<'_>, current: &[RevisionId]) -> Result<Vec<Place>, Refusal> {
        let Relative { branch, symbol, steps } = match target {
            Target::Absolute(name) => return self.absolute(name),
            Target::Relative(relative) => relative,
        };
        let found = match symbol {
            None if steps > 0 => {
                let start = self.start_of_relative_upgrade(branch, current)?;
                self.walk(start, steps, branch, true)?
            }
            None => {
                return Err(Refusal::did_not_produce(steps, "an upgrade goes up: `+n`, or `downgrade -n` to go down"));
            }
            Some(symbol) => {
                let start = self.single(Name { branch: branch.filter(|_| steps <= 0), symbol }, symbol)?;
                self.walk(start, steps, branch, true)?
            }
        };
        let too_far =
            || Refusal::did_not_produce(steps, "there are fewer revisions from there; `head` goes to the end");
        Ok(found.ok_or_else(too_far)?.place().into_iter().collect())
    }

    fn start_of_relative_upgrade(&self, branch: Option<&str>, current: &[RevisionId]) -> Result<Stand, Refusal> {
        let starts = match branch {
            None if current.len() > 1 => return Err(ambiguous(current)),
            None => self.rows(current)?,
            Some(branch) => self.tips_on(branch, self.rows(current)?)?,
        };
        match starts.as_slice() {
            [] => Ok(Stand::Nowhere),
            [only] => Ok(Stand::On(*only)),
            several => Err(ambiguous(&several.iter().map(|place| self.id(*place).clone()).collect::<Vec<_>>())),
        }
    }

    /// The rows on a branch; where none is, the topmost applied revisions that are.
    fn tips_on(&self, branch: &str, rows: Vec<Place>) -> Result<Vec<Place>, Refusal> {
        let lineage = self.lineage(branch)?;
        let on_branch: Vec<Place> = rows.iter().copied().filter(|row| lineage.contains(*row)).collect();
        if !on_branch.is_empty() {
            return Ok(on_branch);
        }
        let active = reach(&self.nodes, rows, node::below).and(&lineage);
        let mut covered = PlaceSet::new(self.nodes.len());
        active.iter().flat_map(|place| self.nodes[place].below.iter()).for_each(|place| {
            covered.insert(*place);
        });
        Ok(active.minus(&covered).iter().collect())
    }

    /// Alembic refuses targets, and rows of the version table, of which one stands below another.
    pub(super) fn no_overlap(&self, requested: &[Place]) -> Result<(), Refusal> {
        if requested.len() < 2 {
            return Ok(());
        }
        let strictly_below = |places: &[Place]| {
            reach(&self.nodes, places.iter().flat_map(|place| self.nodes[*place].below.iter().copied()), node::below)
        };
        let covered = strictly_below(requested);
        if !requested.iter().any(|place| covered.contains(*place)) {
            return Ok(());
        }
        for place in requested {
            let below = strictly_below(&[*place]);
            let overlaps: Vec<_> = requested.iter().filter(|other| below.contains(**other)).collect();
            if !overlaps.is_empty() {
                let others = super::refusal::listed(overlaps.into_iter().map(|other| self.id(*other)), usize::MAX);
                let this = self.id(*place);
                return Err(Refusal::hinted(
                    format!("Requested revision {this} overlaps with other requested revisions {others}"),
                    format!("{this} already includes {others}; leave only {this}"),
                ));
            }
        }
        Ok(())
    }
}

fn ambiguous(current: &[RevisionId]) -> Refusal {
    let heads = super::refusal::listed(current, 8);
    Refusal::hinted(
        "Ambiguous upgrade from multiple current revisions",
        format!("the database is at {heads}; name a branch (`label@+1`) or start from one of them (`REV+1`)"),
    )
}
