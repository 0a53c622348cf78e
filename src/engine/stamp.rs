//! Writes the version table without running scripts.

use tokio_postgres::Client;

use super::cancel::cancel_on_server;
use super::connection::{Session, database_error};
use super::error::describe_state;
use super::project::{Project, ScriptTree};
use super::state::lock::{self, LockWait};
use super::state::{VersionTable, ledger_scripts};
use super::{Error, ErrorKind, Result, Target};
use crate::core::graph::{ALEMBIC_WIDTH, Path, VersionChange};

/// What a stamp writes into the version table.
#[derive(Debug, Clone, Copy)]
pub struct StampRequest<'a> {
    /// `head`, `base`, ids, …
    pub targets: &'a [String],
    /// All rows are deleted first. They may be faulty.
    pub purge: bool,
}

/// The state of the version table after an error before the commit.
const NOT_CHANGED: &str = "the version table was not changed";

/// Sets the version table to the targets, while no other migrator runs.
///
/// # Errors
/// When a target cannot be resolved or the table cannot be written; `Interrupted` when it was cancelled.
pub async fn stamp(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    request: StampRequest<'_>,
    wait: LockWait<'_>,
) -> Result<Path> {
    tree.require_valid()?;
    let table = VersionTable::new(&project.config.database.version_table);
    let begun = begin(target, &table, wait).await;
    let session = begun.map_err(|error| describe_state(error, NOT_CHANGED))?;
    let client = session.client();
    let write =
        StampWriter { table: &table, client, purge: request.purge, fits_new: target.embedded_server().is_some() };
    let work = async {
        // The rows are only shown, so the purge also works if they cannot be read.
        let before = if request.purge { table.rows(client).await.unwrap_or_default().heads } else { Vec::new() };
        client.batch_execute("BEGIN").await.map_err(|error| database_error(&error))?;
        Ok((write.run(tree, request.targets).await?, before))
    };
    let written = cancel_on_server(&session, wait.cancel, NOT_CHANGED, work).await;
    let end = if written.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = client.batch_execute(end).await.map_err(|error| database_error(&error));
    let (mut path, before) =
        written.map_err(|error| describe_lost(error, "the version table was not changed: the server rolls back"))?;
    ended.map_err(|error| describe_lost(error, "it is unknown whether the version table was changed"))?;
    if request.purge {
        path.from = before;
    }
    Ok(path)
}

/// Connects and takes the migration lock.
async fn begin(target: &Target, table: &VersionTable, wait: LockWait<'_>) -> Result<Session> {
    let session = target.connect("limbeck stamp").await?;
    session.require_writes()?;
    lock::acquire(&session, &table.sql(), wait).await?;
    Ok(session)
}

/// Adds the state of the version table to the error of a lost connection.
fn describe_lost(error: Error, state: &str) -> Error {
    if error.kind != ErrorKind::Connection {
        return error;
    }
    error
        .because(state)
        .hint("when the server is available, run `limbeck current`; if the revision is wrong, stamp again")
}

/// Creates the version table if it does not exist.
///
/// # Errors
/// When the server cannot be reached or the role may not create it.
pub async fn ensure_version(project: &Project, target: &Target) -> Result<()> {
    let session = target.connect("limbeck ensure_version").await?;
    let table = VersionTable::new(&project.config.database.version_table);
    if !table.exists(session.client()).await? {
        session.require_writes()?;
    }
    table.ensure(session.client()).await
}

/// How a stamp writes the version table.
struct StampWriter<'a> {
    table: &'a VersionTable,
    client: &'a Client,
    purge: bool,
    /// Whether a new table is created wide enough for every id.
    fits_new: bool,
}

impl StampWriter<'_> {
    /// Writes the targets, in the started transaction. With `purge`, the rows are deleted without being read.
    async fn run(&self, tree: &ScriptTree, targets: &[String]) -> Result<Path> {
        let Self { table, client, purge, fits_new } = *self;
        if !table.exists(client).await? {
            let path = tree.graph.stamp(targets, &[])?;
            table.require_writable(client, &changes(&path), fits_new).await?;
            let width = if fits_new { VersionChange::width_for(changes(&path)) } else { ALEMBIC_WIDTH };
            table.ensure_width(client, width).await?;
        }
        table.require_writable(client, &[], fits_new).await?;
        table.lock(client).await.map_err(|error| database_error(&error))?;
        let start = if purge {
            let delete = format!("DELETE FROM {}", table.sql());
            client.batch_execute(&delete).await.map_err(|error| database_error(&error))?;
            Vec::new()
        } else {
            table.heads(client).await?
        };
        let tree = ledger_scripts::add_missing_scripts(tree, client, &start).await?;
        tree.graph.check_rows(&start)?;
        let path = tree.graph.stamp(targets, &start)?;
        table.require_writable(client, &changes(&path), fits_new).await?;
        for change in changes(&path) {
            table.write(client, change).await?;
        }
        Ok(path)
    }
}

fn changes(path: &Path) -> Vec<&VersionChange> {
    path.steps.iter().flat_map(|step| &step.changes).collect()
}
