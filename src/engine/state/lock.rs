//! The migration lock: only one migrator works on a database at a time. It is an advisory lock on its own session,
//! which is tried repeatedly.
//!
//! A blocking wait would deadlock with `CREATE INDEX CONCURRENTLY`, which waits for all older snapshots. A lock on the
//! migrating session would be lost when a script resets the session.

use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use tokio_util::sync::CancellationToken;

use crate::core::sql::qualify_names;
use crate::engine::connection::{Session, database_error, pooler};
use crate::engine::{Error, ErrorKind, Result};

/// `limb` in ASCII: the first key of the lock.
const CLASS: i32 = 0x6c69_6d62;

/// The condition that a row `l` of `pg_locks` is the lock. Its parameters are the two keys as `pg_locks` shows them.
const IS_LOCK: &str = "l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    AND l.classid = $1::int8::oid AND l.objid = $2::int8::oid";

/// The words before the age of a session.
const CONNECTED_FOR: &str = ", connected for ";

/// The interval between two attempts.
pub const RETRY_INTERVAL: Duration = Duration::from_millis(300);

/// How a command waits for the lock.
#[derive(Clone, Copy)]
pub struct LockWait<'a> {
    /// If not, the command fails when another session holds the lock.
    pub is_allowed: bool,
    /// Called with a description of the session that holds the lock, once for each session.
    pub report: &'a (dyn Fn(&str) + Send + Sync),
    pub cancel: &'a CancellationToken,
}

/// The result of an attempt to take the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockAttempt {
    Acquired,
    /// Another session holds it; a description of that session.
    Held(String),
}

/// Acquires the migration lock of this database and version table. It is released when the session ends.
///
/// # Errors
/// Of kind `Locked` when another session holds it and waiting is not allowed; `Interrupted` when cancelled while waiting.
pub async fn acquire(session: &Session, version_table: &str, wait: LockWait<'_>) -> Result<()> {
    let mut reported = String::new();
    loop {
        match try_acquire(session, version_table).await? {
            LockAttempt::Acquired => return Ok(()),
            LockAttempt::Held(holder) if !wait.is_allowed => return Err(held_error(holder)),
            LockAttempt::Held(holder) if without_age(&holder) == reported => {}
            LockAttempt::Held(holder) => {
                (wait.report)(&holder);
                without_age(&holder).clone_into(&mut reported);
            }
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY_INTERVAL) => {}
            () = wait.cancel.cancelled() => return Err(cancelled_error()),
        }
    }
}

/// The description of a session that holds the lock, without the time since it connected, which always changes.
#[must_use]
pub fn without_age(holder: &str) -> &str {
    holder.split(CONNECTED_FOR).next().unwrap_or_default()
}

/// Tries once to acquire the migration lock. An advisory lock can be taken again by the session that holds it. Therefore
/// the lock is refused on a server process that holds it already: a connection pooler shares that process.
///
/// # Errors
/// When a connection pooler shares the server process between clients.
pub async fn try_acquire(session: &Session, version_table: &str) -> Result<LockAttempt> {
    let key = key(version_table);
    let query = format!(
        "SELECT CASE WHEN pg_catalog.pg_backend_pid() <> $5 OR EXISTS (SELECT FROM pg_catalog.pg_locks l
                WHERE {IS_LOCK} AND l.pid = pg_catalog.pg_backend_pid()) THEN 'shared'
            WHEN pg_catalog.pg_try_advisory_lock($3, $4) THEN 'acquired' ELSE 'held' END"
    );
    let (class, object) = identify(key);
    let parameters: [&(dyn ToSql + Sync); 5] = [&class, &object, &CLASS, &key, &session.server().backend_pid];
    let row = session
        .client()
        .query_one(&qualify_names(&query), &parameters)
        .await
        .map_err(|error| database_error(&error))?;
    match row.get(0) {
        "acquired" => Ok(LockAttempt::Acquired),
        "shared" => Err(pooler::shared_session_error(&session.server().database)),
        _ => Ok(LockAttempt::Held(describe_holder(session.client(), key).await?)),
    }
}

/// The error when another session holds the lock.
#[must_use]
pub fn held_error(holder: String) -> Error {
    Error::of(ErrorKind::Locked, "another migrator holds the lock")
        .because(holder)
        .hint("run the command again when it has ended; without --no-wait, upgrade, downgrade and restore wait for it")
}

/// The error of a cancel while waiting for the lock.
#[must_use]
pub fn cancelled_error() -> Error {
    Error::of(ErrorKind::Interrupted, "cancelled while waiting for another migrator; nothing was run")
}

/// Describes the session that holds the lock.
async fn describe_holder(client: &Client, key: i32) -> Result<String> {
    let query = format!(
        "SELECT a.pid, coalesce(a.usename, 'someone'), coalesce(a.application_name, ''),
            coalesce(host(a.client_addr), 'this machine'), coalesce(extract(epoch FROM now() - a.backend_start), 0)::float8
        FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE {IS_LOCK}"
    );
    let (class, object) = identify(key);
    let row =
        client.query_opt(&qualify_names(&query), &[&class, &object]).await.map_err(|error| database_error(&error))?;
    let Some(row) = row else { return Ok("it has just ended".to_owned()) };
    let (pid, user, application): (i32, String, String) = (row.get(0), row.get(1), row.get(2));
    let (host, age): (String, f64) = (row.get(3), row.get(4));
    Ok(format!("{user} with {application} from {host}, server process {pid}{CONNECTED_FOR}{age:.0} s"))
}

/// The two keys of the lock as `pg_locks` shows them: unsigned numbers.
fn identify(key: i32) -> (i64, i64) {
    (i64::from(CLASS.cast_unsigned()), i64::from(key.cast_unsigned()))
}

fn key(version_table: &str) -> i32 {
    let digest = Sha256::digest(version_table.as_bytes());
    i32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}
