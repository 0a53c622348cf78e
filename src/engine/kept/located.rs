//! The table that a copy goes back to, and whether it can take it.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::store::Copy;
use super::{Trouble, describe};
use crate::core::kept::{Kind, Target};
use crate::engine::postgres::identifier::quote;

/// The table of a copy, as it is now.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub relation: Oid,
    /// With its schema.
    pub name: String,
    /// As it stands in FROM.
    pub table: String,
}

/// What a copy needs that its table does not have.
pub(super) fn missing(copy: &Copy, target: &Target) -> Option<String> {
    for stored in &copy.detail.columns {
        let Some(now) = target.column(&stored.name) else {
            return Some(format!("the column {} is not there", stored.name));
        };
        if stored.shape != now.shape {
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

/// The table of a copy: by its name, else by its number.
pub(super) async fn locate(client: &Client, copy: &Copy) -> Result<Option<Located>, Trouble> {
    let name = format!("{}.{}", quote(&copy.schema), quote(&copy.table));
    let relation = copy.detail.relation;
    let column = copy.detail.counter.as_ref().and_then(|counter| counter.column.clone());
    let query = match (copy.kind, &column) {
        (Kind::Sequence, Some(_)) => {
            "SELECT c.oid, c.relkind::text, n.nspname::text, c.relname::text FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
             JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attname = $3
             WHERE c.relkind = 'S' AND d.deptype IN ('a', 'i') AND d.refobjid = coalesce(to_regclass($1)::oid, $2)"
        }
        _ => {
            "SELECT c.oid, c.relkind::text, n.nspname::text, c.relname::text FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.oid = coalesce(to_regclass($1)::oid, $2) AND c.relkind IN ('r', 'p', 'S') AND $3::text IS NULL"
        }
    };
    let row = client.query_opt(query, &[&name, &relation, &column]).await?;
    Ok(row.map(|row| {
        let (schema, table): (&str, &str) = (row.get(2), row.get(3));
        let partitioned = row.get::<_, &str>(1) == "p";
        Located {
            relation: row.get(0),
            name: format!("{}.{}", quote(schema), quote(table)),
            table: describe::named(schema, table, partitioned),
        }
    }))
}
