//! From names to revisions: ids and their beginnings, labels, symbols, and the branch that they must be on.

use super::node::{self, Place, PlaceSet, reach};
use super::refusal::{Asked, Refusal};
use super::target::{Name, Relative, Target};
use super::{Graph, GraphError, RevisionId};

/// Alembic takes the beginning of a name only where the whole name has at least so many characters.
const SHORTEST_CUT_NAME: usize = 4;

/// Where a walk stands: on a revision, at the base below all of them, or nowhere yet (`base` as a name).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    Nowhere,
    Base,
    On(Place),
}

impl Stand {
    pub(super) fn place(self) -> Option<Place> {
        match self {
            Self::On(place) => Some(place),
            Self::Nowhere | Self::Base => None,
        }
    }
}

impl Graph {
    /// See [`Graph::resolve`]; the public face lies in `mod.rs`.
    pub(super) fn resolve_target(&self, text: &str, current: &[RevisionId]) -> Result<Vec<RevisionId>, GraphError> {
        let found = self.look_up(text, current).map_err(|refusal| self.error(refusal, Asked::Lookup))?;
        Ok(found.into_iter().map(|place| self.id(place).clone()).collect())
    }

    fn look_up(&self, text: &str, current: &[RevisionId]) -> Result<Vec<Place>, Refusal> {
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
                let found = self.walk(start, steps, branch, true)?.ok_or_else(walked_too_far)?;
                Ok(found.place().into_iter().collect())
            }
            _ => self.named(text),
        }
    }

    /// Several revisions by an absolute name, as `get_revisions` of Alembic finds them; `-n` walks down from the heads.
    pub(super) fn named(&self, text: &str) -> Result<Vec<Place>, Refusal> {
        match Target::parse(text) {
            Target::Relative(Relative { branch, symbol: None, steps }) if steps < 0 => {
                let heads = self.places_where(|node| node.above.is_empty());
                self.down_from_each(heads, branch, steps)
            }
            Target::Relative(Relative { branch, .. }) => {
                branch.map(|branch| self.branch(branch)).transpose()?;
                Err(no_relative(text))
            }
            Target::Absolute(name) => self.absolute(name),
        }
    }

    fn down_from_each(&self, from: Vec<Place>, branch: Option<&str>, steps: i64) -> Result<Vec<Place>, Refusal> {
        let mut found = Vec::new();
        for head in from {
            if branch.is_none_or(|branch| self.has_label(head, branch)) {
                let stand = self.walk(Stand::On(head), steps, None, true)?.ok_or_else(walked_too_far)?;
                found.extend(stand.place());
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    pub(super) fn absolute(&self, name: Name<'_>) -> Result<Vec<Place>, Refusal> {
        match (name.symbol, name.branch) {
            ("heads", None) => Ok(self.places_where(|node| node.above.is_empty())),
            ("heads", Some(branch)) => self.heads_on(branch),
            ("head", _) => Ok(self.only_head(name.branch)?.into_iter().collect()),
            ("base", _) => Ok(Vec::new()),
            (symbol, branch) => Ok(vec![self.ident_on(symbol, branch)?]),
        }
    }

    /// One revision at most by an absolute name, as `get_revision` of Alembic finds it.
    pub(super) fn single(&self, name: Name<'_>, written: &str) -> Result<Stand, Refusal> {
        let found = self.absolute(name)?;
        if found.len() > 1 {
            return Err(Refusal::MultipleHeads { argument: written.to_owned() });
        }
        if let (true, Some(branch)) = (found.is_empty(), name.branch) {
            self.branch(branch)?;
        }
        Ok(found.first().map_or(Stand::Nowhere, |place| Stand::On(*place)))
    }

    fn only_head(&self, branch: Option<&str>) -> Result<Option<Place>, Refusal> {
        let heads = match branch {
            Some(branch) => self.heads_on(branch)?,
            None => self.places_where(|node| node.children.is_empty()),
        };
        if heads.len() > 1 {
            let argument = branch.map_or_else(|| "head".to_owned(), |branch| format!("{branch}@head"));
            return Err(Refusal::MultipleHeads { argument });
        }
        Ok(heads.first().copied())
    }

    fn heads_on(&self, branch: &str) -> Result<Vec<Place>, Refusal> {
        let lineage = self.lineage(branch)?;
        Ok(self
            .places_where(|node| node.children.is_empty())
            .into_iter()
            .filter(|head| lineage.contains(*head))
            .collect())
    }

    /// Everything above and below what a branch argument names, dependencies aside.
    pub(super) fn lineage(&self, branch: &str) -> Result<PlaceSet, Refusal> {
        Ok(self.related(&[self.branch(branch)?]))
    }

    fn related(&self, to: &[Place]) -> PlaceSet {
        let over = reach(&self.nodes, to.iter().copied(), node::children);
        over.or(&reach(&self.nodes, to.iter().copied(), node::parents))
    }

    /// The revision that a branch argument (`THIS@…`) names.
    pub(super) fn branch(&self, name: &str) -> Result<Place, Refusal> {
        self.ident(name)
    }

    /// A revision by id, label or the beginning of one.
    pub(super) fn ident(&self, name: &str) -> Result<Place, Refusal> {
        self.ident_on(name, None)
    }

    fn ident_on(&self, name: &str, branch: Option<&str>) -> Result<Place, Refusal> {
        let lineage = match branch {
            Some(branch) => Some(self.related(&[self.branch(branch)?])),
            None => None,
        };
        let on_branch = |place: Place| lineage.as_ref().is_none_or(|lineage| lineage.contains(place));
        let found = match self.exact(name)? {
            Some(place) => place,
            None => self.beginning(name, on_branch)?,
        };
        if on_branch(found) {
            return Ok(found);
        }
        let branch = branch.unwrap_or_default();
        let hint = format!("revision {} is not a member of branch '{branch}'", self.id(found));
        Err(Refusal::Unlocated { argument: name.to_owned(), hint: Some(hint) })
    }

    fn exact(&self, name: &str) -> Result<Option<Place>, Refusal> {
        if let Some(problem) = self.contested.get(name) {
            return Err(Refusal::hinted(problem.to_string(), "rename the branch label in one of the two scripts"));
        }
        Ok(self.ids.get(name).or_else(|| self.labels.get(name)).copied())
    }

    fn beginning(&self, start: &str, on_branch: impl Fn(Place) -> bool) -> Result<Place, Refusal> {
        let unlocated = |hint| Refusal::Unlocated { argument: start.to_owned(), hint };
        if start.is_empty() {
            return Err(unlocated(Some("name a revision, a branch label, head, heads or base".to_owned())));
        }
        let ids = self
            .nodes
            .places_from(|node| node.revision.id.as_str() < start)
            .map(|place| (self.id(place).as_str(), place));
        let labels = self.labels.range(start.to_owned()..).map(|(label, place)| (label.as_str(), *place));
        let matches: Vec<(&str, Place)> = ids
            .take_while(|(name, _)| name.starts_with(start))
            .chain(labels.take_while(|(name, _)| name.starts_with(start)))
            .filter(|(name, place)| name.chars().count() >= SHORTEST_CUT_NAME && on_branch(*place))
            .collect();
        match matches.as_slice() {
            [] => Err(unlocated(None)),
            [(_, place)] => Ok(*place),
            several => {
                let names = super::refusal::listed(several.iter().map(|(name, _)| name), 5);
                Err(unlocated(Some(format!("several begin with '{start}': {names}"))))
            }
        }
    }

    /// The rows of a version table as places, in the order given.
    pub(super) fn rows(&self, current: &[RevisionId]) -> Result<Vec<Place>, Refusal> {
        current
            .iter()
            .map(|id| {
                self.ids.get(id).copied().ok_or_else(|| Refusal::Unlocated {
                    argument: id.to_string(),
                    hint: Some("the database is at this revision, but no script here has it".to_owned()),
                })
            })
            .collect()
    }

    /// Walks up or down, one revision a step, along `Revises` alone. Where the graph ends first: `None` with
    /// `exact`, or else the place where it ended.
    pub(super) fn walk(
        &self,
        start: Stand,
        steps: i64,
        branch: Option<&str>,
        exact: bool,
    ) -> Result<Option<Stand>, Refusal> {
        let lineage = match branch.filter(|_| steps > 0) {
            Some(branch) => Some(self.lineage(branch)?),
            None => None,
        };
        let mut stand = start;
        for _ in 0..steps.unsigned_abs() {
            let mut next = self.neighbours(stand, steps > 0);
            next.retain(|place| lineage.as_ref().is_none_or(|lineage| lineage.contains(*place)));
            stand = match (next.as_slice(), stand) {
                ([], Stand::On(_) | Stand::Nowhere) if steps < 0 => Stand::Base,
                ([], _) => return Ok(Some(stand).filter(|_| !exact)),
                ([only], _) => Stand::On(*only),
                (several, _) => {
                    let ids = super::refusal::listed(several.iter().map(|place| self.id(*place)), 5);
                    return Err(Refusal::hinted(
                        "Ambiguous walk",
                        format!("the way divides into {ids}; name one of them"),
                    ));
                }
            };
        }
        Ok(Some(stand))
    }

    fn neighbours(&self, stand: Stand, up: bool) -> Vec<Place> {
        match (stand, up) {
            (Stand::On(place), true) => self.nodes[place].children.clone(),
            (Stand::On(place), false) => self.nodes[place].parents.clone(),
            (Stand::Nowhere, true) => self.places_where(super::is_base),
            (Stand::Nowhere, false) => self.places_where(|node| node.children.is_empty()),
            (Stand::Base, _) => Vec::new(),
        }
    }
}

/// Where Alembic takes a name alone.
pub(super) fn no_relative(text: &str) -> Refusal {
    let argument = text.rsplit_once('@').map_or(text, |(_, symbol)| symbol).to_owned();
    Refusal::Unlocated { argument, hint: Some("name the revision itself here".to_owned()) }
}

pub(super) fn walked_too_far() -> Refusal {
    Refusal::hinted("Walked too far", "there are fewer revisions in that direction")
}
