//! Lets Alembic write a revision from a scratch database.

use std::pin::Pin;

use tokio_util::sync::CancellationToken;

use super::recorder::{Recorder, SideRecorder};
use crate::engine::connection::{Session, database_error};
use crate::engine::project::Project;
use crate::engine::script_process::{
    PassEnd, PassSessions, RevisionOptions, ScriptProcess, UnsavedScript, new_token, write_revision,
};
use crate::engine::{Error, ErrorKind, Result, Target};

/// Runs `alembic revision --autogenerate` on a scratch database whose version table has the heads. Returns the scripts
/// that Alembic wrote, which have no files.
///
/// # Errors
/// If the database cannot be used; if Alembic, `env.py` or the models fail; of kind `Interrupted` if it was cancelled.
pub async fn write_on(
    project: &Project,
    scratch: &Target,
    process: &mut ScriptProcess,
    options: RevisionOptions,
    cancel: &CancellationToken,
) -> Result<Vec<UnsavedScript>> {
    let session = scratch.connect("limbeck autogenerate").await?;
    let settings = project.config.apply.session_settings(session.server());
    session.client().batch_execute(&settings).await.map_err(|error| database_error(&error))?;
    let token = new_token()?;
    // No step runs, so that nothing is recorded.
    let recorder = Recorder::new(&token, process.position(), 0);
    let side = SideRecorder(&recorder);
    let command = process.command().to_owned();
    let open = || {
        let opened: Pin<Box<dyn Future<Output = Result<Session>> + Send + '_>> =
            Box::pin(scratch.connect("limbeck autogenerate"));
        opened
    };
    let sessions = PassSessions { main: (&session, &recorder), open: &open, side: &side };
    let (end, scripts) = write_revision(process, options, &sessions, &|_| {}, cancel).await;
    if cancel.is_cancelled() {
        return Err(Error::of(ErrorKind::Interrupted, "cancelled; nothing was written"));
    }
    match end {
        PassEnd::Done => Ok(scripts),
        PassEnd::Failed(failure) => Err(failure.into_error(&command)),
        PassEnd::Exited(error) | PassEnd::Unusable(error) => Err(error),
        PassEnd::ServerLost => Err(Error::of(ErrorKind::Connection, "the connection to the scratch database was lost")),
    }
}
