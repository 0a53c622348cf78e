//! Finds out whether a commit took effect whose answer was lost.

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::Progress;
use super::run::Run;
use crate::core::graph::RevisionId;
use crate::core::sql::qualify_names;
use crate::engine::connection::{Session, database_error};
use crate::engine::state::ledger::{Cursor, Entry};
use crate::engine::{Error, Result};

/// How long limbeck waits for the server process of a lost connection.
const PROCESS_LIMIT: Duration = Duration::from_secs(15);

/// The interval between two looks at that process.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// How long that process may wait for its client. After this, the client's COMMIT has not reached it and never will.
const IDLE_LIMIT: Duration = Duration::from_secs(2);

/// How long limbeck waits for a server process that rolls back.
const ROLLBACK_LIMIT: Duration = Duration::from_secs(1);

/// The result of a commit.
pub(super) enum CommitResult {
    TookEffect,
    RolledBack,
    /// The reason why it is not known.
    Unknown(String),
}

/// The result of a commit, and the heads after it if they could be read.
pub(super) struct ResolvedCommit {
    pub commit: CommitResult,
    pub heads: Option<Vec<RevisionId>>,
}

/// The state of a server process that has lost its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProcessState {
    /// It has ended, or no longer works for that client.
    Gone,
    /// It waits in a transaction for the next statement of its client.
    IdleInTransaction,
    Working,
}

impl Run<'_> {
    /// Waits until the worker's server process has ended, and then reads whether its commit took effect. `entry`: the row
    /// that the commit closes in the ledger.
    pub(super) async fn resolve_commit(
        &self,
        before: &[RevisionId],
        after: &[RevisionId],
        entry: Option<Entry>,
    ) -> ResolvedCommit {
        let deadline = Instant::now() + PROCESS_LIMIT;
        let waiting =
            format!("the connection was lost during the commit; waiting for server process {}", self.backend.pid);
        (self.report)(Progress::Notice { severity: "note".into(), message: waiting });
        loop {
            let why = match self.try_to_resolve(before, after, entry).await {
                Ok(Some(resolved)) => return resolved,
                Ok(None) => {
                    format!("server process {} still works on it after {} s", self.backend.pid, PROCESS_LIMIT.as_secs())
                }
                Err(error) => format!("the server does not answer: {}", error.message),
            };
            if Instant::now() >= deadline || self.cancel.is_cancelled() {
                return ResolvedCommit { commit: CommitResult::Unknown(why), heads: None };
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = self.cancel.cancelled() => {}
            }
        }
    }

    /// Returns `None` if the server process still works.
    async fn try_to_resolve(
        &self,
        before: &[RevisionId],
        after: &[RevisionId],
        entry: Option<Entry>,
    ) -> Result<Option<ResolvedCommit>> {
        let session = self.open_session().await?;
        let client = session.client();
        if !self.wait_for_backend(client, PROCESS_LIMIT).await? {
            return Ok(None);
        }
        let heads = self.table.heads(client).await?;
        let commit = match self.ledger.is_done(client, entry).await? {
            Some(true) => CommitResult::TookEffect,
            Some(false) => {
                let why = Some("the connection was lost during the commit");
                let _ = self.ledger.end(client, entry, "interrupted", why).await;
                CommitResult::RolledBack
            }
            None if heads == after => CommitResult::TookEffect,
            None if heads == before => CommitResult::RolledBack,
            None => CommitResult::Unknown("another program has changed the heads, and there is no ledger".to_owned()),
        };
        Ok(Some(ResolvedCommit { commit, heads: Some(heads) }))
    }

    /// Whether the worker's server process ends within a moment. `None` if the server cannot be asked.
    pub(super) async fn is_backend_gone(&self) -> Option<bool> {
        let session;
        let client = if self.guard.lost().is_none() {
            self.guard.client()
        } else {
            session = self.open_session().await.ok()?;
            session.client()
        };
        self.wait_for_backend(client, ROLLBACK_LIMIT).await.ok()
    }

    /// Opens another session with the role of the run.
    async fn open_session(&self) -> Result<Session> {
        let session = self.target.connect("limbeck status").await?;
        session.client().batch_execute(&self.settings).await.map_err(|error| database_error(&error))?;
        Ok(session)
    }

    /// Waits for the worker's server process. Terminates it if it waits for its client, which no longer exists. Returns
    /// whether it has ended.
    async fn wait_for_backend(&self, client: &Client, limit: Duration) -> Result<bool> {
        let since = Instant::now();
        loop {
            match self.read_process_state(client).await? {
                ProcessState::Gone => return Ok(true),
                ProcessState::IdleInTransaction if since.elapsed() >= IDLE_LIMIT.min(limit) => {
                    let terminate = "SELECT pg_catalog.pg_terminate_backend($1)";
                    let _ = client.query_typed(terminate, &[(&self.backend.pid, Type::INT4)]).await;
                }
                ProcessState::IdleInTransaction | ProcessState::Working => {}
            }
            // A process that was just terminated ends a moment later.
            if since.elapsed() >= limit.max(IDLE_LIMIT) || self.cancel.is_cancelled() {
                return Ok(false);
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    async fn read_process_state(&self, client: &Client) -> Result<ProcessState> {
        let query = "SELECT coalesce(state, '') FROM pg_catalog.pg_stat_activity
            WHERE pid = $1 AND (backend_start = $2 OR backend_start IS NULL AND $2 IS NULL) AND pid <> pg_catalog.pg_backend_pid()";
        let parameters: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
            [(&self.backend.pid, Type::INT4), (&self.backend.start, Type::TIMESTAMPTZ)];
        let rows =
            client.query_typed(&qualify_names(query), &parameters).await.map_err(|error| database_error(&error))?;
        let state: Option<&str> = rows.first().map(|row| row.get(0));
        Ok(match state {
            // A connection pooler keeps the process for other clients, outside a transaction.
            None | Some("idle") => ProcessState::Gone,
            Some(state) if state.starts_with("idle in transaction") => ProcessState::IdleInTransaction,
            Some(_) => ProcessState::Working,
        })
    }

    /// Moves the cursor of a step outside a transaction, on a new session if the lock's session was lost. If this fails, the
    /// next run looks into the catalog.
    pub(super) async fn advance_entry(&self, entry: Option<Entry>, cursor: Cursor) {
        if self.ledger.advance(self.guard.client(), entry, cursor).await.is_ok() {
            return;
        }
        if let Ok(session) = self.open_session().await {
            let _ = self.ledger.advance(session.client(), entry, cursor).await;
        }
    }

    /// Writes an error into the ledger on a new session, if the lock's session was lost.
    pub(super) async fn end_entry(&self, entry: Option<Entry>, state: &str, error: &Error) {
        let message = Some(error.message.as_str());
        if self.ledger.end(self.guard.client(), entry, state, message).await.is_ok() {
            return;
        }
        if let Ok(session) = self.open_session().await {
            let _ = self.ledger.end(session.client(), entry, state, message).await;
        }
    }
}
