//! `upgrade TARGET`: the revisions below the target that are not applied.

use super::node::{self, RevisionIndex, RevisionSet, reachable};
use super::resolve::WalkPosition;
use super::resolve_error::{LookupPurpose, ResolveError, listed};
use super::table_rows::stamp_command;
use super::target::{Name, Relative, Target};
use super::{Direction, Graph, GraphError, Path, RevisionId};

impl Graph {
    /// See [`Graph::upgrade`].
    pub(super) fn upgrade_path(&self, target: &str, current: &[RevisionId]) -> Result<Path, GraphError> {
        let needed = self
            .needed(target, current)
            .map_err(|resolve_error| self.error(resolve_error, LookupPurpose::Upgrade(target)))?;
        self.path(self.oldest_first_of(&needed), Direction::Upgrade, current)
    }

    fn needed(&self, target: &str, current: &[RevisionId]) -> Result<RevisionSet, ResolveError> {
        let targets = self.upgrade_targets(Target::parse(target), current)?;
        self.check_overlap(&targets)?;
        let rows = self.rows(current)?;
        self.check_row_overlap(&rows)?;
        let applied = reachable(&self.nodes, rows, node::prerequisites);
        Ok(reachable(&self.nodes, targets, node::prerequisites).minus(&applied))
    }

    /// The revisions that the target of an upgrade means. Empty for the base.
    pub(super) fn upgrade_targets(
        &self,
        target: Target<'_>,
        current: &[RevisionId],
    ) -> Result<Vec<RevisionIndex>, ResolveError> {
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
                return Err(ResolveError::did_not_produce(steps, "use `+n` with an upgrade, or `downgrade -n`"));
            }
            Some(symbol) => {
                let start = self.single(Name { branch: branch.filter(|_| steps <= 0), symbol }, symbol)?;
                self.walk(start, steps, branch, true)?
            }
        };
        let too_far = || {
            ResolveError::did_not_produce(
                steps,
                "there are fewer revisions above it; use `head` to upgrade to the last one",
            )
        };
        Ok(found.ok_or_else(too_far)?.index().into_iter().collect())
    }

    fn start_of_relative_upgrade(
        &self,
        branch: Option<&str>,
        current: &[RevisionId],
    ) -> Result<WalkPosition, ResolveError> {
        let starts = match branch {
            None if current.len() > 1 => return Err(ambiguous(current)),
            None => self.rows(current)?,
            Some(branch) => self.tips_on(branch, self.rows(current)?)?,
        };
        match starts.as_slice() {
            [] => Ok(WalkPosition::Unset),
            [only] => Ok(WalkPosition::On(*only)),
            several => Err(ambiguous(&several.iter().map(|index| self.id(*index).clone()).collect::<Vec<_>>())),
        }
    }

    /// The rows on a branch. If there are none: the topmost applied revisions on it.
    fn tips_on(&self, branch: &str, rows: Vec<RevisionIndex>) -> Result<Vec<RevisionIndex>, ResolveError> {
        let lineage = self.lineage(branch)?;
        let on_branch: Vec<RevisionIndex> = rows.iter().copied().filter(|row| lineage.contains(*row)).collect();
        if !on_branch.is_empty() {
            return Ok(on_branch);
        }
        let active = reachable(&self.nodes, rows, node::prerequisites).and(&lineage);
        let mut covered = RevisionSet::new(self.nodes.len());
        active.iter().flat_map(|index| self.nodes[index].prerequisites.iter()).for_each(|index| {
            covered.insert(*index);
        });
        Ok(active.minus(&covered).iter().collect())
    }

    /// Checks that no target is an ancestor of another one. Alembic refuses that.
    pub(super) fn check_overlap(&self, requested: &[RevisionIndex]) -> Result<(), ResolveError> {
        let Some(overlap) = self.find_overlap(requested) else { return Ok(()) };
        let (this, others) = (overlap.this, listed(overlap.others, usize::MAX));
        let hint = format!("{this} already includes {others}; name only {this}");
        Err(ResolveError::with_hint(overlap_message(this, &others), hint))
    }

    /// Checks that no row of the version table is an ancestor of another one. Alembic refuses that.
    pub(super) fn check_row_overlap(&self, rows: &[RevisionIndex]) -> Result<(), ResolveError> {
        let Some(overlap) = self.find_overlap(rows) else { return Ok(()) };
        let others = listed(overlap.others, usize::MAX);
        let covered = self.strictly_below(rows);
        let tops = rows.iter().filter(|row| !covered.contains(**row)).map(|row| self.id(*row));
        let hint = format!(
            "the version table contains a revision and its ancestor; `{}` removes the ancestor's row",
            stamp_command(tops)
        );
        Err(ResolveError::with_hint(overlap_message(overlap.this, &others), hint))
    }

    /// The first revision that is a descendant of others in the list. `None` if there is none.
    fn find_overlap(&self, requested: &[RevisionIndex]) -> Option<Overlap<'_>> {
        if requested.len() < 2 {
            return None;
        }
        let covered = self.strictly_below(requested);
        if !requested.iter().any(|index| covered.contains(*index)) {
            return None;
        }
        requested.iter().find_map(|index| {
            let below = self.strictly_below(&[*index]);
            let others: Vec<_> =
                requested.iter().filter(|other| below.contains(**other)).map(|other| self.id(*other)).collect();
            (!others.is_empty()).then(|| Overlap { this: self.id(*index), others })
        })
    }

    /// The ancestors of the revisions, without the revisions themselves unless one is an ancestor of another.
    fn strictly_below(&self, indices: &[RevisionIndex]) -> RevisionSet {
        let prerequisites = indices.iter().flat_map(|index| self.nodes[*index].prerequisites.iter().copied());
        reachable(&self.nodes, prerequisites, node::prerequisites)
    }
}

/// A revision, and its ancestors in the same list.
struct Overlap<'a> {
    this: &'a RevisionId,
    others: Vec<&'a RevisionId>,
}

/// Alembic's message.
fn overlap_message(this: &RevisionId, others: &str) -> String {
    format!("Requested revision {this} overlaps with other requested revisions {others}")
}

fn ambiguous(current: &[RevisionId]) -> ResolveError {
    let heads = listed(current, 8);
    ResolveError::with_hint(
        "Ambiguous upgrade from multiple current revisions",
        format!("the database is at {heads}; name a branch (`label@+1`) or start from one of them (`REV+1`)"),
    )
}
