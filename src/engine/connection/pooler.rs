//! Finds out whether a connection pooler, for example `PgBouncer`, gives each client a server connection of its own.
//!
//! limbeck needs sessions: it holds a lock, sets a role, and prepares statements. In transaction mode, a pooler shares a
//! server connection between clients after each transaction. It reports its mode to no client, so it is observed with two
//! connections: in session mode, each client keeps its server process, which runs no statements of other clients.

use std::time::{Duration, SystemTime};

use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::{ConnInfo, Session, database_error};
use crate::core::sql::qualify_names;
use crate::engine::{Error, ErrorKind, Result};

/// How long an idle session may take to answer. In session mode it has a server connection, and answers at once.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How long a pooler may take to give a second server connection.
pub const SECOND_SESSION_LIMIT: Duration = Duration::from_secs(3);

/// How long one session waits until the pooler can be observed.
pub const OBSERVATION_LIMIT: Duration = Duration::from_secs(30);

/// How long a run waits for its two server connections.
pub const BOTH_SESSIONS_LIMIT: Duration = Duration::from_mins(2);

/// How often the observation is repeated. While other clients use the pooler, one observation may show nothing.
const ROUNDS: usize = 3;

/// What a pooler does with the server connection of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The client keeps it until it disconnects.
    Session,
    /// Another client may get it after each transaction, or after each statement.
    Shared,
    /// Not known: the pooler gave no second server connection.
    Unknown,
}

/// Observes the pooler through which `first` is connected. Takes no locks and changes nothing.
///
/// # Errors
/// If a connection is lost.
pub async fn observe(first: &Session, conninfo: &ConnInfo) -> Result<Pooling> {
    let second = match timeout(SECOND_SESSION_LIMIT, Session::open(conninfo, "limbeck pool check")).await {
        Ok(Ok(second)) => second,
        Ok(Err(error)) if error.kind != ErrorKind::Connection => return Err(error),
        Ok(Err(_)) | Err(_) => return Ok(Pooling::Unknown),
    };
    let observation = Observation { first: first.client(), second: second.client(), own: first.server().backend_pid };
    for round in 0..ROUNDS {
        if observation.is_shared(round).await? {
            return Ok(Pooling::Shared);
        }
    }
    Ok(Pooling::Session)
}

/// Two clients of a pooler.
struct Observation<'a> {
    first: &'a Client,
    second: &'a Client,
    /// The server process of the first one.
    own: i32,
}

impl Observation<'_> {
    /// Whether the first client's server process runs statements of another client, or the first client gets another
    /// server process.
    async fn is_shared(&self, round: usize) -> Result<bool> {
        let nanoseconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
        let marker = |number: u8| format!("limbeck {} {round} {number} {nanoseconds}", std::process::id());
        if !self.ask_first(&marker(1)).await? {
            return Ok(true);
        }
        // The second client uses a server process in a transaction, so that the first one cannot get it.
        match self.second.simple_query("BEGIN").await {
            // In statement mode, the pooler refuses it.
            Err(error) if error.as_db_error().is_some() => return Ok(true),
            other => other.map_err(|error| database_error(&error))?,
        };
        if !self.ask_second(&marker(1)).await? || !self.ask_first(&marker(2)).await? {
            return Ok(true);
        }
        self.second.batch_execute("ROLLBACK").await.map_err(|error| database_error(&error))?;
        // A pooler may also use its server connections in turn.
        Ok(!self.ask_second(&marker(2)).await?
            || !self.ask_first(&marker(3)).await?
            || !self.ask_first(&marker(4)).await?)
    }

    /// Whether the first client still has its server process. The statement contains a text.
    async fn ask_first(&self, marker: &str) -> Result<bool> {
        let query = format!("SELECT pg_catalog.pg_backend_pid(), '{marker}'");
        let Ok(answer) = timeout(ANSWER_LIMIT, self.first.simple_query(&query)).await else { return Ok(false) };
        let row = first_row(&answer.map_err(|error| database_error(&error))?);
        Ok(row.first().is_some_and(|pid| *pid == self.own.to_string()))
    }

    /// Whether the second client has another server process than the first one, and the last statement in the first
    /// one's server process contains a text. The server may not show statements.
    async fn ask_second(&self, marker: &str) -> Result<bool> {
        let query = format!(
            "SELECT pg_catalog.pg_backend_pid(), (SELECT a.query FROM pg_catalog.pg_stat_activity a WHERE a.pid = {})",
            self.own
        );
        let row =
            first_row(&self.second.simple_query(&qualify_names(&query)).await.map_err(|error| database_error(&error))?);
        let is_other = row.first().is_some_and(|pid| *pid != self.own.to_string());
        let is_hidden = |query: &str| query.is_empty() || query.starts_with('<');
        Ok(is_other && row.get(1).is_some_and(|query| query.contains(marker) || is_hidden(query)))
    }
}

/// The first row of an answer. NULL is an empty text.
fn first_row(answer: &[SimpleQueryMessage]) -> Vec<String> {
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    row.map_or_else(Vec::new, |row| {
        (0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect()
    })
}

/// The error when a pooler shares server connections.
#[must_use]
pub fn shared_error(conninfo: &ConnInfo) -> Error {
    shared_session_error(&conninfo.describe())
}

/// The error when a session has lost its server process to another client. `database`: a description.
#[must_use]
pub fn shared_session_error(database: &str) -> Error {
    Error::new(format!("{database} is behind a connection pooler that shares server connections (transaction pooling)"))
        .because("limbeck needs sessions of its own: it holds a lock, sets a role and prepares statements")
        .because("nothing was run, and no lock was taken")
        .hint(
            "connect to PostgreSQL directly: use the server's own host and port (usually 5432) instead of the pooler's \
         (PgBouncer: usually 6432), or a database of the pooler with pool_mode = session",
        )
}

/// The error when a pooler has no free server connection.
#[must_use]
pub fn exhausted_error(conninfo: &ConnInfo, waited: Duration) -> Error {
    let message = format!(
        "the connection pooler of {} gave no second server connection within {} s",
        conninfo.describe(),
        waited.as_secs()
    );
    Error::of(ErrorKind::Connection, message).because("limbeck uses several server connections at the same time").hint(
        "retry later, raise the size of the pool (PgBouncer: default_pool_size), or connect to PostgreSQL directly",
    )
}

/// A pause of 50 to 550 ms. Processes that collided once do not collide again.
#[must_use]
pub fn random_pause() -> Duration {
    let nanoseconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    Duration::from_millis(50 + u64::from(nanoseconds.wrapping_add(std::process::id().wrapping_mul(7919))) % 500)
}
