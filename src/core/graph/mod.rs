//! The revision graph: which revisions exist, what stands on what, and what a target means.
//!
//! The semantics are Alembic's. Orders are stable everywhere: parents before children (or the other
//! way round where a listing is newest first), and by id among those that the graph leaves free.

mod build;
mod cycle;
mod downgrade;
mod id;
mod labels;
pub mod lanes;
mod node;
mod order;
mod parents;
mod path;
mod problem;
#[cfg(test)]
mod random;
mod range;
mod refusal;
mod resolve;
mod stamp;
mod target;
#[cfg(test)]
mod tests;
mod upgrade;
mod versions;

use std::collections::{BTreeMap, HashMap, HashSet};

pub use id::{InvalidRevisionId, RevisionId};
pub use path::{Direction, Path, PathStep, VersionChange};
pub use problem::{GraphError, GraphProblem};

use node::{Node, PerPlace, Place, PlaceSet, reach};

/// One revision as its script declares it; the edges point at parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub id: RevisionId,
    /// `Revises`: empty for a base, several for a merge.
    pub down_revisions: Vec<RevisionId>,
    /// `Depends On`: ids, partial ids or branch labels, as written.
    pub depends_on: Vec<String>,
    /// `Branch Labels` written in this very script (labels spread along a branch; see [`Graph::labels`]).
    pub branch_labels: Vec<String>,
}

/// Every revision of a project and the edges between them, indexed for fast walks.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// By id.
    nodes: PerPlace<Node>,
    ids: HashMap<RevisionId, Place>,
    /// The revisions that wrote the branch labels.
    labels: BTreeMap<String, Place>,
    /// Labels that two revisions claim.
    contested: BTreeMap<String, GraphProblem>,
}

impl Graph {
    /// Builds the graph. Faulty revisions are left out or cut loose, and named in the problems; the rest stands.
    #[must_use]
    pub fn build(revisions: Vec<Revision>) -> (Self, Vec<GraphProblem>) {
        build::build(revisions)
    }

    /// The number of revisions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no revisions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 0
    }

    /// A revision by its full id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Revision> {
        Some(&self.node(id)?.revision)
    }

    /// All revisions, children before parents: the order of `history`.
    #[must_use]
    pub fn newest_first(&self) -> Vec<&Revision> {
        let mut all = PlaceSet::new(self.nodes.len());
        self.nodes.places().for_each(|place| {
            all.insert(place);
        });
        self.newest_first_of(&all).into_iter().map(|place| &self.nodes[place].revision).collect()
    }

    /// Revisions that no other revises (dependencies aside), sorted by id: what `heads` lists.
    #[must_use]
    pub fn heads(&self) -> Vec<&RevisionId> {
        self.ids_where(|node| node.children.is_empty())
    }

    /// Revisions that no other revises or depends on, sorted by id: what `--resolve-dependencies` lists and databases hold.
    #[must_use]
    pub fn real_heads(&self) -> Vec<&RevisionId> {
        self.ids_where(|node| node.above.is_empty())
    }

    /// Revisions that revise nothing, sorted by id.
    #[must_use]
    pub fn bases(&self) -> Vec<&RevisionId> {
        self.ids_where(is_base)
    }

    /// The revisions that revise this one, sorted by id.
    #[must_use]
    pub fn children(&self, id: &str) -> Vec<&RevisionId> {
        self.node(id).map_or_else(Vec::new, |node| self.ids_at(&node.children))
    }

    /// The revisions that this one's `Depends On` names, resolved.
    #[must_use]
    pub fn dependencies(&self, id: &str) -> Vec<&RevisionId> {
        self.node(id).map_or_else(Vec::new, |node| self.ids_at(&node.dependencies))
    }

    /// The revision's branch labels, spread as Alembic spreads them, sorted.
    #[must_use]
    pub fn labels(&self, id: &str) -> Vec<&str> {
        self.node(id).map_or_else(Vec::new, |node| node.labels.iter().map(AsRef::as_ref).collect())
    }

    /// Whether no other revises it.
    #[must_use]
    pub fn is_head(&self, id: &str) -> bool {
        self.node(id).is_some_and(|node| node.children.is_empty())
    }

    /// Whether no other revises or depends on it. A head that is not a real one is listed as `(effective head)`.
    #[must_use]
    pub fn is_real_head(&self, id: &str) -> bool {
        self.node(id).is_some_and(|node| node.above.is_empty())
    }

    /// Whether several revise it.
    #[must_use]
    pub fn is_branch_point(&self, id: &str) -> bool {
        self.node(id).is_some_and(|node| node.children.len() > 1)
    }

    /// The given revisions and everything below them, dependencies included.
    #[must_use]
    pub fn ancestors(&self, ids: &[RevisionId]) -> HashSet<RevisionId> {
        let known = ids.iter().filter_map(|id| self.ids.get(id).copied());
        reach(&self.nodes, known, node::below).iter().map(|place| self.id(place).clone()).collect()
    }

    /// The revisions that `upgrade heads` would run from these heads, in running order.
    #[must_use]
    pub fn pending(&self, current: &[RevisionId]) -> Vec<&RevisionId> {
        let known = current.iter().filter_map(|id| self.ids.get(id).copied());
        let applied = reach(&self.nodes, known, node::below);
        let all = reach(&self.nodes, self.nodes.places(), node::below);
        self.oldest_first_of(&all.minus(&applied)).into_iter().map(|place| self.id(place)).collect()
    }

    /// What a revision argument means (`show`, `edit`, `merge`): ids, partial ids, labels, symbols,
    /// `label@head`, and relative forms; empty for `base`. `current` are the database's heads.
    ///
    /// # Errors
    /// In Alembic's words when nothing or too much is meant.
    pub fn resolve(&self, target: &str, current: &[RevisionId]) -> Result<Vec<RevisionId>, GraphError> {
        self.resolve_target(target, current)
    }

    /// The path of `upgrade TARGET` from the database's heads.
    ///
    /// # Errors
    /// In Alembic's words when the target cannot be reached.
    pub fn upgrade(&self, target: &str, current: &[RevisionId]) -> Result<Path, GraphError> {
        self.upgrade_path(target, current)
    }

    /// The path of `downgrade TARGET` from the database's heads.
    ///
    /// # Errors
    /// In Alembic's words when the target cannot be reached; several heads with `-n` are named.
    pub fn downgrade(&self, target: &str, current: &[RevisionId]) -> Result<Path, GraphError> {
        self.downgrade_path(target, current)
    }

    /// The path that takes back one revision and nothing else, though other branches are applied, too.
    ///
    /// # Errors
    /// When it is unknown, or another applied revision stands on it.
    pub fn take_back(&self, id: &RevisionId, current: &[RevisionId]) -> Result<Path, GraphError> {
        self.path_back(id, current)
    }

    /// The path of `stamp TARGET…`: no script runs, the version table changes.
    ///
    /// # Errors
    /// When a target cannot be resolved.
    pub fn stamp(&self, targets: &[String], current: &[RevisionId]) -> Result<Path, GraphError> {
        self.stamp_path(targets, current)
    }

    /// The revisions of `history -r START:END`, newest first, as Alembic bounds them. An end left out is `None`.
    ///
    /// # Errors
    /// When an end cannot be resolved.
    pub fn range(
        &self,
        start: Option<&str>,
        end: Option<&str>,
        current: &[RevisionId],
    ) -> Result<Vec<&Revision>, GraphError> {
        self.range_newest_first(start, end, current)
    }

    /// The parents of a new revision, from `--head` (empty: the only head) with `--splice`; also of a merge.
    ///
    /// # Errors
    /// Alembic's refusals: several heads without a choice, a parent that is no head without `splice`, duplicates.
    pub fn parents_for_new(&self, heads: &[String], splice: bool) -> Result<Vec<RevisionId>, GraphError> {
        self.new_parents(heads, splice)
    }

    fn node(&self, id: &str) -> Option<&Node> {
        Some(&self.nodes[*self.ids.get(id)?])
    }

    fn id(&self, place: Place) -> &RevisionId {
        &self.nodes[place].revision.id
    }

    fn ids_at(&self, places: &[Place]) -> Vec<&RevisionId> {
        places.iter().map(|place| self.id(*place)).collect()
    }

    fn places_where(&self, holds: impl Fn(&Node) -> bool) -> Vec<Place> {
        self.nodes.places().filter(|place| holds(&self.nodes[*place])).collect()
    }

    fn ids_where(&self, holds: impl Fn(&Node) -> bool) -> Vec<&RevisionId> {
        self.nodes.values().iter().filter(|node| holds(node)).map(|node| &node.revision.id).collect()
    }

    fn has_label(&self, place: Place, label: &str) -> bool {
        self.nodes[place].labels.iter().any(|have| &**have == label)
    }
}

fn is_base(node: &Node) -> bool {
    node.revision.down_revisions.is_empty()
}
