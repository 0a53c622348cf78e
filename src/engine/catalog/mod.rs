//! Reads the catalog of a database into a [`Schema`], with a fixed number of queries in one snapshot.
//!
//! Expressions are printed with `search_path = pg_catalog, pg_temp`, so that every name outside of `pg_catalog` is
//! qualified. The result does not depend on the search path of the role or the database.

mod assembly;
mod comments;
mod constraints;
mod database;
mod dependencies;
mod fingerprint;
mod foreign;
mod fragments;
mod indexes;
mod publications;
mod relations;
mod routines;
mod rules;
mod sequences;
mod types;

use futures_util::future::try_join_all;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use self::assembly::{Assembly, Record};
pub use self::fingerprint::read_fingerprint;
use crate::core::schema::{Kind, Schema, Scope};
use crate::engine::connection::{Session, database_error};
use crate::engine::{Error, Result};

/// A catalog query and the function that adds its rows. Columns: (oid, schema, of, name, arguments, data as JSON).
struct CatalogQuery {
    kind: Kind,
    /// The SQL for a `server_version_num`. `$1` is the list of managed schemas, or NULL for all.
    query: fn(u32) -> String,
    add: fn(&mut Assembly, Record) -> Result<()>,
}

/// Parts come after the relations that they belong to.
const QUERY_GROUPS: [&[CatalogQuery]; 10] = [
    database::QUERIES,
    types::QUERIES,
    relations::QUERIES,
    constraints::QUERIES,
    indexes::QUERIES,
    sequences::QUERIES,
    routines::QUERIES,
    rules::QUERIES,
    publications::QUERIES,
    foreign::QUERIES,
];

/// Reads all objects in scope. limbeck's own tables and members of extensions are left out. The caller excludes the
/// version table in the scope.
///
/// Uses a read-only transaction of its own; the session must not be in a transaction.
///
/// # Errors
/// If a query fails.
pub async fn read(session: &Session, scope: &Scope) -> Result<Schema> {
    let client = session.client();
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp; \
                 SET LOCAL quote_all_identifiers = off; SET LOCAL IntervalStyle = 'postgres'; \
                 SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL extra_float_digits = 1; \
                 SET LOCAL bytea_output = 'hex'; SET LOCAL statement_timeout = 0; SET LOCAL jit = off";
    client.batch_execute(begin).await.map_err(|error| database_error(&error))?;
    let schema = read_all(client, session.server().version_num, scope).await;
    let ended = client.batch_execute("COMMIT").await.map_err(|error| database_error(&error));
    let schema = schema?;
    ended?;
    Ok(schema)
}

async fn read_all(client: &Client, version: u32, scope: &Scope) -> Result<Schema> {
    let schemas = scope.schemas();
    let all_queries: Vec<&CatalogQuery> = QUERY_GROUPS.into_iter().flatten().collect();
    // All queries are sent at once, so that the whole catalog needs only one round trip.
    let run = |query: String| async move { client.query_typed(&query, &[(&schemas, Type::TEXT_ARRAY)]).await };
    let mut queries: Vec<String> = all_queries.iter().map(|query| (query.query)(version)).collect();
    queries.extend([
        comments::comments(),
        comments::grants(),
        dependencies::aliases(version),
        dependencies::dependencies(),
    ]);
    queries.push(database::unsupported_objects());
    let mut answers = try_join_all(queries.into_iter().map(run)).await.map_err(|error| database_error(&error))?;
    let mut remaining = answers.split_off(all_queries.len()).into_iter();
    let mut assembly = Assembly::new(scope.clone());
    for (query, rows) in all_queries.into_iter().zip(answers) {
        for row in rows {
            let record = Record::from_row(query.kind, &row).map_err(|error| unexpected_entry(query.kind, &error))?;
            (query.add)(&mut assembly, record)?;
        }
    }
    let mut next = || remaining.next().unwrap_or_default();
    comments::add_comments(&mut assembly, &next())?;
    comments::add_grants(&mut assembly, &next())?;
    dependencies::add_aliases(&mut assembly, &next())?;
    dependencies::add_dependencies(&mut assembly, &next())?;
    database::add_unsupported_objects(&mut assembly, &next())?;
    Ok(assembly.finish())
}

fn unexpected_entry(kind: Kind, error: &dyn std::fmt::Display) -> Error {
    Error::new(format!("cannot read the catalog entry of a {}", kind.words())).because(error)
}
