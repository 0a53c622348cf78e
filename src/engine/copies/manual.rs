//! Lists copies, restores one copy without running a step, and drops copies (`limbeck kept`).

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::restore::{Restoration, StepMode};
use super::store::{CopyStore, StoredCopy};
use super::{CopyError, RestoredCopy};
use crate::core::copies::CopyKind;
use crate::engine::connection::identifier::literal;
use crate::engine::connection::{Session, database_error};
use crate::engine::project::Project;
use crate::engine::state::{VersionTable, lock};
use crate::engine::{Error, Result, Target};

/// Selects copies to list or to drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopySelection {
    All,
    /// Those with these ids. Each must exist.
    Ids(Vec<i64>),
    OlderThan(Duration),
}

/// The existing copies, the newest first.
///
/// # Errors
/// If a query fails, or the role is not permitted to read the table of copies.
pub async fn list_copies(project: &Project, target: &Target, which: &CopySelection) -> Result<Vec<StoredCopy>> {
    let session = connect(project, target).await?;
    let Some(store) = CopyStore::find(session.client()).await? else { return check_ids(which, Vec::new()) };
    read_selected(&session, &store, which).await
}

/// Restores a copy in one transaction, while no other migrator runs.
///
/// # Errors
/// If the copy does not exist or cannot be restored (with the reason), or if another migrator holds the lock.
pub async fn restore_copy(project: &Project, target: &Target, id: i64) -> Result<RestoredCopy> {
    let session = connect(project, target).await?;
    session.require_writes()?;
    let client = session.client();
    acquire_lock(project, &session).await?;
    let Some(store) = CopyStore::find(client).await? else { return Err(unknown_copy(id)) };
    let copies = read_selected(&session, &store, &CopySelection::Ids(vec![id])).await?;
    let Some(copy) = copies.first().cloned() else { return Err(unknown_copy(id)) };
    let mut restoration = Restoration::new(store, project.config.apply.role.as_deref(), copies, true);
    client.batch_execute("BEGIN").await.map_err(|error| database_error(&error))?;
    let work = async {
        if copy.kind == CopyKind::Values {
            restoration.start(client, StepMode::InTransaction).await?;
        }
        let outcome = restoration.finish(client).await?;
        let refused = outcome.not_restored.into_iter().next().map(|(_, why)| cannot_restore(&copy, &why));
        match (refused, outcome.restored.into_iter().next()) {
            (None, Some(restored)) => Ok(restored),
            (Some(refusal), _) => Err(CopyError::Refused(refusal)),
            (None, None) => Err(CopyError::Refused(cannot_restore(&copy, "it contains nothing that can be restored"))),
        }
    };
    match work.await {
        Ok(restored) => {
            client.batch_execute("COMMIT").await.map_err(|error| database_error(&error))?;
            Ok(restored)
        }
        Err(error) => {
            let _ = client.batch_execute("ROLLBACK").await;
            Err(error.into_error().because("the transaction was rolled back; the copy still exists"))
        }
    }
}

/// Drops copies permanently, while no other migrator runs. Returns the dropped copies.
///
/// # Errors
/// If a copy does not exist, the role is not permitted to drop it, or another migrator holds the lock.
pub async fn drop_copies(project: &Project, target: &Target, which: &CopySelection) -> Result<Vec<StoredCopy>> {
    let session = connect(project, target).await?;
    session.require_writes()?;
    let client = session.client();
    acquire_lock(project, &session).await?;
    let Some(store) = CopyStore::find(client).await? else { return check_ids(which, Vec::new()) };
    let copies = read_selected(&session, &store, which).await?;
    for copy in &copies {
        client.batch_execute("BEGIN").await.map_err(|error| database_error(&error))?;
        let removed = store.remove(client, copy.id, "dropped").await;
        if let Err(error) = removed {
            let _ = client.batch_execute("ROLLBACK").await;
            return Err(error.into_error());
        }
        client.batch_execute("COMMIT").await.map_err(|error| database_error(&error))?;
    }
    Ok(copies)
}

async fn connect(project: &Project, target: &Target) -> Result<Session> {
    let session = target.connect("limbeck kept").await?;
    let settings = format!("SET lock_timeout = {}", literal(&project.config.apply.lock_timeout));
    session.client().batch_execute(&settings).await.map_err(|error| database_error(&error))?;
    Ok(session)
}

/// Takes the lock that excludes other migrators, without waiting for it.
async fn acquire_lock(project: &Project, session: &Session) -> Result<()> {
    let table = VersionTable::new(&project.config.database.version_table);
    let never = CancellationToken::new();
    lock::acquire(session.client(), &table.sql(), false, &|_, _| {}, &never).await
}

async fn read_selected(session: &Session, store: &CopyStore, which: &CopySelection) -> Result<Vec<StoredCopy>> {
    let client = session.client();
    let copies = match which {
        CopySelection::All => store.read(client, "true", &[]).await,
        CopySelection::Ids(ids) => store.read(client, "id = ANY ($1)", &[ids]).await,
        CopySelection::OlderThan(age) => {
            let seconds = age.as_secs_f64();
            store.read(client, "at < clock_timestamp() - make_interval(secs => $1)", &[&seconds]).await
        }
    };
    check_ids(which, copies.map_err(CopyError::into_error)?)
}

/// Refuses ids that no copy has.
fn check_ids(which: &CopySelection, copies: Vec<StoredCopy>) -> Result<Vec<StoredCopy>> {
    if let CopySelection::Ids(ids) = which
        && let Some(id) = ids.iter().find(|id| !copies.iter().any(|copy| copy.id == **id))
    {
        return Err(unknown_copy(*id));
    }
    Ok(copies)
}

fn unknown_copy(id: i64) -> Error {
    Error::new(format!("copy {id} does not exist")).hint("`limbeck kept list` shows the existing copies")
}

fn cannot_restore(copy: &StoredCopy, why: &str) -> Error {
    let error = Error::new(format!("cannot restore the copy of {}: {why}", copy.object));
    match &copy.name {
        Some(name) => error.hint(format!("you can read its data in the table {name}")),
        None => error,
    }
}
