//! Tables that are recreated with their rows: the old table gets a temporary name until its rows are copied.

use super::{NotedSql, cast, identity, recreated_type};
use crate::core::diff::ownership::{self, DiffContext};
use crate::core::schema::{Column, ConstraintKind, Kind, Object, ObjectId, Schema, Table};
use crate::core::sql::identifier::{literal, qualified, quote};

const NOTE: &str = "PostgreSQL cannot make a table partitioned, or plain again: the rows are copied to a new table.";

/// Detaches the table if it is a partition, and gives it and its indexes other names where the new table needs the names.
pub(super) fn rename_old(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(other), Some(table)) =
        (context.decisions.temporary_names.get(id), context.old.table(&id.schema, &id.name))
    else {
        return Vec::new();
    };
    let name = qualified(&id.schema, &id.name);
    let mut statements = Vec::new();
    if let Some(partition) = &table.partition_of {
        let parent = qualified(&partition.parent.schema, &partition.parent.name);
        statements.push(format!("ALTER TABLE {parent} DETACH PARTITION {name}"));
    }
    if table.force_row_security && context.decisions.copied.contains(id) {
        // Otherwise policies would hide rows from their owner.
        statements.push(format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY"));
    }
    statements.push(format!("ALTER TABLE {name} RENAME TO {}", quote(other)));
    for (index, needed) in index_names(context.old, id, table) {
        if is_needed(context.new, &id.schema, &needed) {
            let (what, index) = (if index { "INDEX" } else { "SEQUENCE" }, qualified(&id.schema, &needed));
            let renamed = ownership::free_name(context, &id.schema, &needed);
            statements.push(format!("ALTER {what} {index} RENAME TO {}", quote(&renamed)));
        }
    }
    statements.into_iter().map(NotedSql::from).collect()
}

/// Copies the rows of the old table to the new one, and lets the numbers of identity columns continue.
pub(super) fn copy_rows(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(other), Some(old), Some(new)) = (
        context.decisions.temporary_names.get(id),
        context.old.table(&id.schema, &id.name),
        context.new.table(&id.schema, &id.name),
    ) else {
        return Vec::new();
    };
    let (name, from) = (qualified(&id.schema, &id.name), qualified(&id.schema, other));
    let had = |column: &Column| old.columns.iter().find(|one| one.name == column.name);
    let stored = new.columns.iter().filter(|column| column.generated.is_none());
    let pairs: Vec<(&Column, &Column)> = stored.filter_map(|column| Some((had(column)?, column))).collect();
    if pairs.is_empty() {
        return Vec::new();
    }
    let names = pairs.iter().map(|(_, column)| quote(&column.name)).collect::<Vec<_>>().join(", ");
    let values = pairs.iter().map(|(had, column)| value(context, had, column)).collect::<Vec<_>>().join(", ");
    let is_always = |column: &Column| column.identity.as_ref().is_some_and(|identity| identity.always);
    let overriding = if new.columns.iter().any(is_always) { " OVERRIDING SYSTEM VALUE" } else { "" };
    let sql = format!("INSERT INTO {name} ({names}){overriding}\n    SELECT {values} FROM {from}");
    let copy = NotedSql { sql, note: Some(NOTE.to_owned()) };
    let continued = pairs.iter().filter_map(|(had, column)| continue_numbers(context, id, had, column));
    std::iter::once(copy).chain(continued.map(NotedSql::from)).collect()
}

/// DROP TABLE of the old table under its temporary name.
pub(super) fn drop(context: &DiffContext, id: &ObjectId, other: &str) -> Vec<NotedSql> {
    let name = qualified(&id.schema, &id.name);
    let is_copied = context.decisions.copied.contains(id);
    let note = is_copied.then(|| format!("limbeck: allow DL101 because the rows are in {name}"));
    vec![NotedSql { sql: format!("DROP TABLE {}", qualified(&id.schema, other)), note }]
}

fn value(context: &DiffContext, had: &Column, column: &Column) -> String {
    let name = quote(&had.name);
    let is_recreated = |id: &ObjectId| ownership::is_type_or_array(&column.type_name, id);
    if had.type_name == column.type_name {
        let convert = || recreated_type::convert(context, &column.type_name, &name).using;
        let converted = context.decisions.temporary_names.keys().any(is_recreated).then(convert).flatten();
        return converted.unwrap_or(name);
    }
    cast::cast_column(context, &name, &had.type_name, &column.type_name).using.unwrap_or(name)
}

/// Sets the sequence of a new identity to the position of the old one.
fn continue_numbers(context: &DiffContext, table: &ObjectId, had: &Column, column: &Column) -> Option<String> {
    let sequence = |column: &Column| column.identity.as_ref()?.sequence.clone();
    let new = sequence(column)?;
    let Some(old) = sequence(had).filter(|old| old.options == new.options) else {
        return identity::continue_after_values(table, column, None, &new.options);
    };
    let is_renamed = old.schema == table.schema && is_needed(context.new, &table.schema, &old.name);
    let from = if is_renamed { ownership::free_name(context, &old.schema, &old.name) } else { old.name };
    let (of, from) = (literal(&qualified(&new.schema, &new.name)), qualified(&old.schema, &from));
    Some(format!("SELECT setval({of}, last_value, is_called) FROM {from}"))
}

/// The names of the indexes (true) and identity sequences (false) of a table.
fn index_names(schema: &Schema, id: &ObjectId, table: &Table) -> Vec<(bool, String)> {
    use ConstraintKind::{Exclusion, PrimaryKey, Unique};
    let keys = table.constraints.iter().filter(|one| matches!(one.kind, PrimaryKey | Unique | Exclusion));
    let keys = keys.map(|one| (true, one.name.clone()));
    let is_own = |other: &&ObjectId| other.kind == Kind::Index && (&other.schema, &other.of) == (&id.schema, &id.name);
    let indexes = schema.objects.keys().filter(is_own).map(|other| (true, other.name.clone()));
    let sequences = table.columns.iter().filter_map(|column| column.identity.as_ref()?.sequence.as_ref());
    let sequences = sequences.filter(|own| own.schema == id.schema).map(|own| (false, own.name.clone()));
    keys.chain(indexes).chain(sequences).collect()
}

/// Whether a relation, an index or a sequence of the schema has a name.
fn is_needed(schema: &Schema, at: &str, name: &str) -> bool {
    let is_part = |table: &Table| index_like_names(table).any(|other| other == name);
    schema.objects.iter().any(|(id, object)| {
        let is_own = id.name == name && (id.of.is_empty() || id.kind == Kind::Index);
        id.schema == at && (is_own || matches!(object, Object::Table(table) if is_part(table)))
    })
}

fn index_like_names(table: &Table) -> impl Iterator<Item = &str> {
    use ConstraintKind::{Exclusion, PrimaryKey, Unique};
    let keys = table.constraints.iter().filter(|one| matches!(one.kind, PrimaryKey | Unique | Exclusion));
    let sequences = table.columns.iter().filter_map(|column| column.identity.as_ref()?.sequence.as_ref());
    keys.map(|one| one.name.as_str()).chain(sequences.map(|own| own.name.as_str()))
}
