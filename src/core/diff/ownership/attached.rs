//! Indexes and constraints of partitions that are part of their table's: what DETACH leaves to the partition, and what
//! ATTACH and CREATE INDEX adopt.

use std::collections::BTreeSet;

use super::{DiffContext, ObjectChanges};
use crate::core::schema::{Constraint, ConstraintKind, Kind, Object, ObjectId, QualifiedName, Schema};

/// The indexes and constraints of partitions whose index is attached to the index of `whole`, which is an index or a
/// constraint with an index.
pub fn attached_parts(schema: &Schema, whole: &ObjectId) -> Vec<ObjectId> {
    let name = QualifiedName { schema: whole.schema.clone(), name: whole.name.clone() };
    let has_index = match schema.constraint(whole) {
        Some(constraint) => has_index(constraint.kind),
        None => whole.kind == Kind::Index,
    };
    if !has_index {
        return Vec::new();
    }
    let mut parts = Vec::new();
    for (id, object) in &schema.objects {
        match object {
            Object::Index(index) if index.part_of.as_ref() == Some(&name) => parts.push(id.clone()),
            Object::Table(table) => {
                let attached = table.constraints.iter().filter(|one| one.index_part_of.as_ref() == Some(&name));
                parts.extend(attached.map(|one| ObjectId::on(Kind::Constraint, &id.schema, &id.name, &one.name)));
            }
            _ => {}
        }
    }
    parts
}

/// The parts at every level that have steps of their own: they are not dropped together with `whole`.
pub fn independent_parts(schema: &Schema, changes: &ObjectChanges, whole: &ObjectId) -> Vec<ObjectId> {
    let mut found = Vec::new();
    let mut open = attached_parts(schema, whole);
    while let Some(part) = open.pop() {
        if changes.contains_key(&part) {
            found.push(part);
        } else {
            open.extend(attached_parts(schema, &part));
        }
    }
    found
}

/// Whether a partition keeps its part of its table's index or constraint when it is detached before `whole` is dropped.
pub fn keeps_part(schema: &Schema, changes: &ObjectChanges, partition: &ObjectId, whole: &ObjectId) -> bool {
    let is_own = |id: &ObjectId| (&id.schema, &id.of) == (&partition.schema, &partition.name);
    let by_index = || independent_parts(schema, changes, whole).iter().any(is_own);
    let by_definition = || {
        let (Some(table), Some(whole)) = (schema.table(&partition.schema, &partition.name), schema.constraint(whole))
        else {
            return false;
        };
        let on = |name: &str| ObjectId::on(Kind::Constraint, &partition.schema, &partition.name, name);
        table.constraints.iter().any(|one| is_derived_from(one, whole) && changes.contains_key(&on(&one.name)))
    };
    by_index() || by_definition()
}

/// The indexes and constraints that a partition has only because of its table, and that it would have after DETACH
/// although the new schema's table does not have them.
pub fn left_behind(context: &DiffContext, partition: &ObjectId) -> BTreeSet<ObjectId> {
    let mut left = BTreeSet::new();
    let Some(table) = context.old.table(&partition.schema, &partition.name) else { return left };
    let Some(place) = &table.partition_of else { return left };
    let Some(parent) = context.old.table(&place.parent.schema, &place.parent.name) else { return left };
    for one in &table.constraints {
        let id = ObjectId::on(Kind::Constraint, &partition.schema, &partition.name, &one.name);
        let wanted = context.new.constraint(&id);
        let is_wanted = wanted.is_some_and(|wanted| wanted.definition == one.definition);
        if !is_wanted && parent.constraints.iter().any(|whole| is_derived_from(one, whole)) {
            left.insert(id);
        }
    }
    for (id, object) in &context.old.objects {
        let Object::Index(index) = object else { continue };
        let is_own = (&id.schema, &id.of) == (&partition.schema, &partition.name);
        let is_wanted = matches!(context.new.objects.get(id),
            Some(Object::Index(wanted)) if wanted.definition == index.definition && wanted.unique == index.unique);
        if is_own && index.part_of.is_some() && !is_wanted {
            left.insert(id.clone());
        }
    }
    left
}

/// Whether a partition's constraint follows this constraint of its table.
fn is_derived_from(own: &Constraint, whole: &Constraint) -> bool {
    !own.local
        && own.kind == whole.kind
        && own.kind != ConstraintKind::NotNull
        && own.columns == whole.columns
        && own.references == whole.references
        && (own.kind != ConstraintKind::Check || own.name == whole.name)
}

fn has_index(kind: ConstraintKind) -> bool {
    matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion)
}
