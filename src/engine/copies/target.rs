//! The table that a copy goes back to, and whether it can take it.

use std::collections::HashMap;

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::store::Copy;
use super::{CopyError, columns};
use crate::core::copies::{Detail, Kind, Target};
use crate::engine::connection::identifier::quote;

/// The table of a copy, as it is now.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub relation: Oid,
    /// With its schema.
    pub name: String,
    /// As it stands in FROM.
    pub table: String,
    /// Whether it is the very table that was copied, so that its columns have the same numbers.
    pub is_same: bool,
}

/// What a copy needs that its table does not have. Values that the target has given already need no type.
pub(super) fn missing(copy: &Copy, target: &Target) -> Option<String> {
    for stored in &copy.detail.columns {
        let Some(now) = target.column(&stored.name) else {
            return Some(format!("the column {} is not there", stored.name));
        };
        let is_given = target.given.iter().any(|(name, _)| *name == stored.name);
        if stored.shape != now.shape && !is_given {
            return Some(format!("the type {} of {} is not what it was", now.ty, stored.name));
        }
    }
    let key = copy.detail.key.iter().find(|key| target.column(&key.name).is_none());
    key.map(|key| format!("the column {} is not there", key.name))
}

/// Whether the column of copied values has another type than they had.
pub(super) fn is_other_type(copy: &Copy, target: &Target) -> bool {
    let stored = copy.detail.columns.first();
    stored.is_some_and(|stored| target.column(&stored.name).is_some_and(|now| now.ty != stored.ty))
}

/// The copy with the names that its table and columns have by now; `put` is the table and column where its values are
/// already, or where the table was seen that comes in its place.
/// Columns keep their numbers when they are renamed.
pub(super) async fn as_named_now(client: &Client, copy: &Copy, put: Option<(Oid, i16)>) -> Result<Copy, CopyError> {
    let mut copy = copy.clone();
    if copy.kind == Kind::Table
        && let Some((relation, _)) = put
    {
        // A table that was made anew may have got another name by now.
        let query = "SELECT n.nspname::text, c.relname::text FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1";
        if let Some(row) = client.query_opt(query, &[&relation]).await? {
            (copy.schema, copy.table, copy.detail.database) = (row.get(0), row.get(1), None);
        }
        return Ok(copy);
    }
    let Some(located) = locate(client, &copy).await? else { return Ok(copy) };
    let is_same = located.is_same;
    let query =
        "SELECT attnum, attname::text FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped";
    let rows = client.query(query, &[&located.relation]).await?;
    let names: HashMap<i16, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let detail = &mut copy.detail;
    for column in detail.columns.iter_mut().chain(&mut detail.key).filter(|_| is_same) {
        if let Some(name) = names.get(&column.number) {
            column.name.clone_from(name);
        }
    }
    if let (Some((relation, number)), Some(column)) = (put, detail.columns.first_mut())
        && relation == located.relation
        && let Some(name) = names.get(&number)
    {
        column.name.clone_from(name);
    }
    Ok(copy)
}

/// The number of a column.
pub(super) async fn number_of(client: &Client, relation: Oid, column: &str) -> Result<Option<i16>, CopyError> {
    let query = "SELECT attnum FROM pg_attribute WHERE attrelid = $1 AND attname = $2 AND NOT attisdropped";
    Ok(client.query_opt(query, &[&relation, &column]).await?.map(|row| row.get(0)))
}

/// The sequence that belongs to a column.
const NUMBERING: &str = "SELECT c.oid, c.relkind::text, n.nspname::text, c.relname::text, false
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attname = $3
    WHERE c.relkind = 'S' AND d.deptype IN ('a', 'i') AND d.refobjid = coalesce(to_regclass($1)::oid, $2)";

/// A table by its number in the database where it was copied, else by its name; and whether it is that table itself.
const STANDING: &str = "WITH own AS (
        SELECT c.oid FROM pg_class c JOIN pg_database b ON b.oid = $3 AND b.datname = current_database()
        WHERE c.oid = $2 AND c.relkind IN ('r', 'p'))
    SELECT c.oid, c.relkind::text, n.nspname::text, c.relname::text, EXISTS (SELECT FROM own)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = coalesce((SELECT oid FROM own), to_regclass($1)::oid, $2) AND c.relkind IN ('r', 'p', 'S')";

/// The table of a copy: by its number where that is known to be its own, else by its name.
pub(super) async fn locate(client: &Client, copy: &Copy) -> Result<Option<Located>, CopyError> {
    let name = format!("{}.{}", quote(&copy.schema), quote(&copy.table));
    let Detail { relation, database, counter, .. } = &copy.detail;
    let row = match counter.as_ref().and_then(|counter| counter.column.as_ref()) {
        Some(column) => client.query_opt(NUMBERING, &[&name, relation, column]).await?,
        None => client.query_opt(STANDING, &[&name, relation, database]).await?,
    };
    Ok(row.map(|row| {
        let (schema, table): (&str, &str) = (row.get(2), row.get(3));
        let partitioned = row.get::<_, &str>(1) == "p";
        Located {
            is_same: row.get(4),
            relation: row.get(0),
            name: format!("{}.{}", quote(schema), quote(table)),
            table: columns::named(schema, table, partitioned),
        }
    }))
}
