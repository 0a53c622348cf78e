//! The ledger: which script ran when, by whom, with what result, and the text of the script. It is in its own schema,
//! so that Alembic's autogenerate ignores it.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use super::ledger_table;
use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard::Class;
use crate::core::plan::Step;
use crate::core::script::{from_ascii, to_ascii, with_unix_line_endings};
use crate::core::sql::qualify_names;
use crate::engine::Result;
use crate::engine::connection::database_error;

/// The text of a script with `\n` at the end of each line. Git can change the line endings of a file, so two texts that
/// differ only in them are equal.
const TEXT: &str = r"pg_catalog.replace(script, E'\r\n', E'\n')";

/// The number of runs of a revision in which the position of an interrupted run is looked for.
const LATEST_RUNS: u32 = 100;

/// The location of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ledger {
    /// The name of the table as SQL.
    Table(&'static str),
    /// The ledger does not exist and could not be created; the reason.
    Missing(String),
}

/// The id of a row of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry(i64);

impl Entry {
    /// The id.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

/// A server process. Process ids are reused, so the start time identifies it. `start` is `None` when the role may not
/// see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend {
    pub pid: i32,
    pub start: Option<SystemTime>,
}

impl Backend {
    /// Reads the start time of a process.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn find(client: &Client, pid: i32) -> Result<Self> {
        let query = "SELECT backend_start FROM pg_stat_activity WHERE pid = $1";
        let row = client.query_opt(&qualify_names(query), &[&pid]).await.map_err(|error| database_error(&error))?;
        Ok(Self { pid, start: row.and_then(|row| row.get(0)) })
    }
}

/// A step that starts.
#[derive(Debug, Clone, Copy)]
pub struct StartedStep<'a> {
    pub step: &'a Step,
    /// The hazard classes that the user approved.
    pub approved: &'a [Class],
    /// The number of statements that an earlier run has completed.
    pub skipped: usize,
}

/// A row in the state `running`. Its server process may still be running, or may have ended without updating the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub entry: Entry,
    pub revision: String,
    pub backend_pid: i32,
    pub role: String,
    pub client: String,
    /// Whether the server process exists.
    pub alive: bool,
    pub age: Duration,
}

/// How far a failed or interrupted run outside a transaction got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The number of statements that were started.
    pub begun: usize,
    /// The number of statements that are known to have ended.
    pub finished: usize,
}

impl Ledger {
    /// Returns the ledger if it exists.
    ///
    /// # Errors
    /// When the server cannot be reached, another role has created a table with its name, or its format is newer than this
    /// version.
    pub async fn find(client: &Client) -> Result<Option<Self>> {
        Ok(ledger_table::find(client).await?.map(|(name, _)| Self::Table(name)))
    }

    /// Returns the id of the newest row. `None` when there is no ledger or no row.
    ///
    /// # Errors
    /// When the server cannot be reached, or the role may not read the ledger.
    pub async fn newest(client: &Client) -> Result<Option<i64>> {
        let Some(Self::Table(table)) = Self::find(client).await? else { return Ok(None) };
        let query = format!("SELECT max(id) FROM {table}");
        let row = client.query_one(&qualify_names(&query), &[]).await.map_err(|error| database_error(&error))?;
        Ok(row.get(0))
    }

    /// Returns the ledger, and creates it if it does not exist: in the schema `limbeck`, or in the schema of the
    /// version table. Changes a ledger of an older version to the format of this one. Returns [`Self::Missing`] if the
    /// role may create neither.
    ///
    /// # Errors
    /// When the server cannot be reached, or the role may not change the ledger of an older version.
    pub async fn ensure(client: &Client) -> Result<Self> {
        Ok(ledger_table::ensure(client).await?.map_or_else(Self::Missing, Self::Table))
    }

    /// Inserts the row of a step that starts on a server process. Other sessions see it at once.
    ///
    /// For a step in a transaction this does not wait for the disk: the commit of the step also writes this row. If the
    /// machine crashes before, nothing of the step remains.
    ///
    /// # Errors
    /// When the row cannot be written.
    pub async fn begin(&self, client: &Client, step: StartedStep<'_>, worker: Backend) -> Result<Option<Entry>> {
        let StartedStep { step, approved, skipped } = step;
        let approved: Vec<&str> = approved.iter().map(|class| class.word()).collect();
        let Self::Table(table) = self else { return Ok(None) };
        let insert = format!(
            "INSERT INTO {table} (revision, direction, state, message, script, transactional, statements, begun, \
             finished, client, backend_pid, backend_start, approved)
             SELECT $1, $2, 'running', $3, $4, $5, $6, $7, $7, $8, $9, $10, $11 FROM set_config('synchronous_commit', \
             CASE WHEN $5 THEN 'off' ELSE current_setting('synchronous_commit') END, true) RETURNING id"
        );
        let insert = async |message: &str, script: &str| {
            let parameters: [(&(dyn ToSql + Sync), Type); 11] = [
                (&step.revision.as_str(), Type::TEXT),
                (&step.direction.word(), Type::TEXT),
                (&message, Type::TEXT),
                (&script, Type::TEXT),
                (&step.transactional, Type::BOOL),
                (&count(step.statements.len()), Type::INT4),
                (&count(skipped), Type::INT4),
                (&concat!("limbeck ", env!("CARGO_PKG_VERSION")), Type::TEXT),
                (&worker.pid, Type::INT4),
                (&worker.start, Type::TIMESTAMPTZ),
                (&approved, Type::TEXT_ARRAY),
            ];
            client.query_typed(&qualify_names(&insert), &parameters).await
        };
        let rows = match insert(&step.message, &step.script).await {
            Err(error) if is_untranslatable(&error) => insert(&to_ascii(&step.message), &to_ascii(&step.script)).await,
            rows => rows,
        };
        let rows = rows.map_err(|error| database_error(&error))?;
        Ok(rows.first().map(|row| Entry(row.get(0))))
    }

    /// Updates the cursor of a step that runs outside a transaction.
    ///
    /// # Errors
    /// When the row cannot be written.
    pub async fn advance(&self, client: &Client, entry: Option<Entry>, cursor: Cursor) -> Result<()> {
        let (Self::Table(table), Some(Entry(id))) = (self, entry) else { return Ok(()) };
        let update = format!("UPDATE {table} SET begun = $2, finished = $3 WHERE id = $1");
        client
            .execute(&qualify_names(&update), &[&id, &count(cursor.begun), &count(cursor.finished)])
            .await
            .map_err(|error| database_error(&error))?;
        Ok(())
    }

    /// Returns SQL that sets the row of a step to `done`, for the transaction of the step. `None` when there is no
    /// ledger.
    #[must_use]
    pub fn done(&self, entry: Option<Entry>) -> Option<String> {
        let (Self::Table(table), Some(Entry(id))) = (self, entry) else { return None };
        Some(qualify_names(&format!(
            "UPDATE {table} SET state = 'done', error = NULL, ended_at = clock_timestamp(), finished = statements \
             WHERE id = {id}"
        )))
    }

    /// Updates the row of a step that was not completed, on another session than the step's.
    ///
    /// # Errors
    /// When the row cannot be written.
    pub async fn end(&self, client: &Client, entry: Option<Entry>, state: &str, error: Option<&str>) -> Result<()> {
        let (Self::Table(table), Some(Entry(id))) = (self, entry) else { return Ok(()) };
        let update = format!("UPDATE {table} SET state = $2, error = $3, ended_at = clock_timestamp() WHERE id = $1");
        let updated = match client.execute(&qualify_names(&update), &[&id, &state, &error]).await {
            Err(refusal) if is_untranslatable(&refusal) => {
                client.execute(&qualify_names(&update), &[&id, &state, &error.map(to_ascii)]).await
            }
            updated => updated,
        };
        updated.map_err(|error| database_error(&error))?;
        Ok(())
    }

    /// Whether a step was completed. `None` when there is no ledger or no such row.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn is_done(&self, client: &Client, entry: Option<Entry>) -> Result<Option<bool>> {
        let (Self::Table(table), Some(Entry(id))) = (self, entry) else { return Ok(None) };
        let query = format!("SELECT state = 'done' FROM {table} WHERE id = $1");
        let row = client.query_opt(&qualify_names(&query), &[&id]).await.map_err(|error| database_error(&error))?;
        Ok(row.map(|row| row.get(0)))
    }

    /// Returns the rows in the state `running`, and whether their server process still works for them. A connection pooler
    /// keeps the process of a killed client, idle, for other clients.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn unfinished(&self, client: &Client) -> Result<Vec<Unfinished>> {
        let Self::Table(table) = self else { return Ok(Vec::new()) };
        let query = format!(
            "SELECT l.id, l.revision, l.backend_pid, l.role, l.client,
                    a.pid IS NOT NULL AND a.pid <> pg_backend_pid()
                    AND NOT coalesce(a.state = 'idle' AND a.state_change < (clock_timestamp() - interval '1 second'), false),
                    extract(epoch FROM clock_timestamp() - l.started_at)::float8
             FROM {table} l LEFT JOIN pg_stat_activity a ON a.pid = l.backend_pid
                AND (a.backend_start = l.backend_start OR a.backend_start IS NULL AND l.backend_start IS NULL)
             WHERE l.state = 'running' ORDER BY l.id"
        );
        let rows = client.query(&qualify_names(&query), &[]).await.map_err(|error| database_error(&error))?;
        let unfinished = rows.iter().map(|row| Unfinished {
            entry: Entry(row.get(0)),
            revision: row.get(1),
            backend_pid: row.get(2),
            role: row.get(3),
            client: row.get(4),
            alive: row.get(5),
            age: Duration::try_from_secs_f64(row.get(6)).unwrap_or_default(),
        });
        Ok(unfinished.collect())
    }

    /// Returns how far the last run of this script outside a transaction got, if it did not complete. The statements that
    /// have run must be the same; those after them may have been corrected since.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn cursor(&self, client: &Client, step: &Step) -> Result<Option<Cursor>> {
        let Self::Table(table) = self else { return Ok(None) };
        let query = format!(
            "SELECT state, begun, finished, {TEXT} FROM {table}
             WHERE revision = $1 AND (direction = $2 AND NOT transactional OR state = 'done')
             ORDER BY id DESC LIMIT {LATEST_RUNS}"
        );
        let rows = client.query(&qualify_names(&query), &[&step.revision.as_str(), &step.direction.word()]).await;
        let rows = rows.map_err(|error| database_error(&error))?;
        let text = with_unix_line_endings(&step.script);
        for row in rows.iter().take_while(|row| row.get::<_, &str>(0) != "done") {
            let cursor = Cursor { begun: size(row.get(1)), finished: size(row.get(2)) };
            let script: &str = row.get(3);
            if *script == *text || *script == to_ascii(&text) {
                return Ok((cursor.begun > 0).then_some(cursor));
            }
            if cursor.begun > 0 && step.starts_like(&from_ascii(script), cursor.begun) {
                return Ok(Some(cursor));
            }
        }
        Ok(None)
    }

    /// Returns the text with which each revision was last upgraded. Used when the file is missing.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn scripts(&self, client: &Client, revisions: &[RevisionId]) -> Result<HashMap<String, String>> {
        let Self::Table(table) = self else { return Ok(HashMap::new()) };
        let query = format!(
            "SELECT DISTINCT ON (revision) revision, script FROM {table}
             WHERE revision = ANY($1) AND direction = '{}' AND state = 'done' ORDER BY revision, id DESC",
            Direction::Upgrade.word()
        );
        let ids: Vec<&str> = revisions.iter().map(RevisionId::as_str).collect();
        let rows = client.query(&qualify_names(&query), &[&ids]).await.map_err(|error| database_error(&error))?;
        Ok(rows.iter().map(|row| (row.get(0), from_ascii(row.get(1)))).collect())
    }

    /// Returns the revisions that were upgraded, in the order in which that was done.
    ///
    /// # Errors
    /// When the server cannot be reached, or the role may not read the ledger.
    pub async fn upgrades(&self, client: &Client) -> Result<Vec<RevisionId>> {
        let Self::Table(table) = self else { return Ok(Vec::new()) };
        let query = format!(
            "SELECT revision FROM {table} WHERE direction = 'upgrade' AND state = 'done' ORDER BY started_at, id"
        );
        let rows = client.query(&qualify_names(&query), &[]).await.map_err(|error| database_error(&error))?;
        Ok(rows.iter().filter_map(|row| RevisionId::parse_existing(row.get(0)).ok()).collect())
    }

    /// Returns the SHA-256, in hexadecimal digits, of the text with which each revision was last upgraded, unless it was
    /// downgraded since. In the text, each line ends with `\n`. The server computes it, so that the texts are not sent.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn hashes(&self, client: &Client) -> Result<HashMap<String, String>> {
        let Self::Table(table) = self else { return Ok(HashMap::new()) };
        let query = format!(
            "SELECT revision, encode(sha256(convert_to({TEXT}, 'UTF8')), 'hex') FROM (
                 SELECT DISTINCT ON (revision) revision, direction, script FROM {table}
                 WHERE state = 'done' ORDER BY revision, id DESC
             ) last WHERE direction = '{}'",
            Direction::Upgrade.word()
        );
        let rows = client.query(&qualify_names(&query), &[]).await.map_err(|error| database_error(&error))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }
}

/// Whether the encoding of the database does not have a character. The ledger then stores [`to_ascii`]: a comment must not
/// prevent a run.
fn is_untranslatable(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::UNTRANSLATABLE_CHARACTER)
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn size(number: i32) -> usize {
    usize::try_from(number).unwrap_or(0)
}
