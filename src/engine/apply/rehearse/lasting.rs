//! The target's own functions, and tables with triggers, that do what no rollback takes back.

use tokio_postgres::Client;

use crate::core::sql::lasting_pattern;

/// Their names, as far as PostgreSQL shows their text; those that call such a function count as well.
const QUERY: &str = r"WITH RECURSIVE code AS (
        SELECT p.oid, p.proname::text AS name, pg_get_functiondef(p.oid) AS text
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND l.lanname NOT IN ('c', 'internal')
          AND p.prokind IN ('f', 'p')
    ), lasting AS (
        SELECT oid, name FROM code WHERE text ~* $1
        UNION
        SELECT code.oid, code.name FROM code
        JOIN lasting ON code.text ~* ('\m' || regexp_replace(lasting.name, '(\W)', '\\\1', 'g') || '\M')
    )
    SELECT name FROM lasting
    UNION
    SELECT c.relname::text FROM lasting JOIN pg_trigger t ON t.tgfoid = lasting.oid JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal";

/// Reads the names, those of the transaction that runs among them.
pub async fn names(client: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
    let rows = client.query(QUERY, &[&lasting_pattern()]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
