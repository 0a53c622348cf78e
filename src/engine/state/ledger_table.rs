//! The table of the ledger: finds it, creates it, and changes the table of an older version.

use tokio_postgres::Client;

use super::foreign_code::{require_trusted, require_trusted_schema};
use super::table_format;
use crate::core::sql::qualify_names;
use crate::engine::connection::database_error;
use crate::engine::{Error, Result};

const COLUMNS: &str = "(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    revision pg_catalog.text NOT NULL,
    direction pg_catalog.text NOT NULL CHECK (direction IN ('upgrade', 'downgrade')),
    state pg_catalog.text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
    message pg_catalog.text NOT NULL,
    script pg_catalog.text NOT NULL,
    transactional boolean NOT NULL,
    statements integer NOT NULL,
    begun integer NOT NULL DEFAULT 0,
    finished integer NOT NULL DEFAULT 0,
    role pg_catalog.text NOT NULL DEFAULT session_user,
    client pg_catalog.text NOT NULL,
    backend_pid integer NOT NULL,
    backend_start pg_catalog.timestamptz,
    started_at pg_catalog.timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at pg_catalog.timestamptz,
    error pg_catalog.text,
    approved pg_catalog.text[] NOT NULL DEFAULT '{}'
)";

/// The format that this version creates. Format 1 had no column `approved`.
const FORMAT: u32 = 2;

/// Changes a table of format 1 to format 2.
const UPGRADE: &str = "ADD COLUMN IF NOT EXISTS approved pg_catalog.text[] NOT NULL DEFAULT '{}'";

/// Returns the name of the table as SQL. Creates the table if it does not exist, and changes a table of an older version.
/// The inner error is the reason why the role may not create it.
///
/// # Errors
/// If the server cannot be reached, or the role may not change the table of an older version.
pub(super) async fn ensure(client: &Client) -> Result<std::result::Result<&'static str, String>> {
    if let Some((name, format)) = find(client).await? {
        if format < FORMAT {
            upgrade(client, name).await?;
        }
        return Ok(Ok(name));
    }
    require_trusted_schema(client).await?;
    let in_own_schema = "CREATE SCHEMA IF NOT EXISTS limbeck; CREATE TABLE IF NOT EXISTS limbeck.log ";
    let in_search_path = "CREATE TABLE IF NOT EXISTS limbeck_log ";
    let mut candidates = vec![(in_own_schema, "limbeck.log"), (in_search_path, "limbeck_log")];
    // By default, the search path starts with the schema named like the role: all other objects would be created
    // there, too.
    let is_role_name = "SELECT 'limbeck' IN (current_user, session_user)";
    let is_role_name = client.query_one(&qualify_names(is_role_name), &[]).await;
    if is_role_name.map_err(|error| database_error(&error))?.get(0) {
        candidates.remove(0);
    }
    let mut refusal = String::new();
    for (create, name) in candidates {
        let comment = format!("COMMENT ON TABLE {name} IS '{}'", table_format::comment(FORMAT));
        match client.batch_execute(&format!("{create}{}; {comment}", qualify_names(COLUMNS))).await {
            Ok(()) => return Ok(Ok(name)),
            Err(error) if !is_refusal(&error) => return Err(database_error(&error)),
            Err(error) => match find(client).await? {
                // Another session has created it.
                Some((found, _)) => return Ok(Ok(found)),
                None => refusal = describe_refusal(&database_error(&error)),
            },
        }
    }
    Ok(Err(refusal))
}

/// Finds the table, and reads its format.
///
/// # Errors
/// If another role has created it, or its format is newer than this version.
pub(super) async fn find(client: &Client) -> Result<Option<(&'static str, u32)>> {
    let names = ["limbeck.log", "limbeck_log"];
    require_trusted(client, &names).await?;
    let query = "SELECT one.name, obj_description(to_regclass(one.name), 'pg_class')
        FROM unnest($1::text[]) WITH ORDINALITY AS one (name, number)
        WHERE to_regclass(one.name) IS NOT NULL ORDER BY one.number LIMIT 1";
    let row =
        client.query_opt(&qualify_names(query), &[&names.as_slice()]).await.map_err(|error| database_error(&error))?;
    let Some(row) = row else { return Ok(None) };
    let found: &str = row.get(0);
    let name = names.into_iter().find(|name| *name == found).unwrap_or(names[0]);
    Ok(Some((name, table_format::parse_known(name, row.get(1), FORMAT)?)))
}

/// Changes the ledger of an older version to the current format.
async fn upgrade(client: &Client, name: &str) -> Result<()> {
    let comment = format!("COMMENT ON TABLE {name} IS '{}'", table_format::comment(FORMAT));
    client.batch_execute(&format!("ALTER TABLE {name} {UPGRADE}; {comment}")).await.map_err(|error| {
        let error = database_error(&error);
        Error::new(format!("cannot change the table {name} of an older version of limbeck"))
            .because(error.message)
            .hint(format!("run limbeck upgrade once as the owner of {name}"))
    })
}

/// Why the ledger cannot be created, and what to do.
fn describe_refusal(error: &Error) -> String {
    let hint = error.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
    format!("{}{hint}", error.message)
}

/// Whether the server refuses to create a table for this role or database. A lost connection, a timeout or a full disk is
/// another failure.
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    let Some(answer) = error.as_db_error() else { return false };
    let other = ["08", "40", "53", "54", "55", "57", "58", "XX"];
    !other.iter().any(|class| answer.code().code().starts_with(class))
}
