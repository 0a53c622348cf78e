//! The revision graph: which revisions exist, what stands on what, and what a target means.
//!
//! The semantics are Alembic's. Orders are stable everywhere: parents before children (or the other
//! way round where a listing is newest first), and by id among those that the graph leaves free.

mod id;
pub mod lanes;
mod path;
mod problem;

use std::collections::HashSet;

pub use id::{InvalidRevisionId, RevisionId};
pub use path::{Direction, Path, PathStep, VersionChange};
pub use problem::{GraphError, GraphProblem};

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
pub struct Graph {}

#[allow(unused_variables, clippy::unused_self)]
impl Graph {
    /// Builds the graph. Faulty revisions are left out or cut loose, and named in the problems; the rest stands.
    #[must_use]
    pub fn build(revisions: Vec<Revision>) -> (Self, Vec<GraphProblem>) {
        todo!()
    }

    /// The number of revisions.
    #[must_use]
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether there are no revisions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        todo!()
    }

    /// A revision by its full id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Revision> {
        todo!()
    }

    /// All revisions, children before parents: the order of `history`.
    #[must_use]
    pub fn newest_first(&self) -> Vec<&Revision> {
        todo!()
    }

    /// Revisions that no other revises (dependencies aside), sorted by id: what `heads` lists.
    #[must_use]
    pub fn heads(&self) -> Vec<&RevisionId> {
        todo!()
    }

    /// Revisions that no other revises or depends on, sorted by id: what `--resolve-dependencies` lists and databases hold.
    #[must_use]
    pub fn real_heads(&self) -> Vec<&RevisionId> {
        todo!()
    }

    /// Revisions that revise nothing, sorted by id.
    #[must_use]
    pub fn bases(&self) -> Vec<&RevisionId> {
        todo!()
    }

    /// The revisions that revise this one, sorted by id.
    #[must_use]
    pub fn children(&self, id: &str) -> Vec<&RevisionId> {
        todo!()
    }

    /// The revisions that this one's `Depends On` names, resolved.
    #[must_use]
    pub fn dependencies(&self, id: &str) -> Vec<&RevisionId> {
        todo!()
    }

    /// The revision's branch labels, spread as Alembic spreads them, sorted.
    #[must_use]
    pub fn labels(&self, id: &str) -> Vec<&str> {
        todo!()
    }

    /// Whether no other revises it.
    #[must_use]
    pub fn is_head(&self, id: &str) -> bool {
        todo!()
    }

    /// Whether no other revises or depends on it. A head that is not a real one is listed as `(effective head)`.
    #[must_use]
    pub fn is_real_head(&self, id: &str) -> bool {
        todo!()
    }

    /// Whether several revise it.
    #[must_use]
    pub fn is_branch_point(&self, id: &str) -> bool {
        todo!()
    }

    /// The given revisions and everything below them, dependencies included.
    #[must_use]
    pub fn ancestors(&self, ids: &[RevisionId]) -> HashSet<RevisionId> {
        todo!()
    }

    /// The revisions that `upgrade heads` would run from these heads, in running order.
    #[must_use]
    pub fn pending(&self, current: &[RevisionId]) -> Vec<&RevisionId> {
        todo!()
    }

    /// What a revision argument means (`show`, `edit`, `merge`): ids, partial ids, labels, symbols,
    /// `label@head`, and relative forms; empty for `base`. `current` are the database's heads.
    ///
    /// # Errors
    /// In Alembic's words when nothing or too much is meant.
    pub fn resolve(&self, target: &str, current: &[RevisionId]) -> Result<Vec<RevisionId>, GraphError> {
        todo!()
    }

    /// The path of `upgrade TARGET` from the database's heads.
    ///
    /// # Errors
    /// In Alembic's words when the target cannot be reached.
    pub fn upgrade(&self, target: &str, current: &[RevisionId]) -> Result<Path, GraphError> {
        todo!()
    }

    /// The path of `downgrade TARGET` from the database's heads.
    ///
    /// # Errors
    /// In Alembic's words when the target cannot be reached; several heads with `-n` are named.
    pub fn downgrade(&self, target: &str, current: &[RevisionId]) -> Result<Path, GraphError> {
        todo!()
    }

    /// The path of `stamp TARGET…`: no script runs, the version table changes.
    ///
    /// # Errors
    /// When a target cannot be resolved.
    pub fn stamp(&self, targets: &[String], current: &[RevisionId]) -> Result<Path, GraphError> {
        todo!()
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
        todo!()
    }

    /// The parents of a new revision, from `--head` (empty: the only head) with `--splice`; also of a merge.
    ///
    /// # Errors
    /// Alembic's refusals: several heads without a choice, a parent that is no head without `splice`, duplicates.
    pub fn parents_for_new(&self, heads: &[String], splice: bool) -> Result<Vec<RevisionId>, GraphError> {
        todo!()
    }
}
