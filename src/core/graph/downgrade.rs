//! `downgrade TARGET`: the applied revisions above the target.

use super::node::{self, RevisionIndex, RevisionSet, reachable};
use super::resolve::{WalkPosition, too_far_error};
use super::resolve_error::{LookupPurpose, ResolveError, listed};
use super::target::{Name, Relative, Target};
use super::{Direction, Graph, GraphError, Path, RevisionId};

/// The target of a downgrade and the branch that it is limited to.
pub(super) struct Destination {
    pub branch: Option<String>,
    pub position: WalkPosition,
}

impl Graph {
    /// See [`Graph::downgrade`].
    pub(super) fn downgrade_path(&self, target: &str, current: &[RevisionId]) -> Result<Path, GraphError> {
        let to_downgrade = self
            .to_downgrade(target, current)
            .map_err(|resolve_error| self.error(resolve_error, LookupPurpose::Downgrade(target)))?;
        self.path(self.newest_first_of(&to_downgrade), Direction::Downgrade, current)
    }

    /// See [`Graph::downgrade_single`].
    pub(super) fn single_downgrade_path(&self, id: &RevisionId, current: &[RevisionId]) -> Result<Path, GraphError> {
        match self.ids.get(id) {
            Some(index) if current.contains(id) => self.path(vec![*index], Direction::Downgrade, current),
            _ => Err(GraphError {
                message: format!("Revision {id} is not an applied head"),
                hint: Some(format!("downgrade the applied revisions that depend on {id} first")),
            }),
        }
    }

    fn to_downgrade(&self, target: &str, current: &[RevisionId]) -> Result<RevisionSet, ResolveError> {
        self.check_row_overlap(&self.rows(current)?)?;
        if let Some(merge) = self.merge_to_undo(target, current) {
            let mut to_downgrade = RevisionSet::new(self.nodes.len());
            to_downgrade.insert(merge);
            return Ok(to_downgrade);
        }
        let Destination { branch, position } = self.downgrade_destination(target, current, true)?;
        let roots = self.roots(branch.as_deref(), position)?;
        let rows = self.rows(current)?;
        let active = reachable(&self.nodes, rows.iter().copied(), node::prerequisites);
        let to_downgrade = reachable(&self.nodes, roots, node::dependents).and(&active);
        match position {
            WalkPosition::On(index) if to_downgrade.is_empty() && !rows.contains(&index) => {
                Err(ResolveError::Unreachable {
                    lower: "Nothing to drop".to_owned(),
                    upper: listed(current, usize::MAX),
                })
            }
            _ => Ok(to_downgrade),
        }
    }

    /// In Alembic, `-1` from a merge point is ambiguous. Here it downgrades the merge revision.
    fn merge_to_undo(&self, target: &str, current: &[RevisionId]) -> Option<RevisionIndex> {
        let one_back = Target::Relative(Relative { branch: None, symbol: None, steps: -1 });
        let [only] = current else { return None };
        let index = *self.ids.get(only)?;
        (Target::parse(target) == one_back && self.nodes[index].parents.len() > 1).then_some(index)
    }

    /// The lowest revisions to downgrade.
    fn roots(&self, branch: Option<&str>, position: WalkPosition) -> Result<Vec<RevisionIndex>, ResolveError> {
        let (mut roots, candidates) = match position {
            WalkPosition::On(index) => (self.nodes[index].children.clone(), self.nodes[index].children.len()),
            WalkPosition::Unset | WalkPosition::Base => {
                let bases = self.indices_where(|node| node.parents.is_empty());
                // Alembic counts a base once more for each of its labels, and looks at the branch only if the count is
                // more than one.
                let labels = self.labels.values().filter(|owner| self.nodes[**owner].parents.is_empty()).count();
                let count = bases.len() + labels;
                (bases, count)
            }
        };
        if let (Some(branch), true) = (branch, candidates > 1) {
            let line = reachable(&self.nodes, [self.branch(branch)?], node::parents);
            roots.retain(|root| line.contains(*root));
            if roots.is_empty() {
                return Err(ResolveError::with_hint(
                    "Not a valid downgrade target from current heads",
                    format!("no revision above it is on branch '{branch}'"),
                ));
            }
        }
        Ok(roots)
    }

    /// Resolves the target of a downgrade. Without `exact`, a walk that leaves the graph stops at its end.
    pub(super) fn downgrade_destination(
        &self,
        target: &str,
        current: &[RevisionId],
        exact: bool,
    ) -> Result<Destination, ResolveError> {
        match Target::parse(target) {
            Target::Absolute(_) => {
                let (branch, symbol) = target.rsplit_once('@').unwrap_or(("", target));
                let position = self.single(Name { branch: None, symbol }, symbol)?;
                Ok(Destination { branch: Some(branch.to_owned()).filter(|branch| !branch.is_empty()), position })
            }
            Target::Relative(Relative { branch, symbol: None, steps }) => {
                let hint = "use `-n` with a downgrade, or `upgrade +n`";
                if steps >= 0 {
                    return Err(ResolveError::did_not_produce(steps, hint));
                }
                let start = self.start_of_relative_downgrade(branch, steps, current)?;
                let hint = "there are fewer revisions below it; use `base` to downgrade all";
                let found = self.walk(WalkPosition::On(start), steps, None, exact)?;
                let position = found.ok_or_else(|| ResolveError::did_not_produce(steps, hint))?;
                let branch = branch.unwrap_or(self.id(start).as_str()).to_owned();
                Ok(Destination { branch: Some(branch), position })
            }
            Target::Relative(Relative { branch, symbol: Some(symbol), steps }) => {
                let start = self.single(Name { branch: branch.filter(|_| steps < 0), symbol }, symbol)?;
                let position = self.walk(start, steps, branch, exact)?.ok_or_else(too_far_error)?;
                if steps >= 0 && position == WalkPosition::Unset {
                    return Err(too_far_error());
                }
                Ok(Destination { branch: branch.map(str::to_owned), position })
            }
        }
    }

    fn start_of_relative_downgrade(
        &self,
        branch: Option<&str>,
        steps: i64,
        current: &[RevisionId],
    ) -> Result<RevisionIndex, ResolveError> {
        let starts = match branch {
            None => self.rows(current)?,
            Some(branch) => self.applied_tips_on(branch, &self.rows(current)?)?,
        };
        match starts.as_slice() {
            [] => Err(ResolveError::did_not_produce(steps, "no revision is applied to the database")),
            [only] => Ok(*only),
            several => {
                let heads = listed(several.iter().map(|index| self.id(*index)), 8);
                Err(ResolveError::with_hint(
                    format!("Ambiguous downgrade from multiple current revisions: {heads}"),
                    "name one of them (`REV-1`), a branch (`label@-1`), or the target revision",
                ))
            }
        }
    }

    /// The rows on a branch. If there are none: the applied revisions on it that have no applied child.
    fn applied_tips_on(&self, branch: &str, rows: &[RevisionIndex]) -> Result<Vec<RevisionIndex>, ResolveError> {
        let lineage = self.lineage(branch)?;
        let on_branch: Vec<RevisionIndex> = rows.iter().copied().filter(|row| lineage.contains(*row)).collect();
        if !on_branch.is_empty() {
            return Ok(on_branch);
        }
        let active = reachable(&self.nodes, rows.iter().copied(), node::prerequisites);
        let is_tip = |index: &RevisionIndex| !self.nodes[*index].children.iter().any(|child| active.contains(*child));
        Ok(active.iter().filter(|index| lineage.contains(*index) && is_tip(index)).collect())
    }
}
