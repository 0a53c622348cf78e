//! The revision graph: the revisions, their dependencies, and how targets are resolved.
//!
//! The semantics are Alembic's. All orders are stable: parents before children, or children before parents in listings
//! with the newest revision first. Where the graph leaves a choice, revisions are sorted by id.

mod build;
mod cycle;
mod downgrade;
#[cfg(test)]
mod fixtures;
mod fork;
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
mod rebase;
mod resolve;
mod resolve_error;
mod stamp;
mod switch;
mod table_rows;
mod target;
#[cfg(test)]
mod tests;
mod upgrade;
mod versions;

use std::collections::{BTreeMap, HashMap, HashSet};

pub use fork::Fork;
pub use id::{ALEMBIC_WIDTH, InvalidRevisionId, RevisionId};
pub use path::{Direction, Path, PathStep, VersionChange};
pub use problem::{GraphError, GraphProblem};
pub use rebase::{NewParents, Rebase};
pub use table_rows::{RowFault, TableRows, stamp_command};

use node::{Node, RevisionIndex, RevisionMap, RevisionSet, reachable};
use resolve_error::LookupPurpose;

/// A revision as its script declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub id: RevisionId,
    /// `Revises`: empty for a base, several for a merge.
    pub down_revisions: Vec<RevisionId>,
    /// `Depends On`: ids, partial ids or branch labels, as written.
    pub depends_on: Vec<String>,
    /// The `Branch Labels` in this script. Other revisions of the branch inherit them; see [`Graph::labels`].
    pub branch_labels: Vec<String>,
}

/// Every revision of a project and the edges between them, indexed for fast walks.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// Sorted by id.
    nodes: RevisionMap<Node>,
    ids: HashMap<RevisionId, RevisionIndex>,
    /// The revisions that declare the branch labels.
    labels: BTreeMap<String, RevisionIndex>,
    /// Labels that two revisions declare.
    ambiguous_labels: BTreeMap<String, GraphProblem>,
}

impl Graph {
    /// Builds the graph. Faulty revisions or edges are left out and listed in the problems. The rest of the graph is
    /// usable.
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
        let mut all = RevisionSet::new(self.nodes.len());
        self.nodes.indices().for_each(|index| {
            all.insert(index);
        });
        self.newest_first_of(&all).into_iter().map(|index| &self.nodes[index].revision).collect()
    }

    /// Revisions that no other revises, sorted by id, as `heads` lists them. Dependencies do not count.
    #[must_use]
    pub fn heads(&self) -> Vec<&RevisionId> {
        self.ids_where(|node| node.children.is_empty())
    }

    /// Revisions that no other revises or depends on, sorted by id, as in `heads --resolve-dependencies` and in the
    /// version table.
    #[must_use]
    pub fn real_heads(&self) -> Vec<&RevisionId> {
        self.ids_where(|node| node.dependents.is_empty())
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

    /// The revisions that this one depends on, resolved.
    #[must_use]
    pub fn dependencies(&self, id: &str) -> Vec<&RevisionId> {
        self.node(id).map_or_else(Vec::new, |node| self.ids_at(&node.dependencies))
    }

    /// The branch labels of a revision, including inherited ones, sorted.
    #[must_use]
    pub fn labels(&self, id: &str) -> Vec<&str> {
        self.node(id).map_or_else(Vec::new, |node| node.labels.iter().map(AsRef::as_ref).collect())
    }

    /// Whether no other revision revises it.
    #[must_use]
    pub fn is_head(&self, id: &str) -> bool {
        self.node(id).is_some_and(|node| node.children.is_empty())
    }

    /// Whether no other revision revises it or depends on it. A head that other revisions depend on is listed as
    /// `(effective head)`.
    #[must_use]
    pub fn is_real_head(&self, id: &str) -> bool {
        self.node(id).is_some_and(|node| node.dependents.is_empty())
    }

    /// Whether several revisions revise it.
    #[must_use]
    pub fn is_branch_point(&self, id: &str) -> bool {
        self.node(id).is_some_and(|node| node.children.len() > 1)
    }

    /// The given revisions and all their ancestors, including dependencies.
    #[must_use]
    pub fn ancestors(&self, ids: &[RevisionId]) -> HashSet<RevisionId> {
        let known = ids.iter().filter_map(|id| self.ids.get(id).copied());
        reachable(&self.nodes, known, node::prerequisites).iter().map(|index| self.id(index).clone()).collect()
    }

    /// The revisions that `upgrade heads` would run from these heads, in the order in which they run.
    #[must_use]
    pub fn pending(&self, current: &[RevisionId]) -> Vec<&RevisionId> {
        let known = current.iter().filter_map(|id| self.ids.get(id).copied());
        let applied = reachable(&self.nodes, known, node::prerequisites);
        let all = reachable(&self.nodes, self.nodes.indices(), node::prerequisites);
        self.oldest_first_of(&all.minus(&applied)).into_iter().map(|index| self.id(index)).collect()
    }

    /// Resolves a revision argument of `show`, `edit` or `merge`: ids, partial ids, labels, symbols, `label@head` and
    /// relative forms. The result is empty for `base`. `current` are the rows of the version table.
    ///
    /// # Errors
    /// Alembic's message if no revision or more than one matches.
    pub fn resolve(&self, target: &str, current: &[RevisionId]) -> Result<Vec<RevisionId>, GraphError> {
        self.resolve_target(target, current)
    }

    /// The path of `upgrade TARGET` from the rows of the version table.
    ///
    /// # Errors
    /// Alembic's message if the target cannot be reached.
    pub fn upgrade(&self, target: &str, current: &[RevisionId]) -> Result<Path, GraphError> {
        self.upgrade_path(target, current)
    }

    /// The path of `downgrade TARGET` from the rows of the version table.
    ///
    /// # Errors
    /// Alembic's message if the target cannot be reached. For `-n` with several rows, the message lists them.
    pub fn downgrade(&self, target: &str, current: &[RevisionId]) -> Result<Path, GraphError> {
        self.downgrade_path(target, current)
    }

    /// The path that downgrades only this revision, even if other branches are applied.
    ///
    /// # Errors
    /// If it is unknown, or if another applied revision depends on it.
    pub fn downgrade_single(&self, id: &RevisionId, current: &[RevisionId]) -> Result<Path, GraphError> {
        self.single_downgrade_path(id, current)
    }

    /// The path of `switch`: first the applied revisions among `missing` and what depends on them are downgraded, then the
    /// heads of all other revisions are reached. `current` are the rows of the version table.
    ///
    /// # Errors
    /// If a row is unknown, or is an ancestor of another row.
    pub fn switch(&self, missing: &HashSet<RevisionId>, current: &[RevisionId]) -> Result<Path, GraphError> {
        self.switch_path(missing, current)
    }

    /// What each of two revisions has that the other has not.
    #[must_use]
    pub fn fork(&self, left: &RevisionId, right: &RevisionId) -> Fork {
        self.fork_of(left, right)
    }

    /// The path that downgrades what only this head needs, while the other rows of the version table stay. `applied` are
    /// revisions in the order in which they were applied: the branch is downgraded in the reverse of that order.
    ///
    /// # Errors
    /// If it is not a row of the version table.
    pub fn downgrade_branch(
        &self,
        head: &RevisionId,
        current: &[RevisionId],
        applied: &[RevisionId],
    ) -> Result<Path, GraphError> {
        self.branch_downgrade_path(head, current, applied)
    }

    /// The parents of the branch of `revision`, since its common ancestor with `onto`, if it is moved onto `onto`.
    ///
    /// # Errors
    /// If `onto` is above the revision, or the branch is already there.
    pub fn rebase(&self, revision: &RevisionId, onto: &RevisionId) -> Result<Rebase, GraphError> {
        self.rebase_onto(revision, onto)
    }

    /// The path of `stamp TARGET…`, which changes the version table without running a script.
    ///
    /// # Errors
    /// If a target cannot be resolved.
    pub fn stamp(&self, targets: &[String], current: &[RevisionId]) -> Result<Path, GraphError> {
        self.stamp_path(targets, current)
    }

    /// Checks that no row of the version table is an ancestor of another row. Rows without a script are not checked.
    ///
    /// # Errors
    /// Alembic's message, and the command that repairs the table.
    pub fn check_rows(&self, current: &[RevisionId]) -> Result<(), GraphError> {
        let known: Vec<RevisionIndex> = current.iter().filter_map(|id| self.ids.get(id).copied()).collect();
        self.check_row_overlap(&known).map_err(|resolve_error| self.error(resolve_error, LookupPurpose::Lookup))
    }

    /// The revisions of `history -r START:END`, newest first, with Alembic's rules. `None` stands for an end that is
    /// not given.
    ///
    /// # Errors
    /// If an end cannot be resolved.
    pub fn range(
        &self,
        start: Option<&str>,
        end: Option<&str>,
        current: &[RevisionId],
    ) -> Result<Vec<&Revision>, GraphError> {
        self.range_newest_first(start, end, current)
    }

    /// The parents of a new revision or merge, from the values of `--head` (none: the only head) and `--splice`.
    ///
    /// # Errors
    /// Alembic's message for several heads without a choice, a parent that is no head without `splice`, or a duplicate.
    pub fn parents_for_new(&self, heads: &[String], splice: bool) -> Result<Vec<RevisionId>, GraphError> {
        self.new_parents(heads, splice)
    }

    fn node(&self, id: &str) -> Option<&Node> {
        Some(&self.nodes[*self.ids.get(id)?])
    }

    fn id(&self, index: RevisionIndex) -> &RevisionId {
        &self.nodes[index].revision.id
    }

    fn ids_at(&self, indices: &[RevisionIndex]) -> Vec<&RevisionId> {
        indices.iter().map(|index| self.id(*index)).collect()
    }

    fn indices_where(&self, holds: impl Fn(&Node) -> bool) -> Vec<RevisionIndex> {
        self.nodes.indices().filter(|index| holds(&self.nodes[*index])).collect()
    }

    fn ids_where(&self, holds: impl Fn(&Node) -> bool) -> Vec<&RevisionId> {
        self.nodes.values().iter().filter(|node| holds(node)).map(|node| &node.revision.id).collect()
    }

    fn has_label(&self, index: RevisionIndex, label: &str) -> bool {
        self.nodes[index].labels.iter().any(|have| &**have == label)
    }
}

fn is_base(node: &Node) -> bool {
    node.revision.down_revisions.is_empty()
}
