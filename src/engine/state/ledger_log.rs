//! The rows of the ledger as a log: who ran which revision, when, for how long, with which approvals.

use tokio_postgres::{Client, Row};

use super::ledger_table;
use crate::core::graph::Direction;
use crate::core::script::from_ascii;
use crate::core::sql::qualify_names;
use crate::engine::Result;
use crate::engine::connection::database_error;

/// One run of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    pub id: i64,
    pub revision: String,
    pub direction: Direction,
    /// `done`, `running`, `failed` or `interrupted`.
    pub state: String,
    pub message: String,
    /// The role of the session that wrote the row.
    pub role: String,
    /// The program and its version.
    pub client: String,
    /// When it started, in UTC, e.g. `2026-11-22T10:00:00Z`.
    pub at: String,
    /// `None` if it has not ended.
    pub seconds: Option<f64>,
    /// The hazard classes that the user approved.
    pub approved: Vec<String>,
    pub error: Option<String>,
}

/// Reads the newest rows of the ledger, the newest first. Empty if there is no ledger.
///
/// # Errors
/// If the server cannot be reached, or the role may not read the ledger.
pub async fn read_log(client: &Client, limit: Option<i64>) -> Result<Vec<LogEntry>> {
    let Some((table, format)) = ledger_table::find(client).await? else { return Ok(Vec::new()) };
    let approved = if format < 2 { "'{}'::text[]" } else { "approved" };
    let query = format!(
        "SELECT id, revision, direction, state, message, role, client,
             to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
             extract(epoch FROM ended_at - started_at)::float8, {approved}, error
         FROM {table} ORDER BY id DESC LIMIT $1"
    );
    let rows = client.query(&qualify_names(&query), &[&limit]).await.map_err(|error| database_error(&error))?;
    Ok(rows.iter().map(parse_row).collect())
}

fn parse_row(row: &Row) -> LogEntry {
    let direction = match row.get::<_, &str>(2) {
        "downgrade" => Direction::Downgrade,
        _ => Direction::Upgrade,
    };
    LogEntry {
        id: row.get(0),
        revision: row.get(1),
        direction,
        state: row.get(3),
        message: from_ascii(row.get(4)),
        role: row.get(5),
        client: row.get(6),
        at: row.get(7),
        seconds: row.get(8),
        approved: row.get(9),
        error: row.get::<_, Option<&str>>(10).map(from_ascii),
    }
}
