//! A temporary database and the lock that says that somebody still uses it.

use std::collections::HashSet;

use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use super::database_properties::DatabaseProperties;
use crate::engine::connection::identifier::quote;
use crate::engine::connection::{ConnInfo, Session, database_error};
use crate::engine::{Error, Result};

/// What the names of all scratch databases begin with.
const PREFIX: &str = "limbeck_scratch_";
/// `lims` in ASCII: the first key of the locks that say that a scratch database is used.
const CLASS: i32 = 0x6c69_6d73;

/// A database of this process's own, and the session that holds its lock.
#[derive(Debug)]
pub struct TemporaryDatabase {
    name: String,
    maintenance: Session,
}

impl TemporaryDatabase {
    /// Sweeps what runs that died have left, then makes a database like the target's, with notes on what it lacks.
    pub async fn make(
        conninfo: &ConnInfo,
        likeness: &DatabaseProperties,
        owner: Option<&str>,
    ) -> Result<(Self, Vec<String>)> {
        let maintenance = Session::open(conninfo, "limbeck scratch").await?;
        let client = maintenance.client();
        // The lock ends with its session, which says nothing for as long as the scripts run. Version 13 has no such limit.
        client.batch_execute("SET idle_session_timeout = 0").await.ok();
        sweep(client).await?;
        let name = name()?;
        // Before the database is there, so that it is never without.
        run(client, &format!("SELECT pg_advisory_lock({CLASS}, {})", key(&name))).await?;
        let owner = owner.map(|role| format!(" OWNER {}", quote(role))).unwrap_or_default();
        let create = |options: &str| format!("CREATE DATABASE {}{owner} {options}", quote(&name));
        let mut notes = Vec::new();
        if let Err(error) = run(client, &create(&likeness.options())).await {
            if !lacks_locale(&error) {
                return Err(error);
            }
            notes.push(format!("the scratch database sorts by C, not as the target does: {error}"));
            run(client, &create(&likeness.plain_options())).await?;
        }
        notes.extend(likeness.set(client, &name).await);
        // What a crash of the server loses of it is nothing to anybody.
        run(client, &format!("ALTER DATABASE {} SET synchronous_commit = off", quote(&name))).await?;
        Ok((Self { name, maintenance }, notes))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of the server that it is on.
    pub fn server_version(&self) -> String {
        self.maintenance.server().version.clone()
    }

    /// Drops it, with everyone who is still connected.
    pub async fn remove(self) -> Result<()> {
        drop_database(self.maintenance.client(), &self.name).await.map_err(|error| {
            Error::new(format!("the scratch database {} was not dropped", self.name))
                .because(error)
                .hint("the next run drops it, or DROP DATABASE … WITH (FORCE)")
        })
    }
}

/// A name that no other run has: the process, so that people can tell whose it is, and chance.
pub fn name() -> Result<String> {
    let chance = getrandom::u32().map_err(|error| Error::new("the system gives no random numbers").because(error))?;
    Ok(format!("{PREFIX}{}_{chance:08x}", std::process::id()))
}

/// Drops the scratch databases whose lock nobody holds. What may not be dropped is left to those who may.
async fn sweep(client: &Client) -> Result<()> {
    let left = "SELECT datname::text FROM pg_database WHERE datname ~ '^limbeck_scratch_[0-9]+_[0-9a-f]{8}$'";
    // Databases first: whatever is found then has had its lock before the locks are looked at. Locks of sessions in
    // other databases count as well.
    let left: Vec<String> = column(client, left).await?;
    if left.is_empty() {
        return Ok(());
    }
    let class = CLASS.cast_unsigned();
    let held = format!(
        "SELECT objid::int8 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = {class} AND granted"
    );
    let held: HashSet<i64> = column(client, &held).await?.into_iter().collect();
    for name in left.iter().filter(|name| !held.contains(&i64::from(key(name).cast_unsigned()))) {
        drop_database(client, name).await.ok();
    }
    Ok(())
}

async fn drop_database(client: &Client, name: &str) -> Result<()> {
    run(client, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(name))).await
}

async fn run(client: &Client, sql: &str) -> Result<()> {
    client.batch_execute(sql).await.map_err(|error| database_error(&error))
}

async fn column<T: for<'a> tokio_postgres::types::FromSql<'a>>(client: &Client, query: &str) -> Result<Vec<T>> {
    let rows = client.query(query, &[]).await.map_err(|error| database_error(&error))?;
    rows.iter().map(|row| row.try_get(0).map_err(|error| database_error(&error))).collect()
}

/// Whether a server refused because it lacks the target's locale or provider.
fn lacks_locale(error: &Error) -> bool {
    let codes = ["22023", "42809", "0A000", "42601"];
    codes.iter().any(|code| error.causes.iter().any(|cause| cause.starts_with(&format!("SQLSTATE {code}"))))
}

fn key(name: &str) -> i32 {
    let digest = Sha256::digest(name.as_bytes());
    i32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}
