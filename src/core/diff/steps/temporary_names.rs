//! Temporary names for types that are recreated while columns use them, and for tables that are recreated with their rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::diff::ownership::{self, DiffContext, ObjectChange, ObjectChanges};
use crate::core::schema::{Kind, ObjectId, Schema};

/// Chooses a name for the old version of each recreated type that a converted column uses, and of each recreated type
/// that such a type is made of.
pub fn choose_temporary_names(context: &DiffContext, changes: &ObjectChanges) -> BTreeMap<ObjectId, String> {
    const TYPES: [Kind; 4] = [Kind::Enum, Kind::Domain, Kind::CompositeType, Kind::RangeType];
    let is_recreated = |id: &ObjectId| changes.get(id) == Some(&ObjectChange::Recreate) && TYPES.contains(&id.kind);
    let columns = context.decisions.converted.iter().filter_map(|column| context.old.column(column));
    let used: BTreeSet<&str> = columns.map(|column| column.type_name.as_str()).collect();
    let is_used = |id: &ObjectId| used.iter().any(|name| ownership::is_type_or_array(name, id));
    let mut remaining: Vec<&ObjectId> = changes.keys().filter(|id| is_recreated(id) && is_used(id)).collect();
    let mut names = BTreeMap::new();
    while let Some(id) = remaining.pop() {
        if names.insert(id.clone(), ownership::free_name(context, &id.schema, &id.name)).is_none() {
            remaining.extend(direct_dependencies(context.old, id).into_iter().filter(|part| is_recreated(part)));
        }
    }
    names
}

/// The recreated tables whose rows must be copied: those that become partitioned or plain, and a partitioned table that
/// loses a partition. The rows of other partitions stay where they are.
pub fn choose_copied_tables(context: &DiffContext, changes: &ObjectChanges) -> BTreeSet<ObjectId> {
    let is_plain = |schema: &Schema, id: &ObjectId| {
        schema.table(&id.schema, &id.name).is_some_and(|table| table.partition_by.is_none())
    };
    let loses_partition = |id: &ObjectId| {
        changes.iter().any(|(other, change)| {
            let place = context.old.table(&other.schema, &other.name).and_then(|table| table.partition_of.as_ref());
            let is_child = place.is_some_and(|at| (&at.parent.schema, &at.parent.name) == (&id.schema, &id.name));
            other.kind == Kind::Table && *change == ObjectChange::Drop && is_child
        })
    };
    let recreated = recreated_tables(context, changes);
    let is_copied = |id: &&ObjectId| is_plain(context.old, id) || is_plain(context.new, id) || loses_partition(id);
    recreated.filter(is_copied).cloned().collect()
}

/// The recreated tables that own a sequence which stays.
pub fn choose_owners_of_sequences(context: &DiffContext, changes: &ObjectChanges) -> BTreeSet<ObjectId> {
    let owns = |table: &ObjectId| {
        changes.iter().any(|(id, change)| {
            let owner = ownership::owning_column(context.old, id).filter(|_| !change.drops());
            owner.is_some_and(|column| (&column.schema, &column.of) == (&table.schema, &table.name))
        })
    };
    recreated_tables(context, changes).filter(|id| owns(id)).cloned().collect()
}

/// The recreated tables with rows of their own, or with partitions.
fn recreated_tables<'a>(
    context: &'a DiffContext,
    changes: &'a ObjectChanges,
) -> impl Iterator<Item = &'a ObjectId> + use<'a> {
    let is_local = |schema: &Schema, id: &ObjectId| {
        schema.table(&id.schema, &id.name).is_some_and(|table| table.foreign.is_none())
    };
    let recreated = changes.iter().filter(|(_, change)| **change == ObjectChange::Recreate).map(|(id, _)| id);
    recreated.filter(move |id| id.kind == Kind::Table && is_local(context.old, id) && is_local(context.new, id))
}

/// The direct dependencies of a type, including those of its attributes.
fn direct_dependencies<'a>(schema: &'a Schema, id: &ObjectId) -> Vec<&'a ObjectId> {
    let own = schema.depends.get(id).into_iter().flatten();
    let is_attribute = |of: &ObjectId| of.kind == Kind::Column && of.schema == id.schema && of.of == id.name;
    let attributes = schema.depends.iter().filter(|(of, _)| is_attribute(of)).flat_map(|(_, on)| on);
    own.chain(attributes).collect()
}
