//! Which object's steps also create or drop another object: CREATE TABLE creates the columns, DROP COLUMN drops the
//! indexes on the column.

use super::{DiffContext, ObjectChange, ObjectChanges, owning_column, parent_column};
use crate::core::schema::{Kind, ObjectId, Schema};

/// The object whose steps affect this one: itself, its parent's column, or its table.
pub fn planned_object(schema: &Schema, changes: &ObjectChanges, id: &ObjectId) -> Option<ObjectId> {
    if changes.contains_key(id) {
        return Some(id.clone());
    }
    if id.kind == Kind::Column && schema.column(id).is_some() {
        return parent_column(schema, id).and_then(|parent| planned_object(schema, changes, &parent));
    }
    schema.holder(id).filter(|holder| changes.contains_key(*holder)).cloned()
}

/// The object whose Create step also creates this one, or the object itself. `None`: no step creates it.
pub fn created_with(context: &DiffContext, changes: &ObjectChanges, id: &ObjectId) -> Option<ObjectId> {
    let planned = planned_object(context.new, changes, id)?;
    let creates = |id: &ObjectId| changes.get(id).is_some_and(|change| change.creates());
    let created_holder = || context.new.holder(&planned).filter(|holder| creates(holder)).cloned();
    let is_inline = context.decisions.inline.contains(&planned);
    match planned.kind {
        Kind::Column | Kind::PublishedTable => Some(created_holder().unwrap_or(planned)),
        Kind::Constraint if is_inline => Some(created_holder().unwrap_or(planned)),
        Kind::Sequence if is_inline => {
            let owner = owning_column(context.new, &planned)?;
            created_with(context, changes, &owner)
        }
        _ => Some(planned),
    }
}

/// The object whose Drop step also drops this one, or the object itself.
pub fn dropped_with(context: &DiffContext, changes: &ObjectChanges, id: &ObjectId) -> Option<ObjectId> {
    let planned = planned_object(context.old, changes, id)?;
    let drops = |id: &ObjectId| changes.get(id).is_some_and(|change| change.drops());
    if !drops(&planned) || context.decisions.dropped_first.contains(&planned) {
        return Some(planned);
    }
    if let Some(holder) = context.old.holder(&planned).filter(|holder| drops(holder)) {
        return Some(holder.clone());
    }
    match planned.kind {
        Kind::PublishedTable => {
            // DROP TABLE and DROP SCHEMA also remove the table from publications.
            let table = ObjectId::new(Kind::Table, &planned.schema, &planned.name);
            let schema = ObjectId::new(Kind::Schema, "", &planned.schema);
            let published = if planned.name.is_empty() { schema } else { table };
            Some(if drops(&published) { published } else { planned })
        }
        Kind::Constraint | Kind::Index => Some(dropped_column(context, changes, &planned).unwrap_or(planned)),
        Kind::Sequence => {
            let is_dropped = |column: &ObjectId| {
                let planned = planned_object(context.old, changes, column);
                planned.is_some_and(|planned| drops(&planned))
            };
            match owning_column(context.old, &planned).filter(is_dropped) {
                Some(column) => dropped_with(context, changes, &column),
                None => Some(planned),
            }
        }
        _ => Some(planned),
    }
}

/// The dropped column of the same table whose DROP COLUMN also drops a constraint or index. `None` if other objects
/// depend on the constraint or index: DROP COLUMN then fails.
fn dropped_column(context: &DiffContext, changes: &ObjectChanges, id: &ObjectId) -> Option<ObjectId> {
    if context.old.dependents(id).next().is_some() {
        return None;
    }
    let dependencies = context.old.depends.get(id)?;
    let is_own_column = |on: &&ObjectId| on.kind == Kind::Column && on.schema == id.schema && on.of == id.of;
    let mut columns = dependencies.iter().filter(is_own_column);
    columns.find(|column| changes.get(*column) == Some(&ObjectChange::Drop)).cloned()
}

/// Whether PostgreSQL derives a constraint, index or trigger from another one: a partition's from its table's, and the
/// foreign keys to each partition from the foreign key to the partitioned table.
pub fn is_derived(changes: &ObjectChanges, id: &ObjectId) -> bool {
    matches!(id.kind, Kind::Constraint | Kind::Index | Kind::Trigger) && !changes.contains_key(id)
}

/// The constraints of the same table, kind and columns from which a derived constraint may come.
pub fn derived_from(schema: &Schema, changes: &ObjectChanges, derived: &ObjectId) -> Vec<ObjectId> {
    let (Some(table), Some(own)) = (schema.table(&derived.schema, &derived.of), schema.constraint(derived)) else {
        return Vec::new();
    };
    let similar = table.constraints.iter().filter(|other| other.kind == own.kind && other.columns == own.columns);
    let ids = similar.map(|other| ObjectId { name: other.name.clone(), ..derived.clone() });
    ids.filter(|id| changes.contains_key(id)).collect()
}
