//! Lists copies, restores one copy without running a step, and drops copies (`limbeck kept`).

use std::time::Duration;

use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use super::restore::{Restoration, StepMode};
use super::store::{CopyStore, StoredCopy};
use super::{CopyError, RestoredCopy};
use crate::core::copies::CopyKind;
use crate::core::text::plural;
use crate::engine::cancel::cancel_on_server;
use crate::engine::connection::identifier::literal;
use crate::engine::connection::{Session, database_error};
use crate::engine::error::describe_state;
use crate::engine::project::Project;
use crate::engine::state::VersionTable;
use crate::engine::state::lock::{self, LockWait};
use crate::engine::{Error, ErrorKind, Result, Target};

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
    let work = async {
        let session = connect(project, target).await?;
        let Some(store) = CopyStore::find(session.client()).await? else { return check_ids(which, Vec::new()) };
        read_selected(&session, &store, which).await
    };
    work.await.map_err(|error| describe_state(error, "the copies were not changed"))
}

/// Restores a copy in one transaction, while no other migrator runs.
///
/// # Errors
/// If the copy does not exist or cannot be restored (with the reason), if another migrator holds the lock, or if it was
/// cancelled.
pub async fn restore_copy(
    project: &Project,
    target: &Target,
    id: i64,
    cancel: &CancellationToken,
) -> Result<RestoredCopy> {
    let begun = begin(project, target, &CopySelection::Ids(vec![id])).await;
    let begun = begun.map_err(|error| describe_state(error, &format!("copy {id} was not restored")))?;
    let Some((session, store, copies)) = begun else { return Err(unknown_copy(id)) };
    let client = session.client();
    let Some(copy) = copies.first().cloned() else { return Err(unknown_copy(id)) };
    let mut restoration = Restoration::new(store, project.config.apply.role.as_deref(), copies, true);
    let rolled_back = "the transaction was rolled back; the copy still exists";
    let work = async {
        client.batch_execute("BEGIN").await?;
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
    let work = async { work.await.map_err(|error: CopyError| error.into_error().because(rolled_back)) };
    match cancel_on_server(&session, cancel, rolled_back, work).await {
        Ok(restored) => {
            commit(client, &format!("it is unknown whether copy {id} was restored")).await?;
            Ok(restored)
        }
        Err(error) => {
            let _ = client.batch_execute("ROLLBACK").await;
            Err(if error.kind == ErrorKind::Connection { error.hint(CHECK_COPIES) } else { error })
        }
    }
}

/// What to do after a connection was lost.
const CHECK_COPIES: &str = "when the server is available, run `limbeck kept list`, and then the same command for the copies that \
    still exist";

/// Commits. `unknown`: the state of the database if the connection is lost.
async fn commit(client: &Client, unknown: &str) -> Result<()> {
    let committed = client.batch_execute("COMMIT").await.map_err(|error| database_error(&error));
    committed.map_err(|error| match error.kind {
        ErrorKind::Connection => error.because(unknown).hint(CHECK_COPIES),
        _ => error,
    })
}

/// Connects, takes the lock and reads the selected copies. `None` if no copies were ever made in this database.
async fn begin(
    project: &Project,
    target: &Target,
    which: &CopySelection,
) -> Result<Option<(Session, CopyStore, Vec<StoredCopy>)>> {
    let session = connect(project, target).await?;
    session.require_writes()?;
    acquire_lock(project, &session).await?;
    let Some(store) = CopyStore::find(session.client()).await? else { return Ok(None) };
    let copies = read_selected(&session, &store, which).await?;
    Ok(Some((session, store, copies)))
}

/// Drops copies permanently, while no other migrator runs. Returns the dropped copies.
///
/// # Errors
/// If a copy does not exist, the role is not permitted to drop it, or another migrator holds the lock.
pub async fn drop_copies(project: &Project, target: &Target, which: &CopySelection) -> Result<Vec<StoredCopy>> {
    let begun = begin(project, target, which).await;
    let begun = begun.map_err(|error| describe_state(error, "no copy was dropped"))?;
    let Some((session, store, copies)) = begun else { return check_ids(which, Vec::new()) };
    for (done, copy) in copies.iter().enumerate() {
        drop_copy(session.client(), &store, copy.id).await.map_err(|error| {
            let count = plural(copies.len() as u64, "copy");
            if copies.len() == 1 {
                error
            } else {
                error.because(format!("dropped before the error: {done} of {count}"))
            }
        })?;
    }
    Ok(copies)
}

/// Drops one copy in a transaction.
async fn drop_copy(client: &Client, store: &CopyStore, id: i64) -> Result<()> {
    let work = async {
        client.batch_execute("BEGIN").await?;
        store.remove(client, id, "dropped").await
    };
    if let Err(error) = work.await {
        let _ = client.batch_execute("ROLLBACK").await;
        let error = error.into_error();
        let lost = error.kind == ErrorKind::Connection;
        let error = error.because(format!("copy {id} was not dropped"));
        return Err(if lost { error.hint(CHECK_COPIES) } else { error });
    }
    commit(client, &format!("it is unknown whether copy {id} was dropped")).await
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
    let wait = LockWait { is_allowed: false, report: &|_| {}, cancel: &never };
    lock::acquire(session, &table.sql(), wait).await
}

async fn read_selected(session: &Session, store: &CopyStore, which: &CopySelection) -> Result<Vec<StoredCopy>> {
    let client = session.client();
    let copies = match which {
        CopySelection::All => store.read(client, "true", &[]).await,
        CopySelection::Ids(ids) => store.read(client, "id = ANY ($1)", &[ids]).await,
        CopySelection::OlderThan(age) => {
            let seconds = age.as_secs_f64();
            store.read(client, "at < (clock_timestamp() - make_interval(secs => $1))", &[&seconds]).await
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
