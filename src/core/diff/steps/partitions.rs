//! Partitions that leave their table, or are detached while their table changes.

use super::write::{self, Alteration};
use crate::core::diff::ownership::{self, DiffContext, ObjectChange, ObjectChanges};
use crate::core::schema::{Kind, ObjectId, Schema, Table};

/// Detaches the partitions whose own index or constraint is attached to an index that is dropped: PostgreSQL can drop
/// neither of them while they are attached. ATTACH adopts what stays.
pub fn release_independent_parts(context: &mut DiffContext, changes: &mut ObjectChanges) {
    let is_index = |id: &ObjectId| matches!(id.kind, Kind::Constraint | Kind::Index);
    let dropped: Vec<ObjectId> =
        changes.iter().filter(|(id, change)| is_index(id) && change.drops()).map(|(id, _)| id.clone()).collect();
    for whole in dropped.iter().filter(|id| is_partitioned(context.old, &id.schema, &id.of)) {
        for part in ownership::independent_parts(context.old, changes, whole) {
            let partition = ObjectId::new(Kind::Table, &part.schema, &part.of);
            if matches!(changes.get(&partition), Some(ObjectChange::Keep | ObjectChange::Alter)) {
                release_from_parent(context, changes, &partition);
            }
        }
    }
}

/// Drops what a partition would keep after DETACH although the new schema's table does not have it.
pub fn drop_parts_left_behind(context: &DiffContext, changes: &mut ObjectChanges) {
    let parent = |schema: &Schema, id: &ObjectId| {
        let table = schema.table(&id.schema, &id.name)?;
        table.partition_of.as_ref().map(|place| place.parent.clone())
    };
    let leaves = |id: &ObjectId| {
        let old = parent(context.old, id);
        old.is_some() && context.new.table(&id.schema, &id.name).is_some() && old != parent(context.new, id)
    };
    let leaving: Vec<ObjectId> = changes.keys().filter(|id| id.kind == Kind::Table && leaves(id)).cloned().collect();
    for partition in leaving {
        for left in ownership::left_behind(context, &partition) {
            changes.entry(left).or_insert(ObjectChange::Drop);
        }
    }
}

/// Detaches a partition or child, which is attached again later. Its columns then change on their own. Returns the
/// changed columns whose dependents must be rebuilt.
pub fn release_from_parent(context: &mut DiffContext, changes: &mut ObjectChanges, table: &ObjectId) -> Vec<ObjectId> {
    context.decisions.released.insert(table.clone());
    changes.insert(table.clone(), ObjectChange::Alter);
    recreate_foreign_keys(context, changes, table);
    let columns = |schema: &Schema| {
        let table_columns = schema.table(&table.schema, &table.name).map(|found: &Table| found.columns.iter());
        let ids = table_columns.into_iter().flatten();
        ids.map(|one| ObjectId::on(Kind::Column, &table.schema, &table.name, &one.name)).collect::<Vec<_>>()
    };
    let mut causes = Vec::new();
    for id in columns(context.old) {
        let change = match write::alteration(context, &id) {
            _ if context.new.column(&id).is_none() => ObjectChange::Drop,
            Alteration::None => continue,
            Alteration::InPlace { .. } => ObjectChange::Alter,
            Alteration::Recreate => ObjectChange::Recreate,
        };
        if matches!(changes.get(&id), None | Some(ObjectChange::Keep)) {
            changes.insert(id.clone(), change);
            causes.push(id);
        }
    }
    for id in columns(context.new).into_iter().filter(|id| context.old.column(id).is_none()) {
        changes.entry(id).or_insert(ObjectChange::Create);
    }
    causes
}

/// DETACH fails while foreign keys refer to rows of the partition. They are dropped before and created again afterwards.
fn recreate_foreign_keys(context: &DiffContext, changes: &mut ObjectChanges, partition: &ObjectId) {
    let referenced = ownership::partitioned_ancestors(context.old, partition);
    for (id, change) in changes.iter_mut().filter(|(id, _)| id.kind == Kind::Constraint) {
        let table = context.old.constraint(id).and_then(|constraint| constraint.references.as_ref());
        let is_kept = matches!(change, ObjectChange::Keep | ObjectChange::Alter);
        if is_kept && table.is_some_and(|table| referenced.contains(table)) {
            *change = ObjectChange::Recreate;
        }
    }
}

fn is_partitioned(schema: &Schema, at: &str, name: &str) -> bool {
    schema.table(at, name).is_some_and(|table| table.partition_by.is_some())
}
