//! A temporary database, and the advisory lock that marks it as used.

use std::collections::HashSet;

use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use super::database_properties::DatabaseProperties;
use crate::engine::connection::identifier::quote;
use crate::engine::connection::{ConnInfo, Session, database_error};
use crate::engine::{Error, Result};

/// The prefix of the names of all scratch databases.
const PREFIX: &str = "limbeck_scratch_";
/// `lims` in ASCII: the first key of the advisory locks on scratch databases.
const CLASS: i32 = 0x6c69_6d73;

/// A database of this process, and the session that holds its lock.
#[derive(Debug)]
pub struct TemporaryDatabase {
    name: String,
    maintenance: Session,
}

impl TemporaryDatabase {
    /// Drops the databases of killed runs, then creates a database with the given properties. Also returns notes about
    /// properties that could not be set.
    pub async fn make(
        conninfo: &ConnInfo,
        properties: &DatabaseProperties,
        owner: Option<&str>,
    ) -> Result<(Self, Vec<String>)> {
        let maintenance = Session::open(conninfo, "limbeck scratch").await?;
        let client = maintenance.client();
        drop_abandoned(client).await?;
        let name = unique_name()?;
        // Take the lock before the database exists, so that no other run can drop it.
        run(client, &format!("SELECT pg_advisory_lock({CLASS}, {})", lock_key(&name))).await?;
        let owner = owner.map(|role| format!(" OWNER {}", quote(role))).unwrap_or_default();
        let create = |options: &str| format!("CREATE DATABASE {}{owner} {options}", quote(&name));
        let mut notes = Vec::new();
        if let Err(error) = run(client, &create(&properties.options())).await {
            if !lacks_locale(&error) {
                return Err(error);
            }
            notes.push(format!("the scratch database uses the collation C instead of the target's: {error}"));
            run(client, &create(&properties.fallback_options())).await?;
        }
        notes.extend(properties.apply_settings(client, &name).await);
        // The data is not needed after a server crash.
        run(client, &format!("ALTER DATABASE {} SET synchronous_commit = off", quote(&name))).await?;
        Ok((Self { name, maintenance }, notes))
    }

    /// The name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of its server.
    pub fn server_version(&self) -> String {
        self.maintenance.server().version.clone()
    }

    /// Drops the database, and terminates the sessions that are still connected to it.
    pub async fn remove(self) -> Result<()> {
        drop_database(self.maintenance.client(), &self.name).await.map_err(|error| {
            Error::new(format!("the scratch database {} could not be dropped", self.name))
                .because(error)
                .hint("the next run tries again; or run DROP DATABASE … WITH (FORCE)")
        })
    }
}

/// Returns a unique name that contains the process id and a random number.
pub fn unique_name() -> Result<String> {
    let random = getrandom::u32()
        .map_err(|error| Error::new("the operating system provides no random numbers").because(error))?;
    Ok(format!("{PREFIX}{}_{random:08x}", std::process::id()))
}

/// Drops the scratch databases whose lock no session holds. Databases that this role may not drop stay.
async fn drop_abandoned(client: &Client) -> Result<()> {
    let abandoned = "SELECT datname::text FROM pg_database WHERE datname ~ '^limbeck_scratch_[0-9]+_[0-9a-f]{8}$'";
    // Read the databases before the locks: a database in the list got its lock before it was created. The locks of
    // sessions in other databases are visible too.
    let abandoned: Vec<String> = column(client, abandoned).await?;
    if abandoned.is_empty() {
        return Ok(());
    }
    let class = CLASS.cast_unsigned();
    let held = format!(
        "SELECT objid::int8 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = {class} AND granted"
    );
    let held: HashSet<i64> = column(client, &held).await?.into_iter().collect();
    for name in abandoned.iter().filter(|name| !held.contains(&i64::from(lock_key(name).cast_unsigned()))) {
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

/// Whether the server does not have the target's locale or locale provider.
fn lacks_locale(error: &Error) -> bool {
    let codes = ["22023", "42809", "0A000", "42601"];
    codes.iter().any(|code| error.causes.iter().any(|cause| cause.starts_with(&format!("SQLSTATE {code}"))))
}

/// The second key of the advisory lock of a database.
fn lock_key(name: &str) -> i32 {
    let digest = Sha256::digest(name.as_bytes());
    i32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}
