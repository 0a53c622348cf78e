//! Writes the version table without running scripts.

use super::connection::{Session, database_error};
use super::project::{Project, ScriptTree};
use super::state::ledger_scripts;
use super::state::{VersionTable, lock};
use super::{Result, Target};
use crate::core::graph::Path;

/// Sets the version table to the targets (`head`, `base`, ids, …). With `purge`, all rows are deleted first.
///
/// # Errors
/// When a target cannot be resolved or the table cannot be written.
pub async fn stamp(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    targets: &[String],
    purge: bool,
) -> Result<Path> {
    tree.require_valid()?;
    let session = target.connect("limbeck stamp").await?;
    session.require_writes()?;
    let table = VersionTable::new(&project.config.database.version_table);
    let client = session.client();
    let never = tokio_util::sync::CancellationToken::new();
    lock::acquire(client, &table.sql(), true, &|_, _| {}, &never).await?;
    table.ensure(client).await?;
    client.batch_execute("BEGIN").await.map_err(|error| database_error(&error))?;
    let written = write(&table, &session, tree, targets, purge).await;
    let end = if written.is_ok() { "COMMIT" } else { "ROLLBACK" };
    client.batch_execute(end).await.map_err(|error| database_error(&error))?;
    written
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

async fn write(
    table: &VersionTable,
    session: &Session,
    tree: &ScriptTree,
    targets: &[String],
    purge: bool,
) -> Result<Path> {
    let client = session.client();
    table.lock(client).await.map_err(|error| database_error(&error))?;
    let from = table.heads(client).await?;
    let start = if purge {
        client.batch_execute(&format!("DELETE FROM {}", table.sql())).await.map_err(|error| database_error(&error))?;
        Vec::new()
    } else {
        from.clone()
    };
    let tree = ledger_scripts::add_missing_scripts(tree, client, &start).await?;
    let mut path = tree.graph.stamp(targets, &start)?;
    for change in path.steps.iter().flat_map(|step| &step.changes) {
        table.write(client, change).await?;
    }
    path.from = from;
    Ok(path)
}
