//! Digests of the rows of a scratch database, which do not depend on the order of rows and columns.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::types::Type;

use crate::core::schema::{Kind, Object, ObjectId, Schema};
use crate::core::sql::identifier::quote;
use crate::core::sql::qualify_names;
use crate::engine::connection::{Session, database_error};
use crate::engine::{Result, Target};

/// The rows of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableDigest {
    pub rows: i64,
    /// The sum of the hashes of the rows.
    pub whole: String,
    /// The sums of the hashes of the values of each column.
    pub columns: BTreeMap<String, String>,
}

/// The rows of all tables, and the positions of all sequences.
#[derive(Debug, Default)]
pub(super) struct DatabaseDigest {
    pub tables: BTreeMap<ObjectId, TableDigest>,
    pub sequences: BTreeMap<String, Option<i64>>,
    /// The tables that cannot be read, with the reason.
    pub unreadable: BTreeMap<ObjectId, String>,
}

/// The columns to leave out, by table.
pub(super) type LeftOut = BTreeMap<ObjectId, BTreeSet<String>>;

/// Reads the digests of the tables and materialized views of a schema, without some columns.
///
/// # Errors
/// If the database cannot be reached.
pub(super) async fn read_digest(target: &Target, schema: &Schema, left_out: &LeftOut) -> Result<DatabaseDigest> {
    let session = target.connect("limbeck scratch").await?;
    let prepare = "SET search_path = pg_catalog, pg_temp; SET row_security = off; SET statement_timeout = 0";
    session.client().batch_execute(prepare).await.map_err(|error| database_error(&error))?;
    let mut digest = DatabaseDigest { sequences: read_sequences(&session).await?, ..DatabaseDigest::default() };
    let nothing = BTreeSet::new();
    for (id, columns) in schema.objects.iter().filter_map(|(id, object)| Some((id, columns(id, object)?))) {
        let left_out = left_out.get(id).unwrap_or(&nothing);
        let columns: Vec<&str> = columns.into_iter().filter(|column| !left_out.contains(*column)).collect();
        match read_table(&session, id, &columns, left_out).await {
            Ok(table) => {
                digest.tables.insert(id.clone(), table);
            }
            Err(reason) => {
                digest.unreadable.insert(id.clone(), reason);
            }
        }
    }
    Ok(digest)
}

fn columns<'a>(id: &ObjectId, object: &'a Object) -> Option<Vec<&'a str>> {
    let columns = match (id.kind, object) {
        (Kind::Table, Object::Table(table)) if table.foreign.is_none() => &table.columns,
        (Kind::MaterializedView, Object::MaterializedView(view)) => &view.columns,
        _ => return None,
    };
    Some(columns.iter().map(|column| column.name.as_str()).collect())
}

async fn read_table(
    session: &Session,
    id: &ObjectId,
    columns: &[&str],
    left_out: &BTreeSet<String>,
) -> std::result::Result<TableDigest, String> {
    let hash = |value: &str| {
        format!(
            "coalesce(pg_catalog.sum(pg_catalog.hashtextextended({value}, 0)::pg_catalog.numeric), 0)::pg_catalog.text"
        )
    };
    let row = "pg_catalog.to_jsonb(\"limbeck row\")";
    let parts: Vec<String> = columns
        .iter()
        .map(|column| {
            hash(&format!("coalesce((pg_catalog.to_jsonb(\"limbeck row\".{}))::pg_catalog.text, '')", quote(column)))
        })
        .collect();
    let only = if id.kind == Kind::Table { "ONLY " } else { "" };
    let query = format!(
        "SELECT pg_catalog.count(*), {}, ARRAY[{}]::pg_catalog.text[] FROM {only}{}.{} AS \"limbeck row\"",
        hash(&format!("({row} OPERATOR(pg_catalog.-) $1)::pg_catalog.text")),
        parts.join(", "),
        quote(&id.schema),
        quote(&id.name)
    );
    let left_out: Vec<&str> = left_out.iter().map(String::as_str).collect();
    let rows = session
        .client()
        .query_typed(&query, &[(&left_out, Type::TEXT_ARRAY)])
        .await
        .map_err(|error| database_error(&error).message)?;
    let Some(row) = rows.first() else { return Err("the server returned no row".to_owned()) };
    let sums: Vec<String> = row.get(2);
    let columns = columns.iter().map(|column| (*column).to_owned()).zip(sums).collect();
    Ok(TableDigest { rows: row.get(0), whole: row.get(1), columns })
}

async fn read_sequences(session: &Session) -> Result<BTreeMap<String, Option<i64>>> {
    let query = "SELECT schemaname::text || '.' || sequencename::text, last_value FROM pg_sequences
        WHERE schemaname <> 'limbeck' AND sequencename NOT LIKE 'limbeck\\_log%'";
    let rows = session.client().query(&qualify_names(query), &[]).await.map_err(|error| database_error(&error))?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
