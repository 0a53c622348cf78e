//! Indexes.

use super::options;
use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Index, Object, ObjectId, Schema};
use crate::core::sql::identifier::{qualified, quote};
use crate::core::sql::lexer::{Lexer, TokenKind};
pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    let (Some(old), Some(new)) = (index(context.old, id), index(context.new, id)) else { return Alteration::None };
    let is_same_but_options =
        split_options(&old.definition).0 == split_options(&new.definition).0 && old.unique == new.unique;
    let alone = |index: &Index| Index { part_of: None, ..index.clone() };
    if alone(old) == alone(new) {
        Alteration::None
    } else if is_same_but_options && (old.valid || !new.valid) {
        Alteration::InPlace { rebuilds_dependents: false }
    } else {
        Alteration::Recreate
    }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let Some(index) = index(context.new, id) else { return Vec::new() };
    let unique = if index.unique { "UNIQUE " } else { "" };
    // The definition of a partitioned table's index contains ONLY. Without it, CREATE INDEX also creates the index on
    // the partitions.
    let on = index.definition.strip_prefix("ONLY ").filter(|_| index.valid).unwrap_or(&index.definition);
    let mut statements = vec![format!("CREATE {unique}INDEX {} ON {on}", quote(&id.name))];
    let none =
        Index { tablespace: None, statistics: Vec::new(), clustered: false, replica_identity: false, ..index.clone() };
    statements.extend(changed(context, id, &none, index));
    statements.into_iter().map(NotedSql::from).collect()
}

pub(super) fn drop(_: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    vec![format!("DROP INDEX {}", qualified(&id.schema, &id.name)).into()]
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(old), Some(new)) = (index(context.old, id), index(context.new, id)) else { return Vec::new() };
    changed(context, id, old, new).into_iter().map(NotedSql::from).collect()
}

/// CLUSTER ON and REPLICA IDENTITY statements. The pairs are (clustered, replica identity). If another index or the
/// table takes over, its own statement is enough.
pub(super) fn cluster_and_identity(
    context: &DiffContext,
    id: &ObjectId,
    had: (bool, bool),
    has: (bool, bool),
) -> Vec<String> {
    let (table, name) = (format!("ALTER TABLE {}", qualified(&id.schema, &id.of)), quote(&id.name));
    let mut statements = Vec::new();
    match (had.0, has.0) {
        (false, true) => statements.push(format!("{table} CLUSTER ON {name}")),
        (true, false) if !is_clustered(context.new, id) => statements.push(format!("{table} SET WITHOUT CLUSTER")),
        _ => {}
    }
    if !had.1 && has.1 {
        statements.push(format!("{table} REPLICA IDENTITY USING INDEX {name}"));
    }
    statements
}

/// Whether the table of an index is clustered on any index.
fn is_clustered(schema: &Schema, id: &ObjectId) -> bool {
    let table = schema.table(&id.schema, &id.of);
    let by_index = |(other, object): (&ObjectId, &Object)| {
        let is_on_same_table = (&other.schema, &other.of) == (&id.schema, &id.of);
        is_on_same_table && matches!(object, Object::Index(index) if index.clustered)
    };
    table.is_some_and(|table| table.constraints.iter().any(|one| one.clustered)) || schema.objects.iter().any(by_index)
}

fn changed(context: &DiffContext, id: &ObjectId, old: &Index, new: &Index) -> Vec<String> {
    let prefix = format!("ALTER INDEX {}", qualified(&id.schema, &id.name));
    let mut statements =
        options::alter_statements(&prefix, &split_options(&old.definition).1, &split_options(&new.definition).1);
    if old.tablespace != new.tablespace {
        let tablespace = new.tablespace.as_deref().unwrap_or("pg_default");
        statements.push(format!("{prefix} SET TABLESPACE {}", quote(tablespace)));
    }
    let target = |list: &[(i16, i32)], place: i16| list.iter().find(|(at, _)| *at == place).map(|(_, target)| *target);
    let mut places: Vec<i16> = old.statistics.iter().chain(&new.statistics).map(|(place, _)| *place).collect();
    places.sort_unstable();
    places.dedup();
    for place in places.into_iter().filter(|place| target(&old.statistics, *place) != target(&new.statistics, *place)) {
        let target = target(&new.statistics, place).unwrap_or(-1);
        statements.push(format!("{prefix} ALTER COLUMN {place} SET STATISTICS {target}"));
    }
    let index_marks = |index: &Index| (index.clustered, index.replica_identity);
    statements.extend(cluster_and_identity(context, id, index_marks(old), index_marks(new)));
    statements
}

/// Splits a definition into the part without `WITH (…)` and the options inside it.
fn split_options(definition: &str) -> (String, Vec<String>) {
    let mut lexer = Lexer::new(definition);
    let (mut depth, mut start) = (0_usize, None);
    while let Ok(Some(token)) = lexer.next_token() {
        match token.kind {
            TokenKind::OpenParenthesis => depth += 1,
            TokenKind::CloseParenthesis => {
                depth = depth.saturating_sub(1);
                if let Some(from) = start.filter(|_| depth == 0) {
                    let inside = definition.get(from..token.end).unwrap_or_default();
                    let list = inside.trim_start_matches("WITH").trim().trim_matches(['(', ')']);
                    let options = list.split(", ").map(|option| option.replace('\'', "")).collect();
                    let (before, after) = (definition.get(..from), definition.get(token.end..));
                    let rest = format!("{}{}", before.unwrap_or_default().trim_end(), after.unwrap_or_default());
                    return (rest, options);
                }
            }
            TokenKind::Word if depth == 0 && token.text(definition) == "WITH" => start = Some(token.start),
            _ => {}
        }
    }
    (definition.to_owned(), Vec::new())
}

fn index<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a Index> {
    match schema.objects.get(id) {
        Some(Object::Index(index)) => Some(index),
        _ => None,
    }
}
