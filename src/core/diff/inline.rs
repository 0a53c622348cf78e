//! Which constraints are written inside the CREATE TABLE of their table, and which have to wait: those of tables that
//! refer to each other in a circle. The same for drops.

use std::collections::{BTreeMap, BTreeSet};

use super::carry;
use super::context::Context;
use super::mention;
use super::state::States;
use super::write;
use crate::core::schema::{Constraint, ConstraintKind, Kind, ObjectId};

/// Fills `decisions.inline` and `decisions.apart`.
pub(super) fn decide(context: &mut Context, states: &States) {
    let makes = |id: &ObjectId| states.get(id).is_some_and(|state| state.makes());
    let with_holder = |id: &&ObjectId| context.new.holder(id).is_some_and(makes);
    let made: Vec<&ObjectId> = states.keys().filter(|id| makes(id)).collect();
    // What is not validated cannot stand in CREATE.
    let is_valid = |id: &&ObjectId| context.new.constraint(id).is_some_and(|constraint| constraint.validated);
    let constraints = made.iter().copied().filter(|id| id.kind == Kind::Constraint);
    let constraints = constraints.filter(with_holder).filter(is_valid).filter(|id| !is_second_key(context, id));
    let of_made_column = |id: &ObjectId| {
        let owner = carry::owner(context.new, id);
        owner.is_some_and(|column| makes(&column)) && write::is_serial(context, id)
    };
    let serials = made.iter().copied().filter(|id| id.kind == Kind::Sequence && of_made_column(id));
    context.decisions.inline = constraints.chain(serials).cloned().collect();
    let waiting = in_circles(&made_on(context, states));
    context.decisions.inline.retain(|id| !waiting.contains(id));
    context.decisions.apart = in_circles(&dropped_on(context, states));
}

/// Whether CREATE TABLE would leave a constraint out because another key of the table has the same columns.
fn is_second_key(context: &Context, id: &ObjectId) -> bool {
    use ConstraintKind::{PrimaryKey, Unique};
    let (Some(table), Some(own)) = (context.new.table(&id.schema, &id.of), context.new.constraint(id)) else {
        return false;
    };
    let is_first = |other: &Constraint| {
        let has_name = other.kind == PrimaryKey || other.kind == Unique && other.name < own.name;
        has_name && other.name != own.name && other.columns == own.columns
    };
    own.kind == Unique && table.constraints.iter().any(is_first)
}

/// From a maker to another on which it stands, and the constraint for which it does, where there is one.
type Edges = Vec<(ObjectId, ObjectId, Option<ObjectId>)>;

fn made_on(context: &Context, states: &States) -> Edges {
    let maker = |id: &ObjectId| carry::maker(context, states, id).filter(|id| states[id].makes());
    let mut edges = Edges::new();
    for (id, on) in context.new.depends.iter().filter(|(id, _)| !carry::is_derived(states, id)) {
        let Some(from) = maker(id) else { continue };
        let constraint =
            context.decisions.inline.contains(id).then(|| id.clone()).filter(|id| id.kind == Kind::Constraint);
        let others = on.iter().filter_map(maker).filter(|to| *to != from);
        edges.extend(others.map(|to| (from.clone(), to, constraint.clone())));
    }
    let mentions = mention::mentions(context, states).into_iter();
    edges.extend(mentions.filter_map(|(from, to)| Some((maker(&from)?, maker(&to)?, None))));
    edges
}

fn dropped_on(context: &Context, states: &States) -> Edges {
    let taker = |id: &ObjectId| carry::taker(context, states, id).filter(|id| states[id].drops());
    let mut edges = Edges::new();
    let whole = context.old.depends.iter().flat_map(|(id, on)| {
        let derived = carry::is_derived(states, id);
        let sources = if derived { carry::sources(context.old, states, id) } else { vec![id.clone()] };
        sources.into_iter().map(move |id| (id, on))
    });
    for (id, on) in whole {
        let Some(from) = taker(&id).filter(|from| from.kind == Kind::Table) else { continue };
        let constraint = (id.kind == Kind::Constraint).then(|| id.clone());
        let others = on.iter().filter_map(taker).filter(|to| *to != from);
        edges.extend(others.map(|to| (from.clone(), to, constraint.clone())));
    }
    edges
}

/// The constraints on ways that come back, found by taking away what has no way in or no way out until nothing more does.
fn in_circles(edges: &Edges) -> BTreeSet<ObjectId> {
    let mut left: Vec<&(ObjectId, ObjectId, Option<ObjectId>)> = edges.iter().collect();
    loop {
        let starts: BTreeSet<&ObjectId> = left.iter().map(|(from, _, _)| from).collect();
        let ends: BTreeSet<&ObjectId> = left.iter().map(|(_, to, _)| to).collect();
        let before = left.len();
        left.retain(|(from, to, _)| ends.contains(from) && starts.contains(to));
        if left.len() == before {
            break;
        }
    }
    let mut by_constraint = BTreeMap::new();
    for (from, _, constraint) in left {
        by_constraint.insert(constraint.clone(), from);
    }
    by_constraint.into_keys().flatten().collect()
}
