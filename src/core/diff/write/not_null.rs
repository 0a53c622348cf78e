//! NOT NULL constraints, which have names of their own since 18.

use super::super::context::{Context, Written};
use super::sequence::chosen_name;
use crate::core::schema::{Column, Constraint, ConstraintKind, Kind, ObjectId, Table};
use crate::core::sql::identifier::{qualified, quote};

/// ` CONSTRAINT name NOT NULL`, where the name is not the one that PostgreSQL would choose or more is to be said.
pub(super) fn named(table_id: &ObjectId, table: &Table, column: &Column) -> Option<String> {
    let constraint = of(table, &column.name).filter(|constraint| constraint.local)?;
    let no_inherit = if constraint.definition.ends_with(" NO INHERIT") { " NO INHERIT" } else { "" };
    let chosen = chosen_name(&table_id.name, &column.name, "not_null");
    let is_usual = constraint.name == chosen && no_inherit.is_empty();
    (!is_usual).then(|| format!(" CONSTRAINT {} NOT NULL{no_inherit}", quote(&constraint.name)))
}

/// Gives the constraint of a column that both schemas have its new name.
pub(super) fn rename(context: &Context, id: &ObjectId) -> Vec<Written> {
    let new = context.new.table(&id.schema, &id.of).and_then(|table| of(table, &id.name));
    let Some(new) = new.filter(|constraint| constraint.local) else { return Vec::new() };
    let old = context.old.table(&id.schema, &id.of).and_then(|table| of(table, &id.name));
    let chosen = chosen_name(&id.of, &id.name, "not_null");
    let from = old.map_or(chosen.as_str(), |old| old.name.as_str());
    renamed(id, from, &new.name)
}

/// Gives the constraint of a column that has just been set NOT NULL its name.
pub(super) fn name_it(context: &Context, id: &ObjectId) -> Vec<Written> {
    let new = context.new.table(&id.schema, &id.of).and_then(|table| of(table, &id.name));
    let chosen = chosen_name(&id.of, &id.name, "not_null");
    new.map(|new| renamed(id, &chosen, &new.name)).unwrap_or_default()
}

fn renamed(id: &ObjectId, from: &str, to: &str) -> Vec<Written> {
    if from == to || id.kind != Kind::Column {
        return Vec::new();
    }
    let table = qualified(&id.schema, &id.of);
    vec![format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", quote(from), quote(to)).into()]
}

fn of<'a>(table: &'a Table, column: &str) -> Option<&'a Constraint> {
    table.constraints.iter().find(|one| one.kind == ConstraintKind::NotNull && one.columns == [column])
}
