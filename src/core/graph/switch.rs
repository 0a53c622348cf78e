//! The path of `switch`: first the applied revisions that have no script any more are downgraded, then the heads of the
//! remaining revisions are reached.

use std::collections::HashSet;

use super::node::{self, RevisionSet, reachable};
use super::resolve_error::LookupPurpose;
use super::{Direction, Graph, GraphError, Path, RevisionId};

impl Graph {
    /// See [`Graph::switch`].
    pub(super) fn switch_path(
        &self,
        missing: &HashSet<RevisionId>,
        current: &[RevisionId],
    ) -> Result<Path, GraphError> {
        let explain = |resolve_error| self.error(resolve_error, LookupPurpose::Lookup);
        let rows = self.rows(current).map_err(explain)?;
        self.check_row_overlap(&rows).map_err(explain)?;
        let missing = self.indices_of(missing);
        let applied = reachable(&self.nodes, rows.iter().copied(), node::prerequisites);
        let unwanted = reachable(&self.nodes, missing.iter(), node::dependents);
        let first = self.path(self.newest_first_of(&unwanted.clone().and(&applied)), Direction::Downgrade, current)?;
        let left = applied.minus(&unwanted);
        let wanted = reachable(&self.nodes, self.nodes.indices(), node::prerequisites).minus(&unwanted);
        let second = self.path(self.oldest_first_of(&wanted.minus(&left)), Direction::Upgrade, &first.to)?;
        let steps = first.steps.into_iter().chain(second.steps).collect();
        Ok(Path { from: first.from, to: second.to, steps })
    }

    fn indices_of(&self, ids: &HashSet<RevisionId>) -> RevisionSet {
        let mut set = RevisionSet::new(self.nodes.len());
        for index in ids.iter().filter_map(|id| self.ids.get(id)) {
            set.insert(*index);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{TestRevision, graph, ids};
    use super::*;

    #[test]
    fn missing_revisions_are_downgraded_before_the_heads_are_reached() {
        let fork: &[TestRevision] =
            &[("aa1", "", ""), ("bb1", "aa1", ""), ("bb2", "bb1", ""), ("cc1", "aa1", ""), ("cc2", "cc1", "")];
        let two: &[TestRevision] = &[("aa1", "", ""), ("bb1", "aa1", ""), ("cc1", "aa1", ""), ("mm1", "bb1 cc1", "")];
        for (edges, missing, current, expected, to) in [
            (fork, "bb1 bb2", "bb2", "-bb2 -bb1 +cc1 +cc2", "cc2"),
            (fork, "bb1 bb2", "bb1", "-bb1 +cc1 +cc2", "cc2"),
            (fork, "bb2", "bb2 cc1", "-bb2 +cc2", "bb1 cc2"),
            (fork, "bb1 bb2", "", "+aa1 +cc1 +cc2", "cc2"),
            (fork, "aa1 bb1 bb2 cc1 cc2", "bb2", "-bb2 -bb1 -aa1", ""),
            (fork, "", "bb2 cc2", "", "bb2 cc2"),
            (two, "mm1", "mm1", "-mm1", "bb1 cc1"),
            (two, "mm1 cc1", "mm1", "-mm1 -cc1", "bb1"),
        ] {
            let path = graph(edges).switch(&ids(missing).into_iter().collect(), &ids(current)).unwrap();
            let sign = |direction| if direction == Direction::Upgrade { '+' } else { '-' };
            let steps = path.steps.iter().map(|step| format!("{}{}", sign(step.direction), step.revision));
            assert_eq!(steps.collect::<Vec<_>>().join(" "), expected, "{missing:?} {current:?}");
            assert_eq!(path.to, ids(to));
        }
    }

    #[test]
    fn a_row_without_a_script_is_an_error() {
        assert!(graph(&[("aa1", "", "")]).switch(&HashSet::new(), &ids("zz9")).is_err());
    }
}
