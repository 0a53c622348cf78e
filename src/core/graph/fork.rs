//! What each of two revisions has that the other has not, and the downgrade of one branch.

use super::node::{self, RevisionIndex, RevisionSet, reachable};
use super::resolve_error::LookupPurpose;
use super::{Direction, Graph, GraphError, Path, RevisionId};

/// Two branches since their common ancestors. Dependencies count like parents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fork {
    /// The newest revisions that both have, sorted by id. Empty if they have none.
    pub ancestors: Vec<RevisionId>,
    /// What only the first has, each after its prerequisites.
    pub left: Vec<RevisionId>,
    /// What only the second has, each after its prerequisites.
    pub right: Vec<RevisionId>,
}

impl Graph {
    /// See [`Graph::fork`].
    pub(super) fn fork_of(&self, left: &RevisionId, right: &RevisionId) -> Fork {
        let (ours, theirs) = (self.required_by([left]), self.required_by([right]));
        let both = ours.clone().and(&theirs);
        let is_newest = |index: &RevisionIndex| !self.nodes[*index].dependents.iter().any(|next| both.contains(*next));
        let ids = |indices: Vec<RevisionIndex>| indices.into_iter().map(|index| self.id(index).clone()).collect();
        Fork {
            ancestors: ids(both.iter().filter(is_newest).collect()),
            left: ids(self.oldest_first_of(&ours.minus(&both))),
            right: ids(self.oldest_first_of(&theirs.minus(&both))),
        }
    }

    /// See [`Graph::downgrade_branch`].
    pub(super) fn branch_downgrade_path(
        &self,
        head: &RevisionId,
        current: &[RevisionId],
        applied: &[RevisionId],
    ) -> Result<Path, GraphError> {
        let rows = self.rows(current).map_err(|error| self.error(error, LookupPurpose::Downgrade(head.as_str())))?;
        if !current.contains(head) || self.node(head.as_str()).is_none() {
            return Err(GraphError {
                message: format!("Revision {head} is not an applied head"),
                hint: Some(format!("downgrade the applied revisions that depend on {head} first")),
            });
        }
        let others = rows.into_iter().map(|index| self.id(index)).filter(|id| *id != head);
        let kept = self.required_by(others.collect::<Vec<_>>());
        let branch = self.required_by([head]).minus(&kept);
        let order = self.reverse_application(&branch, applied).unwrap_or_else(|| self.newest_first_of(&branch));
        self.path(order, Direction::Downgrade, current)
    }

    /// The members in the reverse of the order in which they were applied. `None` if that is not known for all of them,
    /// or if a revision was applied before one that it requires.
    fn reverse_application(&self, members: &RevisionSet, applied: &[RevisionId]) -> Option<Vec<RevisionIndex>> {
        let position = |index: RevisionIndex| applied.iter().rposition(|id| id == self.id(index));
        let known: Option<Vec<(usize, RevisionIndex)>> =
            members.iter().map(|index| Some((position(index)?, index))).collect();
        let mut known = known?;
        known.sort_unstable_by_key(|(position, _)| std::cmp::Reverse(*position));
        let order: Vec<RevisionIndex> = known.into_iter().map(|(_, index)| index).collect();
        let mut undone = RevisionSet::new(self.nodes.len());
        for index in &order {
            let waits =
                self.nodes[*index].dependents.iter().any(|next| members.contains(*next) && !undone.contains(*next));
            if waits {
                return None;
            }
            undone.insert(*index);
        }
        Some(order)
    }

    fn required_by<'a>(&self, ids: impl IntoIterator<Item = &'a RevisionId>) -> RevisionSet {
        let known = ids.into_iter().filter_map(|id| self.ids.get(id).copied());
        reachable(&self.nodes, known, node::prerequisites)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{TestRevision, graph, id, ids};
    use super::*;

    #[test]
    fn two_branches_share_what_is_below_both() {
        type Case = (&'static [TestRevision], [&'static str; 3]);
        let cases: [Case; 5] = [
            (&[("c", "", ""), ("a1", "c", ""), ("a", "a1", ""), ("b", "c", "")], ["c", "a1 a", "b"]),
            (&[("a", "", ""), ("b", "", "")], ["", "a", "b"]),
            // A merge point inside a branch.
            (&[("c", "", ""), ("x", "c", ""), ("y", "c", ""), ("a", "x y", ""), ("b", "c", "")], ["c", "x y a", "b"]),
            // A dependency on the other branch.
            (&[("c", "", ""), ("x", "c", ""), ("a", "x", ""), ("b", "c", "x")], ["x", "a", "b"]),
            // Several common ancestors.
            (&[("p", "", ""), ("q", "", ""), ("a", "p q", ""), ("b", "p q", "")], ["p q", "a", "b"]),
        ];
        for (revisions, [ancestors, left, right]) in cases {
            let fork = graph(revisions).fork(&id("a"), &id("b"));
            let expected = Fork { ancestors: ids(ancestors), left: ids(left), right: ids(right) };
            assert_eq!(fork, expected, "{revisions:?}");
        }
    }

    #[test]
    fn a_branch_is_downgraded_in_the_reverse_of_its_application() {
        let graph = graph(&[("c", "", ""), ("x", "c", ""), ("y", "c", ""), ("m", "x y", ""), ("b", "c", "")]);
        let current = ids("b m");
        for (applied, expected) in [
            ("c x y m b", "m y x"),
            ("c y b x m", "m x y"),
            // Not known, or not possible: the order of the graph.
            ("", "m x y"),
            ("c m x y b", "m x y"),
        ] {
            let path = graph.downgrade_branch(&id("m"), &current, &ids(applied)).unwrap();
            let steps: Vec<RevisionId> = path.steps.into_iter().map(|step| step.revision).collect();
            assert_eq!(steps, ids(expected), "{applied}");
            assert_eq!(path.to, ids("b"), "{applied}");
        }
        assert!(graph.downgrade_branch(&id("x"), &current, &[]).is_err());
        let all = graph.downgrade_branch(&id("m"), &ids("m"), &[]).unwrap();
        assert_eq!(all.to, []);
    }
}
