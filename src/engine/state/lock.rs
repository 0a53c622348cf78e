//! One migrator at a time: an advisory lock on a session of its own, tried again and again.
//!
//! A blocking wait would deadlock `CREATE INDEX CONCURRENTLY`, which waits for every older snapshot;
//! a lock on the migrating session would be lost where a script resets it.

use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use crate::engine::connection::database_error;
use crate::engine::{Error, ErrorKind, Result};

/// `limb` in ASCII: the first key of every lock of ours.
const CLASS: i32 = 0x6c69_6d62;

/// How often the lock is tried.
const AGAIN: Duration = Duration::from_millis(300);

/// How a wait is told: who holds the lock, and how long it has lasted.
pub type Waiting<'a> = &'a (dyn Fn(String, Duration) + Send + Sync);

/// Takes the migrator's lock of this database and version table; it goes with the session.
///
/// # Errors
/// Of kind `Locked` when it is held and `wait` is false, `Interrupted` when cancelled while waiting.
pub async fn acquire(
    client: &Client,
    version_table: &str,
    wait: bool,
    waiting: Waiting<'_>,
    cancel: &CancellationToken,
) -> Result<()> {
    let key = key(version_table);
    let since = Instant::now();
    loop {
        let row = client
            .query_one("SELECT pg_try_advisory_lock($1, $2)", &[&CLASS, &key])
            .await
            .map_err(|error| database_error(&error))?;
        if row.get(0) {
            return Ok(());
        }
        let holder = holder(client, key).await?;
        if !wait {
            return Err(Error::of(ErrorKind::Locked, "another migrator holds the lock")
                .because(holder)
                .hint("wait for it to end; without --no-wait limbeck waits by itself"));
        }
        waiting(holder, since.elapsed());
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = cancel.cancelled() => {
                return Err(Error::of(ErrorKind::Interrupted, "cancelled while waiting for another migrator; nothing was run"));
            }
        }
    }
}

/// Who holds the lock, in words.
async fn holder(client: &Client, key: i32) -> Result<String> {
    let query = "SELECT a.pid, coalesce(a.usename, 'someone'), coalesce(a.application_name, ''),
            coalesce(host(a.client_addr), 'this machine'), coalesce(extract(epoch FROM now() - a.backend_start), 0)::float8
        FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND l.classid = $1::int8::oid AND l.objid = $2::int8::oid";
    let class = i64::from(CLASS.cast_unsigned());
    let key = i64::from(key.cast_unsigned());
    let row = client.query_opt(query, &[&class, &key]).await.map_err(|error| database_error(&error))?;
    let Some(row) = row else { return Ok("it has just been released".to_owned()) };
    let (pid, user, application): (i32, String, String) = (row.get(0), row.get(1), row.get(2));
    let (host, age): (String, f64) = (row.get(3), row.get(4));
    Ok(format!("{user} with {application} from {host}, server process {pid}, connected for {age:.0} s"))
}

fn key(version_table: &str) -> i32 {
    let digest = Sha256::digest(version_table.as_bytes());
    i32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}
