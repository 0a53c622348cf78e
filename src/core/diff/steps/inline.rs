//! Which constraints and sequences are part of CREATE TABLE, and which parts of a table are dropped before it.
//!
//! Tables that refer to each other in a cycle cannot be created or dropped with these foreign keys. A view cannot be
//! dropped before a policy of its own table that uses it.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::write;
use crate::core::diff::ownership::{self, DiffContext, ObjectChanges};
use crate::core::schema::{Constraint, ConstraintKind, Kind, ObjectId};

/// The parts of a table that can be dropped on their own. DROP TABLE drops them too.
const PARTS: [Kind; 5] = [Kind::Constraint, Kind::Index, Kind::Trigger, Kind::Rule, Kind::Policy];

/// Sets `decisions.inline` and `decisions.dropped_first`.
pub fn decide_inline(context: &mut DiffContext, changes: &ObjectChanges) {
    let is_created = |id: &ObjectId| changes.get(id).is_some_and(|change| change.creates());
    let has_created_holder = |id: &&ObjectId| context.new.holder(id).is_some_and(is_created);
    let created: Vec<&ObjectId> = changes.keys().filter(|id| is_created(id)).collect();
    // CREATE TABLE accepts no constraint that is NOT VALID.
    let is_valid = |id: &&ObjectId| context.new.constraint(id).is_some_and(|constraint| constraint.validated);
    let constraints = created.iter().copied().filter(|id| id.kind == Kind::Constraint);
    let constraints = constraints.filter(has_created_holder).filter(is_valid);
    let constraints = constraints.filter(|id| !is_redundant_key(context, id));
    let is_serial = |id: &ObjectId| {
        let owner = ownership::owning_column(context.new, id);
        owner.is_some_and(|column| is_created(&column)) && write::is_serial(context, id)
    };
    let serials = created.iter().copied().filter(|id| id.kind == Kind::Sequence && is_serial(id));
    context.decisions.inline = constraints.chain(serials).cloned().collect();
    let cyclic = constraints_in_cycles(&dependencies_of_created(context, changes));
    context.decisions.inline.retain(|id| !cyclic.contains(id));
    context.decisions.dropped_first = constraints_in_cycles(&dependencies_of_dropped(context, changes));
}

/// Whether CREATE TABLE would omit a constraint because another constraint of the table needs the same index.
fn is_redundant_key(context: &DiffContext, id: &ObjectId) -> bool {
    use ConstraintKind::{Exclusion, PrimaryKey, Unique};
    let (Some(table), Some(own)) = (context.new.table(&id.schema, &id.of), context.new.constraint(id)) else {
        return false;
    };
    let replaces_it = |other: &Constraint| match (own.kind, other.kind) {
        (Unique, PrimaryKey) => own.columns == other.columns,
        (Unique, Unique) => own.columns == other.columns && other.name < own.name,
        (Exclusion, Exclusion) => own.definition == other.definition && other.name < own.name,
        _ => false,
    };
    table.constraints.iter().any(replaces_it)
}

/// An object, an object that it depends on, and the constraint that causes the dependency, if one does.
type Dependency = (ObjectId, ObjectId, Option<ObjectId>);

fn dependencies_of_created(context: &DiffContext, changes: &ObjectChanges) -> Vec<Dependency> {
    let created = |id: &ObjectId| ownership::created_with(context, changes, id).filter(|id| changes[id].creates());
    let mut dependencies = Vec::new();
    for (id, on) in context.new.depends.iter().filter(|(id, _)| !ownership::is_derived(changes, id)) {
        let Some(from) = created(id) else { continue };
        let is_inline = context.decisions.inline.contains(id) && id.kind == Kind::Constraint;
        let constraint = is_inline.then(|| id.clone());
        let others = on.iter().filter_map(created).filter(|to| *to != from);
        dependencies.extend(others.map(|to| (from.clone(), to, constraint.clone())));
    }
    let mentions = ownership::find_mentions(context, changes).into_iter();
    dependencies.extend(mentions.filter_map(|(from, to)| Some((created(&from)?, created(&to)?, None))));
    dependencies
}

fn dependencies_of_dropped(context: &DiffContext, changes: &ObjectChanges) -> Vec<Dependency> {
    let dropped = |id: &ObjectId| ownership::dropped_with(context, changes, id).filter(|id| changes[id].drops());
    let mut dependencies = Vec::new();
    let all = context.old.depends.iter().flat_map(|(id, on)| {
        let is_derived = ownership::is_derived(changes, id);
        let ids = if is_derived { ownership::derived_from(context.old, changes, id) } else { vec![id.clone()] };
        ids.into_iter().map(move |id| (id, on))
    });
    for (id, on) in all {
        let Some(from) = dropped(&id) else { continue };
        let constraint = (id != from && PARTS.contains(&id.kind)).then(|| id.clone());
        let others = on.iter().filter_map(dropped).filter(|to| *to != from);
        dependencies.extend(others.map(|to| (from.clone(), to, constraint.clone())));
    }
    dependencies
}

/// The constraints whose dependency is part of a cycle.
fn constraints_in_cycles(dependencies: &[Dependency]) -> BTreeSet<ObjectId> {
    let mut graph = DiGraph::<(), ()>::new();
    let mut nodes: BTreeMap<&ObjectId, NodeIndex> = BTreeMap::new();
    for (from, to, _) in dependencies {
        let from = *nodes.entry(from).or_insert_with(|| graph.add_node(()));
        let to = *nodes.entry(to).or_insert_with(|| graph.add_node(()));
        graph.update_edge(from, to, ());
    }
    let mut component = vec![0; graph.node_count()];
    for (number, members) in kosaraju_scc(&graph).into_iter().enumerate() {
        for node in members {
            component[node.index()] = number;
        }
    }
    let component = |id: &ObjectId| nodes.get(id).and_then(|node| component.get(node.index()));
    let in_cycles = dependencies.iter().filter(|(from, to, _)| component(from) == component(to));
    in_cycles.filter_map(|(.., constraint)| constraint.clone()).collect()
}
