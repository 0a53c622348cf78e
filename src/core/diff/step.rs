//! The steps that the states ask for, each with its statements and its place among what reads well.

use std::collections::BTreeSet;

use super::context::{Context, Written};
use super::state::{State, States};
use super::{Action, carry, write};
use crate::core::schema::{Kind, Object, ObjectId, Schema};

/// One action on one object.
#[derive(Debug)]
pub(super) struct Step {
    pub id: ObjectId,
    pub action: Action,
    pub written: Vec<Written>,
    pub place: Place,
}

/// Where a step would stand if it stood on nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    stage: u8,
    rank: u8,
    pub group: ObjectId,
    pub inner: (u8, usize),
    id: Option<ObjectId>,
}

impl Place {
    /// Whether this lies before all that is read together with another.
    pub fn is_before_group(&self, other: &Self) -> bool {
        (self.stage, self.rank, &self.group) < (other.stage, other.rank, &other.group)
    }

    /// Whether two are read as one.
    pub fn is_together_with(&self, other: &Self) -> bool {
        self.stage == other.stage && self.group == other.group
    }
}

/// Every step that has something to run.
pub(super) fn steps(context: &Context, states: &States) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut add = |id: &ObjectId, action: Action, written: Vec<Written>| {
        if !written.is_empty() {
            let place = place(context, states, id, action);
            steps.push(Step { id: id.clone(), action, written, place });
        }
    };
    for (id, state) in states {
        if context.decisions.aside.contains_key(id) {
            add(id, Action::Aside, write::aside(context, id));
        }
        if state.drops() && carry::taker(context, states, id).as_ref() == Some(id) {
            add(id, Action::Drop, write::drop(context, id));
        }
        if state.makes() && carry::maker(context, states, id).as_ref() == Some(id) {
            add(id, Action::Create, write::create(context, id));
        }
        if *state == State::Alter {
            add(id, Action::Release, releases(context, id));
            add(id, Action::Alter, write::alter(context, id));
        }
        if id.kind == Kind::Sequence && changes_owner(context, *state, id) {
            add(id, Action::Own, write::own(context, id));
        }
    }
    for id in described(&context.old.comments, &context.new.comments) {
        if let Some(fresh) = is_fresh(context, states, id) {
            add(id, Action::Comment, write::comment(context, id, fresh));
        }
    }
    let granted = described(&context.old.grants, &context.new.grants).into_iter();
    let made = states.iter().filter(|(_, state)| state.makes()).map(|(id, _)| id);
    for id in granted.chain(made).collect::<BTreeSet<_>>() {
        if let Some(fresh) = is_fresh(context, states, id) {
            add(id, Action::Grant, write::grant(context, id, fresh));
        }
    }
    steps
}

fn described<'a, T>(
    old: &'a std::collections::BTreeMap<ObjectId, T>,
    new: &'a std::collections::BTreeMap<ObjectId, T>,
) -> BTreeSet<&'a ObjectId> {
    old.keys().chain(new.keys()).collect()
}

/// A column gives its default up only where that was decided; a table leaves its parents where they differ.
fn releases(context: &Context, id: &ObjectId) -> Vec<Written> {
    let is_decided = context.decisions.released.contains(id);
    if is_decided || id.kind == Kind::Table { write::release(context, id) } else { Vec::new() }
}

fn changes_owner(context: &Context, state: State, id: &ObjectId) -> bool {
    if context.decisions.inline.contains(id) || state == State::Drop {
        return false;
    }
    let new = carry::owner(context.new, id);
    if state.makes() { new.is_some() } else { new != carry::owner(context.old, id) }
}

/// Whether the new schema's object has just been made; `None`: the new schema has none.
fn is_fresh(context: &Context, states: &States, id: &ObjectId) -> Option<bool> {
    if let Some(state) = states.get(id) {
        return (*state != State::Drop).then(|| state.makes());
    }
    if id.kind == Kind::Sequence {
        let is_there = |schema: &Schema| identity_column(schema, id);
        let column = is_there(context.new)?;
        let is_made = states.get(&column).is_some_and(|state| state.makes());
        return Some(is_made || is_there(context.old).is_none());
    }
    // The index behind a constraint goes with the constraint.
    let constraint = ObjectId::on(Kind::Constraint, &id.schema, &id.of, &id.name);
    if let Some(state) = states.get(&constraint).filter(|_| id.kind == Kind::Index) {
        return (*state != State::Drop).then(|| state.makes());
    }
    let unit = carry::unit(context.new, states, id)?;
    states.get(&unit).filter(|state| **state != State::Drop).map(|state| state.makes())
}

/// The column whose identity a sequence makes.
fn identity_column(schema: &Schema, sequence: &ObjectId) -> Option<ObjectId> {
    schema.objects.iter().find_map(|(id, object)| {
        let Object::Table(table) = object else { return None };
        let column = table.columns.iter().find(|column| {
            let own = column.identity.as_ref().and_then(|identity| identity.sequence.as_ref());
            own.is_some_and(|own| own.schema == sequence.schema && own.name == sequence.name)
        })?;
        Some(ObjectId::on(Kind::Column, &id.schema, &id.name, &column.name))
    })
}

fn place(context: &Context, states: &States, id: &ObjectId, action: Action) -> Place {
    let goes_for_good = states.get(id) == Some(&State::Drop) || context.decisions.aside.contains_key(id);
    let is_last = action == Action::Drop && goes_for_good;
    let stage = match action {
        // They would fire at what comes after.
        Action::Drop if id.kind == Kind::EventTrigger => 0,
        _ if is_last => 2,
        _ if id.kind == Kind::DefaultPrivileges => 3,
        _ => 1,
    };
    let schema = if action == Action::Drop { context.old } else { context.new };
    let group = group(schema, id);
    let position = position(schema, id);
    let (rank, inner) = (rank(group.kind), inner(id, action));
    let (rank, inner) = if is_last { (99 - rank, 99 - inner) } else { (rank, inner) };
    Place { stage, rank, group, inner: (inner, position), id: Some(id.clone()) }
}

/// The table, view or whatever else a step is read together with.
fn group(schema: &Schema, id: &ObjectId) -> ObjectId {
    if let Some(holder) = schema.holder(id) {
        return holder.clone();
    }
    let column = carry::owner(schema, id);
    column.and_then(|column| schema.holder(&column).cloned()).unwrap_or_else(|| id.clone())
}

/// Which groups come first.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Schema => 0,
        Kind::Extension => 1,
        Kind::Collation => 2,
        Kind::Enum | Kind::Domain | Kind::CompositeType | Kind::RangeType => 3,
        Kind::Sequence => 4,
        Kind::Table | Kind::Column | Kind::Constraint | Kind::Index => 5,
        Kind::Function | Kind::Procedure | Kind::Aggregate => 6,
        Kind::View | Kind::MaterializedView => 7,
        Kind::Trigger | Kind::Rule | Kind::Policy | Kind::Statistics => 8,
        Kind::EventTrigger => 9,
        Kind::DefaultPrivileges => 10,
    }
}

/// Which steps of a group come first.
fn inner(id: &ObjectId, action: Action) -> u8 {
    match (action, id.kind) {
        (Action::Comment, _) => 20,
        // REVOKE on a table takes the columns' grants along.
        (Action::Grant, Kind::Column) => 22,
        (Action::Grant, _) => 21,
        (Action::Own, _) => 3,
        (_, Kind::Sequence) => 0,
        (Action::Alter, Kind::Table) => 8,
        (_, Kind::Column) => 2,
        (_, Kind::Constraint) => 4,
        (_, Kind::Index) => 5,
        (_, Kind::Statistics) => 6,
        (_, Kind::Trigger) => 9,
        (_, Kind::Rule) => 10,
        (_, Kind::Policy) => 11,
        _ => 1,
    }
}

/// A column's place in its table; others go by their names.
fn position(schema: &Schema, id: &ObjectId) -> usize {
    let columns = schema.table(&id.schema, &id.of).filter(|_| id.kind == Kind::Column).map(|table| &table.columns);
    columns.and_then(|columns| columns.iter().position(|column| column.name == id.name)).unwrap_or_default()
}
