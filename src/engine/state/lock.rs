//! The migration lock: only one migrator works on a database at a time. It is an advisory lock on its own session,
//! which is tried repeatedly.
//!
//! A blocking wait would deadlock with `CREATE INDEX CONCURRENTLY`, which waits for all older snapshots. A lock on the
//! migrating session would be lost when a script resets the session.

use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use crate::core::sql::qualify_names;
use crate::engine::connection::database_error;
use crate::engine::{Error, ErrorKind, Result};

/// `limb` in ASCII: the first key of the lock.
const CLASS: i32 = 0x6c69_6d62;

/// The interval between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(300);

/// Called while waiting, with the lock's holder and the time waited.
pub type WaitReporter<'a> = &'a (dyn Fn(String, Duration) + Send + Sync);

/// Acquires the migration lock of this database and version table. It is released when the session ends.
///
/// # Errors
/// Of kind `Locked` when another session holds it and `wait` is false; `Interrupted` when cancelled while waiting.
pub async fn acquire(
    client: &Client,
    version_table: &str,
    wait: bool,
    report_wait: WaitReporter<'_>,
    cancel: &CancellationToken,
) -> Result<()> {
    let key = key(version_table);
    let since = Instant::now();
    loop {
        let row = client
            .query_one(&qualify_names("SELECT pg_try_advisory_lock($1, $2)"), &[&CLASS, &key])
            .await
            .map_err(|error| database_error(&error))?;
        if row.get(0) {
            return Ok(());
        }
        let holder = describe_holder(client, key).await?;
        if !wait {
            return Err(Error::of(ErrorKind::Locked, "another migrator holds the lock")
                .because(holder)
                .hint("retry when it has ended, or run without --no-wait to wait for it"));
        }
        report_wait(holder, since.elapsed());
        tokio::select! {
            () = tokio::time::sleep(RETRY_INTERVAL) => {}
            () = cancel.cancelled() => {
                return Err(Error::of(ErrorKind::Interrupted, "cancelled while waiting for another migrator; no script was run"));
            }
        }
    }
}

/// Describes the session that holds the lock.
async fn describe_holder(client: &Client, key: i32) -> Result<String> {
    let query = "SELECT a.pid, coalesce(a.usename, 'someone'), coalesce(a.application_name, ''),
            coalesce(host(a.client_addr), 'this machine'), coalesce(extract(epoch FROM now() - a.backend_start), 0)::float8
        FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND l.classid = $1::int8::oid AND l.objid = $2::int8::oid";
    let class = i64::from(CLASS.cast_unsigned());
    let key = i64::from(key.cast_unsigned());
    let row = client.query_opt(&qualify_names(query), &[&class, &key]).await.map_err(|error| database_error(&error))?;
    let Some(row) = row else { return Ok("it has just ended".to_owned()) };
    let (pid, user, application): (i32, String, String) = (row.get(0), row.get(1), row.get(2));
    let (host, age): (String, f64) = (row.get(3), row.get(4));
    Ok(format!("{user} with {application} from {host}, server process {pid}, connected for {age:.0} s"))
}

fn key(version_table: &str) -> i32 {
    let digest = Sha256::digest(version_table.as_bytes());
    i32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}
