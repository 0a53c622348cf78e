//! The database as the UI keeps it: where it is, and one session for reading its heads.

use std::sync::{Mutex, PoisonError};

use crate::engine::postgres::Session;
use crate::engine::project::Project;
use crate::engine::status::{Status, status};
use crate::engine::{ConnectOptions, ErrorKind, Result, Target};

/// What the UI's sessions are called in `pg_stat_activity`.
const APPLICATION: &str = "limbeck ui";

/// The connection that is kept between effects.
#[derive(Default)]
pub(super) struct Connection {
    /// Held only for a copy, never across an `.await`.
    target: Mutex<Option<Target>>,
    session: tokio::sync::Mutex<Option<Session>>,
}

impl Connection {
    /// Finds out anew where the database is, connects, and reads the heads.
    pub(super) async fn connect(&self, project: &Project, options: &ConnectOptions) -> Result<Status> {
        let mut session = self.session.lock().await;
        *session = None;
        let target = Target::resolve(project, options).await?;
        self.remember(&target);
        let fresh = target.connect(APPLICATION).await?;
        let status = status(project, &fresh).await?;
        *session = Some(fresh);
        Ok(status)
    }

    /// Reads the heads; where the session is gone, a new one is tried once.
    pub(super) async fn status(&self, project: &Project, options: &ConnectOptions) -> Result<Status> {
        let mut session = self.session.lock().await;
        if let Some(kept) = session.as_ref() {
            match status(project, kept).await {
                Err(_) if kept.client().is_closed() => *session = None,
                Err(error) if error.kind == ErrorKind::Connection => *session = None,
                answer => return answer,
            }
        }
        let target = self.target(project, options).await?;
        let fresh = target.connect(APPLICATION).await?;
        let answer = status(project, &fresh).await?;
        *session = Some(fresh);
        Ok(answer)
    }

    /// Where the database is, found out once.
    pub(super) async fn target(&self, project: &Project, options: &ConnectOptions) -> Result<Target> {
        let known = self.target.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(target) = known {
            return Ok(target);
        }
        let target = Target::resolve(project, options).await?;
        self.remember(&target);
        Ok(target)
    }

    /// Forgets where the database is: the environment has changed.
    pub(super) fn forget(&self) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn remember(&self, target: &Target) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = Some(target.clone());
    }
}
