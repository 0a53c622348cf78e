//! Where the database is: an environment of the project, a URL, or the embedded server.

use std::sync::Arc;

use super::Result;
use super::connection::{ConnInfo, EmbeddedOptions, EmbeddedServer, Session};
use super::project::{DatabaseLocation, Project};
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
    /// Finds out where the database is; starts the embedded server if it is on that server. A new embedded database
    /// stays empty: [`open`](super::open::open) upgrades it.
    ///
    /// # Errors
    /// When no URL is given and the embedded server is not asked for, when a connection string
    /// cannot be read, or when the embedded server does not start.
    pub(super) async fn resolve(project: &Project, options: &ConnectOptions) -> Result<Self> {
        let environment = project.environment_name(options)?;
        let text = match project.locate(options)? {
            DatabaseLocation::Url(url) => Some(url),
            DatabaseLocation::Variables => None,
            DatabaseLocation::Embedded => return Self::start_embedded(project, environment, options.yes).await,
        };
        let conninfo = Arc::new(ConnInfo::resolve(text.as_deref(), &project.variables)?);
        Ok(Self { environment, conninfo, embedded: None })
    }

    /// A scratch database: of no environment, so nothing in it is protected.
    #[must_use]
    pub(super) fn scratch(conninfo: ConnInfo) -> Self {
        Self { environment: EnvironmentName::default(), conninfo: Arc::new(conninfo), embedded: None }
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

    /// limbeck's own server, if the database is on it.
    #[must_use]
    pub fn embedded_server(&self) -> Option<&EmbeddedServer> {
        self.embedded.as_deref()
    }

    async fn start_embedded(project: &Project, environment: EnvironmentName, download: bool) -> Result<Self> {
        let server = EmbeddedServer::start(&project.config_path, &EmbeddedOptions::of_process(download)).await?;
        let conninfo = ConnInfo::socket(server.socket_folder(), server.port(), server.user(), server.database());
        let server = Arc::new(server);
        Ok(Self { environment, conninfo: Arc::new(conninfo), embedded: Some(server) })
    }
}
