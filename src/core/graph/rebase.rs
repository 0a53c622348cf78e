//! `rebase`: a branch gets other parents.

use super::node::{self, reachable};
use super::{Graph, GraphError, Revision, RevisionId};

/// The new parents of the revisions of a branch. Nothing is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebase {
    /// The revisions that are above the new parent afterwards and were not before, each after its prerequisites.
    pub moved: Vec<RevisionId>,
    /// The revisions whose parents change.
    pub changes: Vec<NewParents>,
    /// All revisions with their new parents.
    pub revisions: Vec<Revision>,
}

/// The parents of one revision, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewParents {
    pub revision: RevisionId,
    pub before: Vec<RevisionId>,
    pub after: Vec<RevisionId>,
}

impl Graph {
    /// See [`Graph::rebase`].
    pub(super) fn rebase_onto(&self, revision: &RevisionId, onto: &RevisionId) -> Result<Rebase, GraphError> {
        let fork = self.fork(revision, onto);
        if fork.left.is_empty() {
            return Err(nothing_to_move(revision, onto));
        }
        let mut parents: Vec<NewParents> = Vec::new();
        for id in &fork.left {
            let before = self.parents_of(id);
            let inside: Vec<RevisionId> = before.iter().filter(|parent| fork.left.contains(parent)).cloned().collect();
            // A parent below the new parent is reached through it.
            let after = match inside.len() {
                0 => vec![onto.clone()],
                length if length == before.len() => continue,
                _ => inside,
            };
            parents.push(NewParents { revision: id.clone(), before, after });
        }
        let (moved, graph) = self.with_parents(&fork.left, &parents);
        // A merge of the branch with a revision below the new parent has a parent that is an ancestor of the other one.
        for id in &moved {
            let now = graph.parents_of(id);
            let is_redundant = |parent: &RevisionId| {
                now.iter().any(|other| other != parent && graph.ancestors(std::slice::from_ref(other)).contains(parent))
            };
            let after: Vec<RevisionId> = now.iter().filter(|parent| !is_redundant(parent)).cloned().collect();
            if after.len() < now.len() {
                parents.retain(|change| change.revision != *id);
                parents.push(NewParents { revision: id.clone(), before: self.parents_of(id), after });
            }
        }
        parents.retain(|change| change.before != change.after);
        if parents.is_empty() {
            return Err(nothing_to_change(revision, onto));
        }
        let (moved, graph) = self.with_parents(&fork.left, &parents);
        parents.sort_by_key(|change| moved.iter().position(|id| *id == change.revision));
        let revisions = graph.nodes.values().iter().map(|node| node.revision.clone()).collect();
        Ok(Rebase { moved, changes: parents, revisions })
    }

    /// The graph with these parents, and the revisions that are at or above the branch.
    fn with_parents(&self, branch: &[RevisionId], changes: &[NewParents]) -> (Vec<RevisionId>, Self) {
        let revisions = self.nodes.values().iter().map(|node| {
            let mut revision = node.revision.clone();
            if let Some(change) = changes.iter().find(|change| change.revision == revision.id) {
                revision.down_revisions.clone_from(&change.after);
            }
            revision
        });
        let (graph, _) = Self::build(revisions.collect());
        let above =
            reachable(&graph.nodes, branch.iter().filter_map(|id| graph.ids.get(id).copied()), node::dependents);
        let moved = graph.oldest_first_of(&above).into_iter().map(|index| graph.id(index).clone()).collect();
        (moved, graph)
    }

    fn parents_of(&self, id: &RevisionId) -> Vec<RevisionId> {
        self.get(id.as_str()).map(|revision| revision.down_revisions.clone()).unwrap_or_default()
    }
}

fn nothing_to_move(revision: &RevisionId, onto: &RevisionId) -> GraphError {
    GraphError {
        message: format!("{revision} cannot be rebased onto {onto}: {onto} is above it"),
        hint: Some(format!("to move the other branch, name a revision that {revision} does not need")),
    }
}

fn nothing_to_change(revision: &RevisionId, onto: &RevisionId) -> GraphError {
    GraphError {
        message: format!("{revision} is already based on {onto}"),
        hint: Some("nothing has to be written; `limbeck history` shows the tree".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{TestRevision, graph, id};
    use super::*;

    #[test]
    fn the_first_revisions_of_a_branch_get_the_new_parent() {
        type Case = (&'static [TestRevision], &'static str, &'static str);
        let cases: [Case; 7] = [
            (&[("c", "", ""), ("a", "c", ""), ("b1", "c", ""), ("b", "b1", "")], "b1: c > a", "b1 b"),
            // A revision above the named one follows.
            (&[("c", "", ""), ("a", "c", ""), ("b", "c", ""), ("b2", "b", "")], "b: c > a", "b b2"),
            // A merge point inside the branch.
            (
                &[("c", "", ""), ("a", "c", ""), ("x", "c", ""), ("y", "c", ""), ("b", "x y", "")],
                "x: c > a, y: c > a",
                "x y b",
            ),
            // A merge with a revision below the new parent.
            (
                &[("c", "", ""), ("c2", "c", ""), ("a", "c2", ""), ("b1", "c", ""), ("b", "b1 c2", "")],
                "b1: c > a, b: b1 c2 > b1",
                "b1 b",
            ),
            // The merge of both branches follows.
            (&[("c", "", ""), ("a", "c", ""), ("b", "c", ""), ("m", "a b", "")], "b: c > a, m: a b > b", "b m"),
            // Another base.
            (&[("a", "", ""), ("b", "", "")], "b:  > a", "b"),
            // The new parent depends on a part of the branch.
            (&[("c", "", ""), ("b1", "c", ""), ("b", "b1", ""), ("a", "c", "b1")], "b: b1 > a", "b"),
        ];
        for (revisions, changes, moved) in cases {
            let rebase = graph(revisions).rebase(&id("b"), &id("a")).unwrap();
            let text = |ids: &[RevisionId]| ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(" ");
            let shown: Vec<String> = rebase
                .changes
                .iter()
                .map(|change| format!("{}: {} > {}", change.revision, text(&change.before), text(&change.after)))
                .collect();
            assert_eq!(shown.join(", "), changes, "{revisions:?}");
            assert_eq!(text(&rebase.moved), moved, "{revisions:?}");
        }
    }

    #[test]
    fn a_branch_cannot_be_moved_onto_itself_or_to_its_place() {
        let graph = graph(&[("c", "", ""), ("b", "c", ""), ("b2", "b", "")]);
        let message = |one: &str, other: &str| graph.rebase(&id(one), &id(other)).unwrap_err().message;
        assert_eq!(message("b", "b2"), "b cannot be rebased onto b2: b2 is above it");
        assert_eq!(message("b", "b"), "b cannot be rebased onto b: b is above it");
        assert_eq!(message("b2", "c"), "b2 is already based on c");
    }
}
