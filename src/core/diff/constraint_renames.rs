//! Renames constraints whose definition stays the same, instead of recreating them.

use std::collections::{BTreeMap, BTreeSet};

use super::operation::{Action, Operation};
use super::rename::{Rename, Subject, identical_constraints, rename_statements};
use crate::core::schema::{Kind, Object, ObjectId, Schema};

/// The rename statements, and the old schema after them. `None` if there is nothing to rename.
pub(super) fn rename_identical_constraints(old: &Schema, new: &Schema) -> Option<(Vec<Operation>, Schema)> {
    let mut operations = Vec::new();
    let mut schema = None;
    for (id, object) in &old.objects {
        let (Object::Table(table), Some(Object::Table(other))) = (object, new.objects.get(id)) else { continue };
        for (from, to) in identical_constraints(table, other) {
            let on = |name: &str| ObjectId::on(Kind::Constraint, &id.schema, &id.name, name);
            let is_free = old.relation(&id.schema, &to).is_none() && old.constraint(&on(&to)).is_none();
            if !is_free {
                continue;
            }
            let subject = Subject::Object { old: on(&from), new: on(&to) };
            let sql = rename_statements(&Rename { subject, holder: Some(Kind::Table) }).0;
            let (object, group) = (on(&to), id.clone());
            operations.push(Operation { object, group, action: Action::Alter, sql, note: None });
            apply_rename(schema.get_or_insert_with(|| old.clone()), id, &from, &to);
        }
    }
    schema.map(|schema| (operations, schema))
}

fn apply_rename(schema: &mut Schema, table: &ObjectId, from: &str, to: &str) {
    if let Some(Object::Table(table)) = schema.objects.get_mut(table) {
        let constraint = table.constraints.iter_mut().find(|constraint| constraint.name == from);
        if let Some(constraint) = constraint {
            to.clone_into(&mut constraint.name);
        }
        table.constraints.sort_by(|a, b| a.name.cmp(&b.name));
    }
    // PostgreSQL renames the index of a constraint with the constraint.
    for kind in [Kind::Constraint, Kind::Index] {
        let on = |name: &str| ObjectId::on(kind, &table.schema, &table.name, name);
        let (from, to) = (on(from), on(to));
        move_key(&mut schema.comments, &from, &to);
        move_key(&mut schema.depends, &from, &to);
        for on in schema.depends.values_mut() {
            let on: &mut BTreeSet<ObjectId> = on;
            if on.remove(&from) {
                on.insert(to.clone());
            }
        }
    }
}

fn move_key<T>(map: &mut BTreeMap<ObjectId, T>, from: &ObjectId, to: &ObjectId) {
    if let Some(value) = map.remove(from) {
        map.insert(to.clone(), value);
    }
}
