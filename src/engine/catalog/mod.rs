//! Reads a database's catalog into a [`Schema`]: one pass of set-based queries in one snapshot, whatever
//! the number of objects.
//!
//! Expressions are deparsed with `search_path = pg_catalog, pg_temp`: every name that is not built in comes
//! qualified, so that two databases write alike what is alike, whatever path the role or the project sets.

mod assembly;
mod beside;
mod constraints;
mod database;
mod depends;
mod fingerprint;
mod fragments;
mod indexes;
mod relations;
mod routines;
mod rules;
mod sequences;
mod types;

use futures_util::future::try_join_all;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use self::assembly::{Assembly, Record};
pub use self::fingerprint::fingerprint;
use crate::core::schema::{Kind, Schema, Scope};
use crate::engine::connection::{Session, database_error};
use crate::engine::{Error, Result};

/// One query and what to do with its rows: (oid, schema, of, name, arguments, data as JSON).
struct Source {
    kind: Kind,
    /// The SQL for a `server_version_num`; `$1` is the managed schemas, or NULL.
    query: fn(u32) -> String,
    take: fn(&mut Assembly, Record) -> Result<()>,
}

/// In this order: what belongs to a relation comes after it.
const GROUPS: [&[Source]; 8] = [
    database::SOURCES,
    types::SOURCES,
    relations::SOURCES,
    constraints::SOURCES,
    indexes::SOURCES,
    sequences::SOURCES,
    routines::SOURCES,
    rules::SOURCES,
];

/// Reads what is in scope. limbeck's own schema and ledger and what belongs to extensions are left out; the
/// version table is the caller's to leave out of the scope.
///
/// Takes a read-only transaction of its own, so the session must not be in one.
///
/// # Errors
/// When the server cannot be asked, or is older than 13.
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
    let sources: Vec<&Source> = GROUPS.into_iter().flatten().collect();
    // All are sent at once: a round trip for the whole catalog, not one a query.
    let ask = |query: String| async move { client.query_typed(&query, &[(&schemas, Type::TEXT_ARRAY)]).await };
    let mut queries: Vec<String> = sources.iter().map(|source| (source.query)(version)).collect();
    queries.extend([beside::comments(), beside::grants(), depends::aliases(version), depends::edges()]);
    queries.push(database::not_carried());
    let mut answers = try_join_all(queries.into_iter().map(ask)).await.map_err(|error| database_error(&error))?;
    let mut rest = answers.split_off(sources.len()).into_iter();
    let mut assembly = Assembly::new(scope.clone());
    for (source, rows) in sources.into_iter().zip(answers) {
        for row in rows {
            let record = Record::of(source.kind, &row).map_err(|error| unreadable(source.kind, &error))?;
            (source.take)(&mut assembly, record)?;
        }
    }
    let mut next = || rest.next().unwrap_or_default();
    beside::take_comments(&mut assembly, &next())?;
    beside::take_grants(&mut assembly, &next())?;
    depends::take_aliases(&mut assembly, &next())?;
    depends::take_edges(&mut assembly, &next())?;
    database::take_not_carried(&mut assembly, &next())?;
    Ok(assembly.finish())
}

fn unreadable(kind: Kind, error: &dyn std::fmt::Display) -> Error {
    Error::new(format!("cannot understand the catalog's answer on a {}", kind.words())).because(error)
}
