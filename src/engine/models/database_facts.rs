//! What SQLAlchemy's models need of the target: its version, its tables, and its extensions as DDL, because metadata uses
//! their types and functions, but cannot create them.

use super::sqlalchemy::DatabaseFacts;
use crate::core::sql::qualify_names;
use crate::engine::Result;
use crate::engine::connection::{Session, database_error};

/// Returns statements that create the extensions of the target's database that its role may create. Empty if there are
/// none. An extension that cannot be created is skipped: some can be created in one database only, and a private server
/// may not have all. If the models need it, their own statement fails.
pub(super) async fn read_extensions(session: &Session) -> Result<String> {
    let query =
        "SELECT CASE WHEN n.nspname !~ '^pg_' THEN format('CREATE SCHEMA IF NOT EXISTS %I; ', n.nspname) ELSE '' END
            || format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA %I CASCADE;', e.extname, n.nspname)
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
            JOIN pg_available_extension_versions v ON v.name = e.extname AND v.version = e.extversion
        WHERE e.extname <> 'plpgsql'
            AND (v.trusted OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user))
        ORDER BY e.extname";
    let rows = session.client().query(&qualify_names(query), &[]).await.map_err(|error| database_error(&error))?;
    let create = |row: &tokio_postgres::Row| {
        let statements: &str = row.get(0);
        format!("DO $limbeck$BEGIN {statements} EXCEPTION WHEN OTHERS THEN NULL; END$limbeck$;\n")
    };
    Ok(rows.iter().map(create).collect())
}

/// Reads the version and the names of the tables.
pub(super) async fn read_facts(session: &Session) -> Result<DatabaseFacts> {
    let query = "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        ORDER BY 1, 2";
    let rows = session.client().query(&qualify_names(query), &[]).await.map_err(|error| database_error(&error))?;
    let tables = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    Ok(DatabaseFacts { server_version: session.server().version_num / 10_000, tables })
}
