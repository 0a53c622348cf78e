//! NOT NULL constraints, which have names of their own since version 18.

use super::NotedSql;
use super::column_attributes::alter_column;
use super::sequence::chosen_name;
use crate::core::diff::ownership::{self, DiffContext};
use crate::core::schema::{Column, Constraint, ConstraintKind, Kind, ObjectId, Schema, Table};
use crate::core::sql::identifier::{qualified, quote};

/// ` CONSTRAINT name NOT NULL`. `None` if the name is the default and there are no attributes.
pub(super) fn named_clause(table_id: &ObjectId, table: &Table, column: &Column) -> Option<String> {
    let constraint = find(table, &column.name).filter(|constraint| constraint.local)?;
    let no_inherit = if is_no_inherit(constraint) { " NO INHERIT" } else { "" };
    let chosen = chosen_name(&table_id.name, &column.name, "not_null");
    let is_default = constraint.name == chosen && no_inherit.is_empty();
    (!is_default).then(|| format!(" CONSTRAINT {} NOT NULL{no_inherit}", quote(&constraint.name)))
}

/// Statements that turn a column's NOT NULL, set if `had`, into the new schema's.
pub(super) fn changes(context: &DiffContext, id: &ObjectId, had: bool) -> Vec<NotedSql> {
    let (old, new) = (constraint_of(context.old, id), constraint_of(context.new, id));
    let wanted = context.new.column(id).is_some_and(|column| column.not_null);
    match (had, wanted) {
        (false, true) => set(context, id),
        (true, false) => vec![format!("{} DROP NOT NULL", alter_column(id)).into()],
        (true, true) => {
            // A table that changes its parents keeps its own constraint names until it joins the new parent.
            let stays = ownership::keeps_parents(context, &ObjectId::new(Kind::Table, &id.schema, &id.of));
            let Some(new) = new.filter(|constraint| constraint.local || !stays) else { return Vec::new() };
            let chosen = chosen_name(&id.of, &id.name, "not_null");
            let mut statements = rename(id, old.map_or(chosen.as_str(), |old| old.name.as_str()), &new.name);
            statements.extend(old.map(|old| alter_attributes(id, old, new)).unwrap_or_default());
            statements
        }
        (false, false) => Vec::new(),
    }
}

/// SET NOT NULL, with the name and the attributes of the new schema's constraint.
pub(super) fn set(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let chosen = chosen_name(&id.of, &id.name, "not_null");
    let new = constraint_of(context.new, id).filter(|constraint| constraint.local);
    let is_plain = |one: &&Constraint| one.name == chosen && !is_no_inherit(one) && one.validated;
    match new.filter(|constraint| !is_plain(constraint)) {
        Some(constraint) => {
            let (table, name) = (qualified(&id.schema, &id.of), quote(&constraint.name));
            vec![format!("ALTER TABLE {table} ADD CONSTRAINT {name} {}", constraint.definition).into()]
        }
        None => vec![format!("{} SET NOT NULL", alter_column(id)).into()],
    }
}

/// Statements for the attributes of a constraint other than its name.
fn alter_attributes(id: &ObjectId, old: &Constraint, new: &Constraint) -> Vec<NotedSql> {
    let (table, name) = (qualified(&id.schema, &id.of), quote(&new.name));
    let inherits = if is_no_inherit(new) { "NO INHERIT" } else { "INHERIT" };
    let turned = (is_no_inherit(old) != is_no_inherit(new))
        .then(|| format!("ALTER TABLE {table} ALTER CONSTRAINT {name} {inherits}").into());
    let validated =
        (!old.validated && new.validated).then(|| format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}").into());
    turned.into_iter().chain(validated).collect()
}

fn is_no_inherit(constraint: &Constraint) -> bool {
    constraint.definition.contains(" NO INHERIT")
}

fn constraint_of<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a Constraint> {
    schema.table(&id.schema, &id.of).and_then(|table| find(table, &id.name))
}

fn rename(id: &ObjectId, from: &str, to: &str) -> Vec<NotedSql> {
    if from == to || id.kind != Kind::Column {
        return Vec::new();
    }
    let table = qualified(&id.schema, &id.of);
    vec![format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", quote(from), quote(to)).into()]
}

fn find<'a>(table: &'a Table, column: &str) -> Option<&'a Constraint> {
    table.constraints.iter().find(|one| one.kind == ConstraintKind::NotNull && one.columns == [column])
}
