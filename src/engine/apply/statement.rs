//! Runs one statement: reports who blocks it while it waits, and cancels it on the server on request.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::run::Run;
use super::{Blocker, Progress};
use crate::core::plan::PlannedStatement;
use crate::engine::connection::Notice;

/// How long a statement runs before limbeck looks for blocking sessions, and the interval after that.
const BLOCKER_INTERVAL: Duration = Duration::from_millis(400);

impl Run<'_> {
    /// Runs a statement and reports its start and end. Returns the number of rows that it affected.
    pub(super) async fn statement(
        &self,
        step: usize,
        index: usize,
        statement: &PlannedStatement,
    ) -> Result<Option<u64>, tokio_postgres::Error> {
        (self.report)(Progress::StatementStarted { step, statement: index });
        let since = Instant::now();
        let rows = self.watched(step, run(self.worker.client(), statement)).await?;
        let rows = rows.filter(|_| statement.statement.counts_rows());
        (self.report)(Progress::StatementDone { step, statement: index, rows, elapsed: since.elapsed() });
        Ok(rows)
    }

    /// Waits for work on the worker's session. During the wait it reports notices and blocking sessions, and forwards a
    /// cancel to the server.
    pub(super) async fn watched<T, E>(&self, step: usize, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let mut work = std::pin::pin!(work);
        let mut look = tokio::time::interval_at(Instant::now() + BLOCKER_INTERVAL, BLOCKER_INTERVAL);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut cancelling = false;
        let mut reported = Vec::new();
        let mut notices = self.notices.lock().await;
        loop {
            tokio::select! {
                biased;
                result = &mut work => {
                    while let Ok(notice) = notices.try_recv() {
                        self.notice(notice);
                    }
                    return result;
                }
                Some(notice) = notices.recv() => self.notice(notice),
                () = self.cancel.cancelled(), if !cancelling => {
                    cancelling = true;
                    (self.report)(Progress::Cancelling);
                    // If this does not reach the server, the statement continues, and its result is reported.
                    let _ = self.worker.canceller().cancel().await;
                }
                _ = look.tick() => {
                    if cancelling {
                        // The work may consist of several statements, and the first request may have hit none of them.
                        let _ = self.worker.canceller().cancel().await;
                    }
                    let blockers = self.blockers().await;
                    if blockers != reported {
                        reported.clone_from(&blockers);
                        (self.report)(Progress::Blocked { step, blockers });
                    }
                }
            }
        }
    }

    fn notice(&self, notice: Notice) {
        let severity = format!("{:?}", notice.severity).to_uppercase();
        (self.report)(Progress::Notice { severity, message: notice.message });
    }

    /// The sessions that block the worker now.
    pub(super) async fn blockers(&self) -> Vec<Blocker> {
        let query = "SELECT a.pid, coalesce(a.usename, '?'), coalesce(a.application_name, ''), coalesce(a.query, ''),
                coalesce(extract(epoch FROM now() - a.xact_start), 0)::float8
            FROM unnest(pg_blocking_pids($1)) AS b(pid) JOIN pg_stat_activity a ON a.pid = b.pid
            WHERE a.pid <> pg_backend_pid() ORDER BY a.pid";
        let rows = self.guard.client().query(query, &[&self.worker.server().backend_pid]).await.unwrap_or_default();
        rows.iter()
            .map(|row| Blocker {
                pid: row.get(0),
                user: row.get(1),
                application: row.get(2),
                query: row.get(3),
                // In steps of five seconds, so that an unchanged wait is not reported repeatedly.
                age: Duration::from_secs(Duration::try_from_secs_f64(row.get(4)).unwrap_or_default().as_secs() / 5 * 5),
            })
            .collect()
    }
}

/// Runs a statement. Returns the number of rows that the server reports.
async fn run(client: &Client, statement: &PlannedStatement) -> Result<Option<u64>, tokio_postgres::Error> {
    if let Some(data) = statement.copy_data() {
        return copy(client, statement.sql(), data).await.map(Some);
    }
    let mut messages = std::pin::pin!(client.simple_query_raw(statement.sql()).await?);
    let mut rows = None;
    while let Some(message) = messages.next().await {
        if let SimpleQueryMessage::CommandComplete(count) = message? {
            rows = Some(count);
        }
    }
    Ok(rows)
}

async fn copy(client: &Client, sql: &str, data: &str) -> Result<u64, tokio_postgres::Error> {
    let mut sink = std::pin::pin!(client.copy_in(sql).await?);
    sink.send(std::io::Cursor::new(data.as_bytes().to_vec())).await?;
    sink.finish().await
}
