//! The database of the UI: its address, and a session that reads the heads.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::spawn_blocking;

use crate::core::graph::RevisionId;
use crate::engine::connection::Session;
use crate::engine::open::open;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::state::ledger_scripts;
use crate::engine::state::script_status::{self, ScriptHashes, ScriptStatus};
use crate::engine::state::status::{DatabaseStatus, read_status};
use crate::engine::{ConnectOptions, Error, ErrorKind, Result, Target};

/// The application name of the UI's sessions in `pg_stat_activity`.
const APPLICATION: &str = "limbeck ui";

/// The connection that is kept between effects.
#[derive(Default)]
pub(super) struct Connection {
    /// Locked only to copy it, never across an `.await`.
    target: Mutex<Option<Target>>,
    session: tokio::sync::Mutex<Option<Session>>,
    /// The ledger's hashes of the scripts that ran, and the state of the database that they belong to.
    hashes: tokio::sync::Mutex<Option<(State, Arc<ScriptHashes>)>>,
}

/// The heads and the newest row of the ledger. While both are the same, the hashes are valid.
type State = (Vec<RevisionId>, Option<i64>);

impl Connection {
    /// Resolves the address of the database, connects, and reads the heads.
    pub(super) async fn connect(&self, project: &Project, options: &ConnectOptions) -> Result<DatabaseStatus> {
        let mut session = self.session.lock().await;
        *session = None;
        *self.hashes.lock().await = None;
        let target = open(project, options).await?;
        self.remember(&target);
        let fresh = target.connect(APPLICATION).await?;
        let status = read_status(project, &fresh).await?;
        *session = Some(fresh);
        Ok(status)
    }

    /// Reads the heads. If the session is lost, it connects again once.
    pub(super) async fn read_status(&self, project: &Project, options: &ConnectOptions) -> Result<DatabaseStatus> {
        let mut session = self.session.lock().await;
        if let Some(kept) = session.as_ref() {
            match read_status(project, kept).await {
                Err(_) if kept.client().is_closed() => *session = None,
                Err(error) if error.kind == ErrorKind::Connection => *session = None,
                answer => return answer,
            }
        }
        let target = self.target(project, options).await?;
        let fresh = target.connect(APPLICATION).await?;
        let answer = read_status(project, &fresh).await?;
        *session = Some(fresh);
        Ok(answer)
    }

    /// Reads the ledger's records of the scripts. The hashes are read only if the database has changed.
    pub(super) async fn read_ledger(
        &self,
        tree: Arc<ScriptTree>,
        heads: Vec<RevisionId>,
        newest: Option<i64>,
    ) -> Result<ScriptStatus> {
        let mut known = self.hashes.lock().await;
        let session = self.session.lock().await;
        let unreachable = || Error::of(ErrorKind::Connection, "the server cannot be reached");
        let client = session.as_ref().ok_or_else(unreachable)?.client();
        let from_ledger = ledger_scripts::read_missing_scripts(&tree, client, &heads).await?;
        let state = (heads, newest);
        let hashes = match known.take() {
            Some((before, hashes)) if before == state => hashes,
            _ => Arc::new(script_status::read_script_hashes(client).await?),
        };
        drop(session);
        *known = Some((state, Arc::clone(&hashes)));
        let edited = spawn_blocking(move || script_status::find_edited(&tree, &hashes)).await;
        let edited = edited.map_err(|error| Error::new("the scripts could not be compared").because(error))?;
        Ok(ScriptStatus {
            edited,
            from_ledger: from_ledger.into_iter().map(|file| (file.script.revision.clone(), file)).collect(),
        })
    }

    /// The address of the database. It is resolved once.
    pub(super) async fn target(&self, project: &Project, options: &ConnectOptions) -> Result<Target> {
        let known = self.target.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(target) = known {
            return Ok(target);
        }
        let target = open(project, options).await?;
        self.remember(&target);
        Ok(target)
    }

    /// Forgets the address, because the environment has changed.
    pub(super) fn forget(&self) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn remember(&self, target: &Target) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = Some(target.clone());
    }
}
