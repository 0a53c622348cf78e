//! What comes and goes with something else: columns with their table, a partition's column with its parent's,
//! a `serial` column's sequence with the column.

use super::context::Context;
use super::state::{State, States};
use crate::core::schema::{Kind, Object, ObjectId, Schema, Table};
use crate::core::sql::identifier::qualified;

/// The object that has the steps for this one: itself, or what holds it.
pub(super) fn unit(schema: &Schema, states: &States, id: &ObjectId) -> Option<ObjectId> {
    if states.contains_key(id) {
        return Some(id.clone());
    }
    if id.kind == Kind::Column && schema.column(id).is_some() {
        return parent_column(schema, id).and_then(|parent| unit(schema, states, &parent));
    }
    schema.holder(id).filter(|holder| states.contains_key(*holder)).cloned()
}

/// The column of the nearest parent that an inherited column follows.
pub(super) fn parent_column(schema: &Schema, id: &ObjectId) -> Option<ObjectId> {
    let table = schema.table(&id.schema, &id.of)?;
    let of_partition = table.partition_of.iter().map(|partition| &partition.parent);
    let mut parents = of_partition.chain(&table.inherits);
    parents.find_map(|parent| {
        let column = ObjectId::on(Kind::Column, &parent.schema, &parent.name, &id.name);
        schema.column(&column).map(|_| column)
    })
}

/// A column and those from which changes come down to it: of its table's parents, or of its table's type. Anything
/// else stands for itself.
pub(super) fn with_sources(schema: &Schema, id: &ObjectId) -> Vec<ObjectId> {
    let mut found = vec![id.clone()];
    if id.kind != Kind::Column {
        return found;
    }
    let typed = schema.table(&id.schema, &id.of).and_then(|table| table.of_type.as_ref());
    let is_it = |of: &String, id: &ObjectId| id.kind == Kind::CompositeType && is_of_type(of, id);
    found.extend(typed.and_then(|of| schema.objects.keys().find(|id| is_it(of, id)).cloned()));
    let mut next = parent_column(schema, id);
    while let Some(parent) = next.filter(|parent| !found.contains(parent)) {
        next = parent_column(schema, &parent);
        found.push(parent);
    }
    found
}

/// Whether a table is of the same type in both schemas: its columns change with the type.
pub(super) fn stays_typed(context: &Context, id: &ObjectId) -> bool {
    let of_type = |schema: &Schema| schema.table(&id.schema, &id.of).and_then(|table| table.of_type.clone());
    of_type(context.old).is_some_and(|of| of_type(context.new) == Some(of))
}

/// Whether a table has the same parents in both schemas, in the same way: their changes come down to it.
pub(super) fn stays_child(context: &Context, id: &ObjectId) -> bool {
    let pair = context.old.table(&id.schema, &id.name).zip(context.new.table(&id.schema, &id.name));
    let is_same =
        |(old, new): (&Table, &Table)| (&old.partition_of, &old.inherits) == (&new.partition_of, &new.inherits);
    pair.is_some_and(is_same) && !context.decisions.released.contains(id)
}

/// Whether a column comes into being because its parent's does.
pub(super) fn comes_with_parent(context: &Context, id: &ObjectId) -> bool {
    is_given_by_type(context, id) || follows(context, context.new, context.old, id)
}

/// Whether a column goes because its parent's does.
pub(super) fn goes_with_parent(context: &Context, id: &ObjectId) -> bool {
    if is_given_by_type(context, id) {
        return true;
    }
    let parent = parent_column(context.old, id);
    follows(context, context.old, context.new, id) && parent.is_some_and(|parent| !leaves_children(context, &parent))
}

/// Whether children keep a column that their parent drops.
pub(super) fn leaves_children(context: &Context, id: &ObjectId) -> bool {
    let keeps = |child: &ObjectId| {
        let own = ObjectId::on(Kind::Column, &child.schema, &child.name, &id.name);
        let inherited = context.old.column(&own).is_some_and(|column| column.inherited && !column.local);
        // A partition has the columns of its table, and one that is still inherited comes again with its parent's.
        let stays = context.new.column(&own).is_some_and(|column| column.local || !column.inherited);
        let is_partition = context.old.table(&child.schema, &child.name).is_some_and(|one| one.partition_of.is_some());
        inherited && stays && !is_partition && parent_column(context.old, &own).as_ref() == Some(id)
    };
    context.old.objects.keys().filter(|other| other.kind == Kind::Table).any(keeps)
}

fn is_given_by_type(context: &Context, id: &ObjectId) -> bool {
    id.kind == Kind::Column && stays_typed(context, id)
}

fn follows(context: &Context, here: &Schema, there: &Schema, id: &ObjectId) -> bool {
    let Some(column) = here.column(id) else { return false };
    let parent = parent_column(here, id);
    column.inherited
        && !column.local
        && stays_child(context, &ObjectId::new(Kind::Table, &id.schema, &id.of))
        && parent.is_some_and(|parent| there.column(&parent).is_none())
}

/// Whether a type's name, as `format_type` writes it, is that type, or an array of it.
pub(super) fn is_of_type(type_name: &str, id: &ObjectId) -> bool {
    let of = qualified(&id.schema, &id.name);
    type_name.strip_prefix(of.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '(']))
}

/// The object whose Create step also makes this one; itself, where it has its own. `None`: nothing makes it.
pub(super) fn maker(context: &Context, states: &States, id: &ObjectId) -> Option<ObjectId> {
    let unit = unit(context.new, states, id)?;
    let holder = || context.new.holder(&unit).filter(|holder| states.get(*holder).is_some_and(|state| state.makes()));
    match unit.kind {
        Kind::Column => Some(holder().cloned().unwrap_or(unit)),
        Kind::Constraint if context.decisions.inline.contains(&unit) => Some(holder().cloned().unwrap_or(unit)),
        Kind::Sequence if context.decisions.inline.contains(&unit) => {
            let owner = owner(context.new, &unit)?;
            maker(context, states, &owner)
        }
        _ => Some(unit),
    }
}

/// The object whose Drop step also takes this one; itself, where it has its own.
pub(super) fn taker(context: &Context, states: &States, id: &ObjectId) -> Option<ObjectId> {
    let unit = unit(context.old, states, id)?;
    let drops = |id: &ObjectId| states.get(id).is_some_and(|state| state.drops());
    if !drops(&unit) || context.decisions.apart.contains(&unit) {
        return Some(unit);
    }
    if let Some(holder) = context.old.holder(&unit).filter(|holder| drops(holder)) {
        return Some(holder.clone());
    }
    match unit.kind {
        Kind::Constraint | Kind::Index => Some(dropped_column(context, states, &unit).unwrap_or(unit)),
        Kind::Sequence => {
            let owner = owner(context.old, &unit).filter(|column| taker_drops(context, states, column));
            match owner {
                Some(column) => taker(context, states, &column),
                None => Some(unit),
            }
        }
        _ => Some(unit),
    }
}

fn taker_drops(context: &Context, states: &States, column: &ObjectId) -> bool {
    unit(context.old, states, column).and_then(|unit| states.get(&unit)).is_some_and(|state| state.drops())
}

/// The column of its own table with which a constraint or index goes, unless others stand on it.
fn dropped_column(context: &Context, states: &States, id: &ObjectId) -> Option<ObjectId> {
    if context.old.dependents(id).next().is_some() {
        return None;
    }
    let on = context.old.depends.get(id)?;
    let own = on.iter().filter(|on| on.kind == Kind::Column && on.schema == id.schema && on.of == id.of);
    own.filter(|column| states.get(*column) == Some(&State::Drop)).map(Clone::clone).next()
}

/// The column that a sequence goes with.
pub(super) fn owner(schema: &Schema, sequence: &ObjectId) -> Option<ObjectId> {
    match schema.objects.get(sequence) {
        Some(Object::Sequence(sequence)) => sequence.owned_by.clone(),
        _ => None,
    }
}

/// Whether a constraint or index only follows from another: a partition's from its parent's, and what a foreign key to
/// a partitioned table has for each of the partitions.
pub(super) fn is_derived(states: &States, id: &ObjectId) -> bool {
    matches!(id.kind, Kind::Constraint | Kind::Index) && !states.contains_key(id)
}

/// The foreign keys of the same table on the same columns, from one of which a derived one follows.
pub(super) fn sources(schema: &Schema, states: &States, derived: &ObjectId) -> Vec<ObjectId> {
    let (Some(table), Some(own)) = (schema.table(&derived.schema, &derived.of), schema.constraint(derived)) else {
        return Vec::new();
    };
    let alike = table.constraints.iter().filter(|one| one.kind == own.kind && one.columns == own.columns);
    let ids = alike.map(|one| ObjectId { name: one.name.clone(), ..derived.clone() });
    ids.filter(|id| states.contains_key(id)).collect()
}
