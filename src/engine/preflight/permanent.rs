//! Finds functions of the target, and tables with triggers, that have effects which a rollback does not undo.

use tokio_postgres::{Client, Error};

use crate::core::sql::qualify_names;
use crate::core::statement::permanent_functions_pattern;

/// Searches the source text of functions, and then for functions that call the found ones and for tables whose triggers
/// run them. Functions in C have no source text.
const QUERY: &str = r"WITH RECURSIVE code AS (
        SELECT p.oid, p.proname::text AS name, pg_get_functiondef(p.oid) AS text
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND l.lanname NOT IN ('c', 'internal')
          AND p.prokind IN ('f', 'p')
    ), permanent AS (
        SELECT oid, name FROM code WHERE text ~* $1
        UNION
        SELECT code.oid, code.name FROM code
        JOIN permanent ON code.text ~* ('\m' || regexp_replace(permanent.name, '(\W)', '\\\1', 'g') || '\M')
    )
    SELECT name FROM permanent
    UNION
    SELECT c.relname::text FROM permanent JOIN pg_trigger t ON t.tgfoid = permanent.oid JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal";

/// The names of these functions and tables, as the current transaction sees them.
///
/// # Errors
/// If the server rejects the query.
pub async fn permanent_functions(client: &Client) -> Result<Vec<String>, Error> {
    let rows = client.query(&qualify_names(QUERY), &[&permanent_functions_pattern()]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
