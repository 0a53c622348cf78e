//! Properties of every graph, tested with random graphs.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// Up to twenty revisions with random parents and dependencies among the earlier ones.
fn revisions() -> impl Strategy<Value = Vec<Revision>> {
    let node =
        (prop::collection::vec(any::<prop::sample::Index>(), 0..3), prop::option::of(any::<prop::sample::Index>()));
    prop::collection::vec(node, 1..20).prop_map(|nodes| {
        let name = |number: usize| RevisionId::parse(&format!("r{:02}", (number * 37) % 100)).unwrap();
        let one =
            |(number, (parents, dependency)): (usize, (Vec<prop::sample::Index>, Option<prop::sample::Index>))| {
                let earlier = |pick: &prop::sample::Index| (number > 0).then(|| name(pick.index(number)));
                let mut down_revisions: Vec<_> = parents.iter().filter_map(earlier).collect();
                down_revisions.sort();
                down_revisions.dedup();
                let dependency = dependency.filter(|_| number % 4 == 3);
                Revision {
                    id: name(number),
                    depends_on: dependency.iter().filter_map(earlier).map(|id| id.to_string()).collect(),
                    down_revisions,
                    branch_labels: vec![],
                }
            };
        nodes.into_iter().enumerate().map(one).collect()
    })
}

/// The position of each revision in an order.
fn positions<'a>(order: impl IntoIterator<Item = &'a RevisionId>) -> HashMap<&'a RevisionId, usize> {
    order.into_iter().enumerate().map(|(index, id)| (id, index)).collect()
}

fn prerequisites<'a>(graph: &'a Graph, id: &'a RevisionId) -> impl Iterator<Item = &'a RevisionId> {
    graph.get(id.as_str()).unwrap().down_revisions.iter().chain(graph.dependencies(id.as_str()))
}

/// Applies the row changes of a path one by one.
fn replay(path: &Path) -> Vec<RevisionId> {
    let mut rows: std::collections::BTreeSet<RevisionId> = path.from.iter().cloned().collect();
    for step in &path.steps {
        for change in &step.changes {
            match change {
                VersionChange::Insert(id) => assert!(rows.insert(id.clone())),
                VersionChange::Delete(id) => assert!(rows.remove(id)),
                VersionChange::Update { from, to } => assert!(rows.remove(from) && rows.insert(to.clone())),
            }
        }
        assert!(step.heads_after.iter().eq(&rows));
    }
    rows.into_iter().collect()
}

proptest! {
    #[test]
    fn every_order_respects_the_edges(revisions in revisions()) {
        let (graph, problems) = Graph::build(revisions);
        prop_assert_eq!(problems, []);
        let newest = positions(graph.newest_first().into_iter().map(|revision| &revision.id));
        let oldest = positions(graph.pending(&[]));
        prop_assert_eq!((newest.len(), oldest.len()), (graph.len(), graph.len()));
        for id in newest.keys() {
            for lower in prerequisites(&graph, id) {
                prop_assert!(newest[id] < newest[lower] && oldest[id] > oldest[lower]);
            }
        }
    }

    #[test]
    fn the_order_of_the_files_does_not_matter(revisions in revisions(), rotation in 0_usize..20) {
        let (graph, _) = Graph::build(revisions.clone());
        let mut reordered = revisions;
        let middle = rotation % reordered.len();
        reordered.rotate_left(middle);
        reordered.reverse();
        let (other, _) = Graph::build(reordered);
        prop_assert_eq!(graph.newest_first(), other.newest_first());
        prop_assert_eq!(graph.upgrade("heads", &[]), other.upgrade("heads", &[]));
    }

    #[test]
    fn an_upgrade_and_its_downgrade_return_to_the_start(revisions in revisions(), pick in any::<prop::sample::Index>()) {
        let (graph, _) = Graph::build(revisions.clone());
        let target = revisions[pick.index(revisions.len())].id.to_string();
        let first = graph.upgrade(&target, &[]).unwrap();
        prop_assert_eq!(replay(&first), first.to.clone());
        let rest = graph.upgrade("heads", &first.to).unwrap();
        prop_assert_eq!(replay(&rest), rest.to.clone());
        prop_assert_eq!(&rest.to, &graph.real_heads().into_iter().cloned().collect::<Vec<_>>());
        let down = graph.downgrade("base", &rest.to).unwrap();
        prop_assert_eq!(replay(&down), vec![]);
        prop_assert_eq!(down.steps.len(), graph.len());
        for (undone, id) in graph.newest_first().iter().zip(down.steps.iter().map(|step| &step.revision)) {
            prop_assert_eq!(&undone.id, id);
        }
        let mut index = rest.to.clone();
        for step in rest.steps.iter().rev() {
            let back = graph.path(vec![graph.ids[&step.revision]], Direction::Downgrade, &index).unwrap();
            replay(&back);
            index = back.to;
        }
        prop_assert_eq!(index, first.to);
    }

    #[test]
    fn no_target_panics(revisions in revisions(), target in "[r0-9@+\\-a-z]{0,8}", pick in any::<prop::sample::Index>()) {
        let (graph, _) = Graph::build(revisions.clone());
        let current = [revisions[pick.index(revisions.len())].id.clone()];
        let _ = (graph.upgrade(&target, &current), graph.downgrade(&target, &current));
        let _ = (graph.resolve(&target, &current), graph.stamp(std::slice::from_ref(&target), &current));
        let _ = graph.range(Some(&target), Some(&target), &current);
    }

    #[test]
    fn any_edges_build_a_graph_without_cycles(edges in prop::collection::vec((0_u8..12, 0_u8..14), 0..30)) {
        let name = |number: u8| RevisionId::parse(&format!("r{number:03}")).unwrap();
        let revisions = (0..12).map(|number| Revision {
            id: name(number),
            down_revisions: edges.iter().filter(|edge| edge.0 == number).map(|edge| name(edge.1)).collect(),
            depends_on: vec![],
            branch_labels: vec![],
        });
        let (graph, _) = Graph::build(revisions.collect());
        prop_assert_eq!(graph.newest_first().len(), 12);
        prop_assert_eq!(graph.pending(&[]).len(), 12);
    }
}
