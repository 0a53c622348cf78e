//! Resolves names: ids, partial ids, labels, symbols, and the branch that they must belong to.

use super::node::{self, RevisionIndex, RevisionSet, reachable};
use super::resolve_error::{LookupPurpose, ResolveError};
use super::target::{Name, Relative, Target};
use super::{Graph, GraphError, RevisionId};

/// Alembic accepts a partial id only if the full id has at least this many characters.
const MINIMUM_FULL_LENGTH: usize = 4;

/// The position of a walk: on a revision, at the base below all revisions, or not set yet (the target `base`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WalkPosition {
    Unset,
    Base,
    On(RevisionIndex),
}

impl WalkPosition {
    pub(super) fn index(self) -> Option<RevisionIndex> {
        match self {
            Self::On(index) => Some(index),
            Self::Unset | Self::Base => None,
        }
    }
}

impl Graph {
    /// See [`Graph::resolve`].
    pub(super) fn resolve_target(&self, text: &str, current: &[RevisionId]) -> Result<Vec<RevisionId>, GraphError> {
        let found =
            self.look_up(text, current).map_err(|resolve_error| self.error(resolve_error, LookupPurpose::Lookup))?;
        Ok(found.into_iter().map(|index| self.id(index).clone()).collect())
    }

    fn look_up(&self, text: &str, current: &[RevisionId]) -> Result<Vec<RevisionIndex>, ResolveError> {
        match Target::parse(text) {
            Target::Absolute(Name { branch: None, symbol: "current" }) => self.rows(current),
            Target::Relative(Relative { branch, symbol: Some("current"), steps }) if steps < 0 => {
                self.down_from_each(self.rows(current)?, branch, steps)
            }
            Target::Relative(Relative { branch, symbol: None | Some("current"), steps }) if steps > 0 => {
                let from = Relative { branch, symbol: None, steps };
                Ok(self.upgrade_targets(Target::Relative(from), current)?)
            }
            Target::Relative(Relative { branch, symbol: Some(symbol), steps }) => {
                let start = self.single(Name { branch: branch.filter(|_| steps <= 0), symbol }, text)?;
                let found = self.walk(start, steps, branch, true)?.ok_or_else(too_far_error)?;
                Ok(found.index().into_iter().collect())
            }
            _ => self.named(text),
        }
    }

    /// The revisions of an absolute name, like Alembic's `get_revisions`. `-n` walks down from the heads.
    pub(super) fn named(&self, text: &str) -> Result<Vec<RevisionIndex>, ResolveError> {
        match Target::parse(text) {
            Target::Relative(Relative { branch, symbol: None, steps }) if steps < 0 => {
                let heads = self.indices_where(|node| node.dependents.is_empty());
                self.down_from_each(heads, branch, steps)
            }
            Target::Relative(Relative { branch, .. }) => {
                branch.map(|branch| self.branch(branch)).transpose()?;
                Err(no_relative_error(text))
            }
            Target::Absolute(name) => self.absolute(name),
        }
    }

    fn down_from_each(
        &self,
        from: Vec<RevisionIndex>,
        branch: Option<&str>,
        steps: i64,
    ) -> Result<Vec<RevisionIndex>, ResolveError> {
        let mut found = Vec::new();
        for head in from {
            if branch.is_none_or(|branch| self.has_label(head, branch)) {
                let position = self.walk(WalkPosition::On(head), steps, None, true)?.ok_or_else(too_far_error)?;
                found.extend(position.index());
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    pub(super) fn absolute(&self, name: Name<'_>) -> Result<Vec<RevisionIndex>, ResolveError> {
        match (name.symbol, name.branch) {
            ("heads", None) => Ok(self.indices_where(|node| node.dependents.is_empty())),
            ("heads", Some(branch)) => self.heads_on(branch),
            ("head", _) => Ok(self.only_head(name.branch)?.into_iter().collect()),
            ("base", _) => Ok(Vec::new()),
            (symbol, branch) => Ok(vec![self.ident_on(symbol, branch)?]),
        }
    }

    /// At most one revision of an absolute name, like Alembic's `get_revision`.
    pub(super) fn single(&self, name: Name<'_>, written: &str) -> Result<WalkPosition, ResolveError> {
        let found = self.absolute(name)?;
        if found.len() > 1 {
            return Err(ResolveError::MultipleHeads { argument: written.to_owned() });
        }
        if let (true, Some(branch)) = (found.is_empty(), name.branch) {
            self.branch(branch)?;
        }
        Ok(found.first().map_or(WalkPosition::Unset, |index| WalkPosition::On(*index)))
    }

    fn only_head(&self, branch: Option<&str>) -> Result<Option<RevisionIndex>, ResolveError> {
        let heads = match branch {
            Some(branch) => self.heads_on(branch)?,
            None => self.indices_where(|node| node.children.is_empty()),
        };
        if heads.len() > 1 {
            let argument = branch.map_or_else(|| "head".to_owned(), |branch| format!("{branch}@head"));
            return Err(ResolveError::MultipleHeads { argument });
        }
        Ok(heads.first().copied())
    }

    fn heads_on(&self, branch: &str) -> Result<Vec<RevisionIndex>, ResolveError> {
        let lineage = self.lineage(branch)?;
        Ok(self
            .indices_where(|node| node.children.is_empty())
            .into_iter()
            .filter(|head| lineage.contains(*head))
            .collect())
    }

    /// All ancestors and descendants of the revision that a branch argument names. Dependencies do not count.
    pub(super) fn lineage(&self, branch: &str) -> Result<RevisionSet, ResolveError> {
        Ok(self.related(&[self.branch(branch)?]))
    }

    fn related(&self, to: &[RevisionIndex]) -> RevisionSet {
        let over = reachable(&self.nodes, to.iter().copied(), node::children);
        over.or(&reachable(&self.nodes, to.iter().copied(), node::parents))
    }

    /// The revision that a branch argument (`THIS@…`) names.
    pub(super) fn branch(&self, name: &str) -> Result<RevisionIndex, ResolveError> {
        self.ident(name)
    }

    /// A revision by its id, label or partial id.
    pub(super) fn ident(&self, name: &str) -> Result<RevisionIndex, ResolveError> {
        self.ident_on(name, None)
    }

    fn ident_on(&self, name: &str, branch: Option<&str>) -> Result<RevisionIndex, ResolveError> {
        let lineage = match branch {
            Some(branch) => Some(self.related(&[self.branch(branch)?])),
            None => None,
        };
        let on_branch = |index: RevisionIndex| lineage.as_ref().is_none_or(|lineage| lineage.contains(index));
        let found = match self.exact(name)? {
            Some(index) => index,
            None => self.partial_id(name, on_branch)?,
        };
        if on_branch(found) {
            return Ok(found);
        }
        let branch = branch.unwrap_or_default();
        let hint = format!("revision {} is not a member of branch '{branch}'", self.id(found));
        Err(ResolveError::NotFound { argument: name.to_owned(), hint: Some(hint) })
    }

    fn exact(&self, name: &str) -> Result<Option<RevisionIndex>, ResolveError> {
        if let Some(problem) = self.ambiguous_labels.get(name) {
            return Err(ResolveError::with_hint(
                problem.to_string(),
                "rename the branch label in one of the two scripts",
            ));
        }
        Ok(self.ids.get(name).or_else(|| self.labels.get(name)).copied())
    }

    fn partial_id(
        &self,
        start: &str,
        on_branch: impl Fn(RevisionIndex) -> bool,
    ) -> Result<RevisionIndex, ResolveError> {
        let not_found = |hint| ResolveError::NotFound { argument: start.to_owned(), hint };
        if start.is_empty() {
            return Err(not_found(Some("name a revision, a branch label, head, heads or base".to_owned())));
        }
        let ids = self
            .nodes
            .indices_from(|node| node.revision.id.as_str() < start)
            .map(|index| (self.id(index).as_str(), index));
        let labels = self.labels.range(start.to_owned()..).map(|(label, index)| (label.as_str(), *index));
        let matches: Vec<(&str, RevisionIndex)> = ids
            .take_while(|(name, _)| name.starts_with(start))
            .chain(labels.take_while(|(name, _)| name.starts_with(start)))
            .filter(|(name, index)| name.chars().count() >= MINIMUM_FULL_LENGTH && on_branch(*index))
            .collect();
        match matches.as_slice() {
            [] => Err(not_found(None)),
            [(_, index)] => Ok(*index),
            several => {
                let names = super::resolve_error::listed(several.iter().map(|(name, _)| name), 5);
                Err(not_found(Some(format!("several revisions or labels start with '{start}': {names}"))))
            }
        }
    }

    /// The rows of a version table as indices, in the given order.
    pub(super) fn rows(&self, current: &[RevisionId]) -> Result<Vec<RevisionIndex>, ResolveError> {
        current
            .iter()
            .map(|id| {
                self.ids.get(id).copied().ok_or_else(|| ResolveError::NotFound {
                    argument: id.to_string(),
                    hint: Some("the database is at this revision, but the project has no script for it".to_owned()),
                })
            })
            .collect()
    }

    /// Walks up or down one revision per step, along `Revises` only. If the graph ends before, the result is `None`
    /// with `exact`, otherwise the last position.
    pub(super) fn walk(
        &self,
        start: WalkPosition,
        steps: i64,
        branch: Option<&str>,
        exact: bool,
    ) -> Result<Option<WalkPosition>, ResolveError> {
        let lineage = match branch.filter(|_| steps > 0) {
            Some(branch) => Some(self.lineage(branch)?),
            None => None,
        };
        let mut position = start;
        for _ in 0..steps.unsigned_abs() {
            let mut next = self.neighbours(position, steps > 0);
            next.retain(|index| lineage.as_ref().is_none_or(|lineage| lineage.contains(*index)));
            position = match (next.as_slice(), position) {
                ([], WalkPosition::On(_) | WalkPosition::Unset) if steps < 0 => WalkPosition::Base,
                ([], _) => return Ok(Some(position).filter(|_| !exact)),
                ([only], _) => WalkPosition::On(*only),
                (several, _) => {
                    let ids = super::resolve_error::listed(several.iter().map(|index| self.id(*index)), 5);
                    return Err(ResolveError::with_hint(
                        "Ambiguous walk",
                        format!("the path branches into {ids}; name one of them"),
                    ));
                }
            };
        }
        Ok(Some(position))
    }

    fn neighbours(&self, position: WalkPosition, up: bool) -> Vec<RevisionIndex> {
        match (position, up) {
            (WalkPosition::On(index), true) => self.nodes[index].children.clone(),
            (WalkPosition::On(index), false) => self.nodes[index].parents.clone(),
            (WalkPosition::Unset, true) => self.indices_where(super::is_base),
            (WalkPosition::Unset, false) => self.indices_where(|node| node.children.is_empty()),
            (WalkPosition::Base, _) => Vec::new(),
        }
    }
}

/// The error for a relative target where Alembic accepts only a name.
pub(super) fn no_relative_error(text: &str) -> ResolveError {
    let argument = text.rsplit_once('@').map_or(text, |(_, symbol)| symbol).to_owned();
    ResolveError::NotFound {
        argument,
        hint: Some("relative revisions are not accepted here; name the revision".to_owned()),
    }
}

pub(super) fn too_far_error() -> ResolveError {
    ResolveError::with_hint("Walked too far", "there are fewer revisions in that direction")
}
