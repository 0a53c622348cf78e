//! Where the database is: an environment of the project, a URL, or the embedded server.

use std::sync::Arc;

use super::postgres::{ConnInfo, EmbeddedServer, Session};
use super::project::Project;
use super::{Error, Result};
use crate::core::plan::EnvironmentName;

/// What the command line says about the target.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// `-e/--env`.
    pub environment: Option<String>,
    /// `--database-url`.
    pub database_url: Option<String>,
    /// `--embedded`.
    pub embedded: bool,
    /// `--yes`: download PostgreSQL's programs where there are none.
    pub yes: bool,
}

/// A database that sessions can be opened on. Holds the embedded server alive, where it is one.
#[derive(Debug, Clone)]
pub struct Target {
    pub environment: EnvironmentName,
    conninfo: Arc<ConnInfo>,
    embedded: Option<Arc<EmbeddedServer>>,
}

impl Target {
    /// Finds out where the database is; starts the embedded server when that is the one.
    ///
    /// # Errors
    /// When no URL is given and the embedded server is not asked for, when a connection string
    /// cannot be read, or when the embedded server does not start.
    pub async fn resolve(project: &Project, options: &ConnectOptions) -> Result<Self> {
        let _ = (project, options);
        Err(Error::new("not built yet"))
    }

    /// Opens a session; `application` says in `pg_stat_activity` what it is for.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn connect(&self, application: &str) -> Result<Session> {
        Session::open(&self.conninfo, application).await
    }

    /// How the database is reached.
    #[must_use]
    pub fn conninfo(&self) -> &ConnInfo {
        &self.conninfo
    }

    /// Whether it is limbeck's own server.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }
}
