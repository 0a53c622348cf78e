//! Copies by hand: which there are, putting one back without a step, and dropping them.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::restore::Restoration;
use super::store::{Copy, CopyStore};
use super::{CopyError, Restored};
use crate::engine::connection::identifier::{literal, quote};
use crate::engine::connection::{Session, database_error};
use crate::engine::project::Project;
use crate::engine::state::{VersionTable, lock};
use crate::engine::{Error, Result, Target};

/// Which copies are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    All,
    /// Those of these numbers; each must be there.
    These(Vec<i64>),
    OlderThan(Duration),
}

/// The copies that are there, the newest first; none where none was ever made.
///
/// # Errors
/// When the server cannot be asked, or the role may not read the table of copies.
pub async fn list(project: &Project, target: &Target, which: &Which) -> Result<Vec<Copy>> {
    let session = open(project, target).await?;
    let Some(place) = CopyStore::find(session.client()).await? else { return found(which, Vec::new()) };
    read(&session, &place, which).await
}

/// Puts a copy back now, all of it or nothing, while no other migrator is at work.
///
/// # Errors
/// When there is no such copy, when it cannot come back as things are (with the reason), or another migrator holds the
/// lock.
pub async fn restore(project: &Project, target: &Target, id: i64) -> Result<Restored> {
    let session = open(project, target).await?;
    let client = session.client();
    hold(project, &session).await?;
    let Some(place) = CopyStore::find(client).await? else { return Err(none_such(id)) };
    let copies = read(&session, &place, &Which::These(vec![id])).await?;
    let Some(copy) = copies.first().cloned() else { return Err(none_such(id)) };
    let mut pending = Restoration::of(place, project.config.apply.role.as_deref(), copies);
    client.batch_execute("BEGIN").await.map_err(|error| database_error(&error))?;
    let put_back = async {
        if copy.kind == crate::core::copies::Kind::Values {
            pending.start(client, false).await?;
        }
        let finished = pending.finish(client).await?;
        let refused = finished.stays.into_iter().next().map(|(_, why)| cannot(&copy, &why));
        match (refused, finished.restored.into_iter().next()) {
            (None, Some(restored)) => Ok(restored),
            (Some(refusal), _) => Err(CopyError::Refused(refusal)),
            (None, None) => Err(CopyError::Refused(cannot(&copy, "nothing of it has a place"))),
        }
    };
    match put_back.await {
        Ok(restored) => {
            client.batch_execute("COMMIT").await.map_err(|error| database_error(&error))?;
            Ok(restored)
        }
        Err(error) => {
            let _ = client.batch_execute("ROLLBACK").await;
            Err(error.into_error().because("rolled back; the copy stays"))
        }
    }
}

/// Drops copies for good, while no other migrator is at work; gives those that are gone.
///
/// # Errors
/// When a copy is not there, the role may not drop it, or another migrator holds the lock.
pub async fn drop_copies(project: &Project, target: &Target, which: &Which) -> Result<Vec<Copy>> {
    let session = open(project, target).await?;
    let client = session.client();
    hold(project, &session).await?;
    let Some(place) = CopyStore::find(client).await? else { return found(which, Vec::new()) };
    let copies = read(&session, &place, which).await?;
    for copy in &copies {
        client.batch_execute("BEGIN").await.map_err(|error| database_error(&error))?;
        let ended = place.end(client, copy.id, "dropped").await;
        if let Err(error) = ended {
            let _ = client.batch_execute("ROLLBACK").await;
            return Err(error.into_error());
        }
        client.batch_execute("COMMIT").await.map_err(|error| database_error(&error))?;
    }
    Ok(copies)
}

async fn open(project: &Project, target: &Target) -> Result<Session> {
    let session = target.connect("limbeck kept").await?;
    let apply = &project.config.apply;
    let role = apply.role.as_deref().map_or_else(String::new, |role| format!("SET ROLE {}; ", quote(role)));
    let settings = format!("{role}SET lock_timeout = {}", literal(&apply.lock_timeout));
    session.client().batch_execute(&settings).await.map_err(|error| database_error(&error))?;
    Ok(session)
}

/// Keeps migrators away, without waiting for one.
async fn hold(project: &Project, session: &Session) -> Result<()> {
    let table = VersionTable::new(&project.config.database.version_table);
    let never = CancellationToken::new();
    lock::acquire(session.client(), &table.sql(), false, &|_, _| {}, &never).await
}

async fn read(session: &Session, place: &CopyStore, which: &Which) -> Result<Vec<Copy>> {
    let client = session.client();
    let copies = match which {
        Which::All => place.read(client, "true", &[]).await,
        Which::These(ids) => place.read(client, "id = ANY ($1)", &[ids]).await,
        Which::OlderThan(age) => {
            let seconds = age.as_secs_f64();
            place.read(client, "at < clock_timestamp() - make_interval(secs => $1)", &[&seconds]).await
        }
    };
    found(which, copies.map_err(CopyError::into_error)?)
}

/// Refuses numbers that no copy has.
fn found(which: &Which, copies: Vec<Copy>) -> Result<Vec<Copy>> {
    if let Which::These(ids) = which
        && let Some(id) = ids.iter().find(|id| !copies.iter().any(|copy| copy.id == **id))
    {
        return Err(none_such(*id));
    }
    Ok(copies)
}

fn none_such(id: i64) -> Error {
    Error::new(format!("there is no copy {id}")).hint("`limbeck kept list` shows those that are there")
}

fn cannot(copy: &Copy, why: &str) -> Error {
    let error = Error::new(format!("the copy of {} cannot be put back: {why}", copy.object));
    match &copy.name {
        Some(name) => error.hint(format!("its values can be read from {name}")),
        None => error,
    }
}
