//! `CONCURRENTLY` waits for all older transactions by design and blocks no one meanwhile, so `lock_timeout` does not apply
//! to it. It has a limit of its own.

use tokio_postgres::error::SqlState;

use super::failure::Stop;
use super::run::Run;
use crate::engine::connection::database_error;
use crate::engine::connection::identifier::literal;

/// The timeouts of the session before a `CONCURRENTLY` statement.
pub(super) struct Timeouts {
    lock: String,
    statement: String,
}

impl Run<'_> {
    /// Sets the timeouts of the worker's session for a statement that waits for older transactions
    /// (`CONCURRENTLY`).
    pub(super) async fn begin_concurrent_timeouts(&self) -> Result<Timeouts, Stop> {
        let client = self.worker.client();
        let query =
            "SELECT pg_catalog.current_setting('lock_timeout'), pg_catalog.current_setting('statement_timeout')";
        let row = client.query_one(query, &[]).await.map_err(|error| Stop::from(database_error(&error)))?;
        let before = Timeouts { lock: row.get(0), statement: row.get(1) };
        let set = format!("SET lock_timeout = 0; SET statement_timeout = {}", literal(self.concurrent_timeout));
        client.batch_execute(&set).await.map_err(|error| {
            let hint = "concurrent_timeout under [apply] is a duration in PostgreSQL's syntax, for example \"1h\"";
            Stop::from(database_error(&error).hint(hint))
        })?;
        Ok(before)
    }

    /// Sets the timeouts as they were before.
    pub(super) async fn end_concurrent_timeouts(&self, before: Timeouts) -> Result<(), Stop> {
        let (lock, statement) = (literal(&before.lock), literal(&before.statement));
        let set = format!("SET lock_timeout = {lock}; SET statement_timeout = {statement}");
        self.worker.client().batch_execute(&set).await.map_err(|error| Stop::from(database_error(&error)))
    }

    /// Explains that the limit was reached.
    pub(super) fn explain_concurrent_timeout(&self, error: &tokio_postgres::Error, reason: Stop) -> Stop {
        match reason {
            Stop::Failed(failed) if error.code() == Some(&SqlState::QUERY_CANCELED) => Stop::Failed(
                failed
                    .because(format!(
                        "CONCURRENTLY waits for all older transactions; the limit is {}",
                        self.concurrent_timeout
                    ))
                    .hint(
                        "end the older transactions (see pg_stat_activity), or raise concurrent_timeout under [apply]",
                    ),
            ),
            other => other,
        }
    }
}
