//! `downgrade TARGET`: what stands above the target and is applied.

use super::node::{self, Place, PlaceSet, reach};
use super::refusal::{Asked, Refusal, listed};
use super::resolve::{Stand, walked_too_far};
use super::target::{Name, Relative, Target};
use super::{Direction, Graph, GraphError, Path, RevisionId};

/// Where a downgrade goes to, and the branch that it keeps to.
pub(super) struct Destination {
    pub branch: Option<String>,
    pub stand: Stand,
}

impl Graph {
    /// See [`Graph::downgrade`].
    pub(super) fn downgrade_path(&self, target: &str, current: &[RevisionId]) -> Result<Path, GraphError> {
        let doomed = self.doomed(target, current).map_err(|refusal| self.error(refusal, Asked::Downgrade(target)))?;
        self.path(self.newest_first_of(&doomed), Direction::Downgrade, current)
    }

    /// See [`Graph::take_back`].
    pub(super) fn path_back(&self, id: &RevisionId, current: &[RevisionId]) -> Result<Path, GraphError> {
        match self.ids.get(id) {
            Some(place) if current.contains(id) => self.path(vec![*place], Direction::Downgrade, current),
            _ => Err(GraphError {
                message: format!("Revision {id} is not on top of what is applied"),
                hint: Some(format!("take back first what stands on {id}")),
            }),
        }
    }

    fn doomed(&self, target: &str, current: &[RevisionId]) -> Result<PlaceSet, Refusal> {
        if let Some(merge) = self.merge_to_undo(target, current) {
            let mut doomed = PlaceSet::new(self.nodes.len());
            doomed.insert(merge);
            return Ok(doomed);
        }
        let Destination { branch, stand } = self.downgrade_destination(target, current, true)?;
        let roots = self.roots(branch.as_deref(), stand)?;
        let rows = self.rows(current)?;
        let active = reach(&self.nodes, rows.iter().copied(), node::below);
        let doomed = reach(&self.nodes, roots, node::above).and(&active);
        match stand {
            Stand::On(place) if doomed.is_empty() && !rows.contains(&place) => {
                Err(Refusal::NotOnTheWay { lower: "Nothing to drop".to_owned(), upper: listed(current, usize::MAX) })
            }
            _ => Ok(doomed),
        }
    }

    /// Alembic's walk knows no way down from a merge point; one step back is to undo the merge itself.
    fn merge_to_undo(&self, target: &str, current: &[RevisionId]) -> Option<Place> {
        let one_back = Target::Relative(Relative { branch: None, symbol: None, steps: -1 });
        let [only] = current else { return None };
        let place = *self.ids.get(only)?;
        (Target::parse(target) == one_back && self.nodes[place].parents.len() > 1).then_some(place)
    }

    /// The lowest revisions that have to go.
    fn roots(&self, branch: Option<&str>, stand: Stand) -> Result<Vec<Place>, Refusal> {
        let (mut roots, candidates) = match stand {
            Stand::On(place) => (self.nodes[place].children.clone(), self.nodes[place].children.len()),
            Stand::Nowhere | Stand::Base => {
                let bases = self.places_where(|node| node.parents.is_empty());
                // Alembic counts a base once more for each label of its own, and looks at the branch only where
                // it counts several.
                let labels = self.labels.values().filter(|owner| self.nodes[**owner].parents.is_empty()).count();
                let count = bases.len() + labels;
                (bases, count)
            }
        };
        if let (Some(branch), true) = (branch, candidates > 1) {
            let line = reach(&self.nodes, [self.branch(branch)?], node::parents);
            roots.retain(|root| line.contains(*root));
            if roots.is_empty() {
                return Err(Refusal::hinted(
                    "Not a valid downgrade target from current heads",
                    format!("nothing above it is on branch '{branch}'"),
                ));
            }
        }
        Ok(roots)
    }

    /// What a downgrade's target means. Without `exact` a walk that leaves the graph ends at its edge.
    pub(super) fn downgrade_destination(
        &self,
        target: &str,
        current: &[RevisionId],
        exact: bool,
    ) -> Result<Destination, Refusal> {
        match Target::parse(target) {
            Target::Absolute(_) => {
                let (branch, symbol) = target.rsplit_once('@').unwrap_or(("", target));
                let stand = self.single(Name { branch: None, symbol }, symbol)?;
                Ok(Destination { branch: Some(branch.to_owned()).filter(|branch| !branch.is_empty()), stand })
            }
            Target::Relative(Relative { branch, symbol: None, steps }) => {
                let hint = "a downgrade goes down: `-n`, or `upgrade +n` to go up";
                if steps >= 0 {
                    return Err(Refusal::did_not_produce(steps, hint));
                }
                let start = self.start_of_relative_downgrade(branch, steps, current)?;
                let hint = "there are fewer revisions below; `base` goes to the end";
                let found = self.walk(Stand::On(start), steps, None, exact)?;
                let stand = found.ok_or_else(|| Refusal::did_not_produce(steps, hint))?;
                let branch = branch.unwrap_or(self.id(start).as_str()).to_owned();
                Ok(Destination { branch: Some(branch), stand })
            }
            Target::Relative(Relative { branch, symbol: Some(symbol), steps }) => {
                let start = self.single(Name { branch: branch.filter(|_| steps < 0), symbol }, symbol)?;
                let stand = self.walk(start, steps, branch, exact)?.ok_or_else(walked_too_far)?;
                if steps >= 0 && stand == Stand::Nowhere {
                    return Err(walked_too_far());
                }
                Ok(Destination { branch: branch.map(str::to_owned), stand })
            }
        }
    }

    fn start_of_relative_downgrade(
        &self,
        branch: Option<&str>,
        steps: i64,
        current: &[RevisionId],
    ) -> Result<Place, Refusal> {
        let starts = match branch {
            None => self.rows(current)?,
            Some(branch) => self.applied_tips_on(branch, &self.rows(current)?)?,
        };
        match starts.as_slice() {
            [] => Err(Refusal::did_not_produce(steps, "the database holds no revision to step back from")),
            [only] => Ok(*only),
            several => {
                let heads = listed(several.iter().map(|place| self.id(*place)), 8);
                Err(Refusal::hinted(
                    format!("Ambiguous downgrade from multiple current revisions: {heads}"),
                    "name the one to step back from (`REV-1`), a branch (`label@-1`), or the revision to go to",
                ))
            }
        }
    }

    /// The rows on a branch; where none is, the revisions on it that nothing applied revises.
    fn applied_tips_on(&self, branch: &str, rows: &[Place]) -> Result<Vec<Place>, Refusal> {
        let lineage = self.lineage(branch)?;
        let on_branch: Vec<Place> = rows.iter().copied().filter(|row| lineage.contains(*row)).collect();
        if !on_branch.is_empty() {
            return Ok(on_branch);
        }
        let active = reach(&self.nodes, rows.iter().copied(), node::below);
        let is_tip = |place: &Place| !self.nodes[*place].children.iter().any(|child| active.contains(*child));
        Ok(active.iter().filter(|place| lineage.contains(*place) && is_tip(place)).collect())
    }
}
