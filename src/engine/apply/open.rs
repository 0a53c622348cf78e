//! Opens the sessions of a run and takes the migration lock.

use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use super::{ApplyOptions, Progress, ReportProgress};
use crate::engine::connection::{Session, database_error, pooler};
use crate::engine::project::Project;
use crate::engine::state::VersionTable;
use crate::engine::state::lock::{self, LockAttempt};
use crate::engine::{Error, ErrorKind, Result, Target};

/// The two sessions of a run that holds the lock.
pub(super) struct Opened {
    pub guard: Session,
    pub worker: Session,
    pub table: VersionTable,
    /// As [`Run::settings`](super::run::Run::settings).
    pub settings: String,
}

/// Opens the two sessions and takes the lock. `worker` is the application name of the second session.
pub(super) async fn open(
    project: &Project,
    target: &Target,
    worker: &str,
    options: &ApplyOptions,
    report: ReportProgress<'_>,
    cancel: &CancellationToken,
) -> Result<Opened> {
    let table = VersionTable::new(&project.config.database.version_table);
    let since = Instant::now();
    let mut sessions = None;
    let mut last_sessions = since;
    let mut is_wait_reported = false;
    loop {
        let (guard, worker) = match sessions.take() {
            Some(open) => open,
            None => match open_sessions(project, target, worker, cancel).await? {
                Some(open) => open,
                None if last_sessions.elapsed() > pooler::BOTH_SESSIONS_LIMIT => {
                    return Err(pooler::exhausted_error(target.conninfo(), last_sessions.elapsed()));
                }
                None => {
                    if !std::mem::replace(&mut is_wait_reported, true) {
                        let message = "waiting for server connections of the connection pooler".to_owned();
                        report(Progress::Notice { severity: "note".into(), message });
                    }
                    wait(pooler::random_pause(), cancel).await?;
                    continue;
                }
            },
        };
        last_sessions = Instant::now();
        match lock::try_acquire(&guard, &table.sql()).await? {
            LockAttempt::Acquired => {
                let settings = project.config.apply.session_settings(worker.server());
                return Ok(Opened { guard, worker, table, settings });
            }
            LockAttempt::Held(holder) if options.no_wait => return Err(lock::held_error(holder)),
            LockAttempt::Held(holder) => report(Progress::WaitingForMigrator { holder, waited: since.elapsed() }),
        }
        // The holder of the lock may wait for server connections of the same pool.
        let pause = if guard.is_pooled() {
            pooler::random_pause()
        } else {
            sessions = Some((guard, worker));
            lock::RETRY_INTERVAL
        };
        wait(pause, cancel).await?;
    }
}

/// Opens both sessions. `None`: a pooler gave only one server connection, which was given back.
async fn open_sessions(
    project: &Project,
    target: &Target,
    worker: &str,
    cancel: &CancellationToken,
) -> Result<Option<(Session, Session)>> {
    let guard = connect(target, "limbeck lock", cancel).await?;
    guard.require_writes()?;
    let second = connect(target, worker, cancel);
    let worker = if guard.is_pooled() {
        match tokio::time::timeout(pooler::SECOND_SESSION_LIMIT, second).await {
            Ok(Err(error)) if error.kind == ErrorKind::Connection => return Ok(None),
            Ok(opened) => opened?,
            Err(_) => return Ok(None),
        }
    } else {
        second.await?
    };
    let settings = project.config.apply.session_settings(worker.server());
    for session in [&guard, &worker] {
        session.client().batch_execute(&settings).await.map_err(|error| database_error(&error))?;
    }
    Ok(Some((guard, worker)))
}

/// Connects, unless the run is cancelled first: a server that does not answer cannot be asked to cancel.
async fn connect(target: &Target, application: &str, cancel: &CancellationToken) -> Result<Session> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(cancelled_before_start()),
        session = target.connect(application) => session,
    }
}

/// The error of a cancel before the run has started.
pub(super) fn cancelled_before_start() -> Error {
    Error::of(ErrorKind::Interrupted, "cancelled; nothing was run")
}

async fn wait(pause: Duration, cancel: &CancellationToken) -> Result<()> {
    tokio::select! {
        () = tokio::time::sleep(pause) => Ok(()),
        () = cancel.cancelled() => Err(lock::cancelled_error()),
    }
}
