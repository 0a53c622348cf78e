//! Where the database is: an environment of the project, a URL, or the embedded server.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::apply::{ApplyOptions, apply};
use super::postgres::{ConnInfo, EmbeddedOptions, EmbeddedServer, Session};
use super::prepare::{Request, prepare};
use super::project::{Project, Where};
use super::{Error, Result};
use crate::core::graph::Direction;
use crate::core::plan::{Approval, EnvironmentName};

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
        let environment = project.environment_name(options)?;
        let text = match project.locate(options)? {
            Where::Url(url) => Some(url),
            Where::Variables => None,
            Where::Embedded => return Self::embedded(project, environment, options.yes).await,
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

    /// Whether it is limbeck's own server.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    async fn embedded(project: &Project, environment: EnvironmentName, download: bool) -> Result<Self> {
        let server = EmbeddedServer::start(&project.config_path, &EmbeddedOptions::of_process(download)).await?;
        let conninfo = ConnInfo::socket(server.socket_folder(), server.port(), server.user(), server.database());
        let server = Arc::new(server);
        let target = Self { environment, conninfo: Arc::new(conninfo), embedded: Some(server.clone()) };
        if server.is_new() {
            if let Some(revision) = &project.config.database.embedded_at {
                target.bring_to(project, revision).await?;
            }
            server.mark_ready()?;
        }
        Ok(target)
    }

    /// Brings a new, empty database to its first revision.
    async fn bring_to(&self, project: &Project, revision: &str) -> Result<()> {
        let tree = project.read_scripts();
        let request = Request { direction: Direction::Upgrade, target: revision.to_owned(), mode: None };
        let plan = prepare(project, &tree, self, &request).await?;
        let approval = Approval::not_needed(plan).map_err(|error| {
            Error::new(format!("the embedded database cannot be brought to embedded_at = \"{revision}\""))
                .because(error)
        })?;
        let never = CancellationToken::new();
        let applied = apply(project, self, &approval, &ApplyOptions::default(), &|_| {}, &never).await;
        // Another limbeck that opened the project at the same moment may have been first.
        if applied.is_err() && prepare(project, &tree, self, &request).await?.is_empty() {
            return Ok(());
        }
        applied.map(drop)
    }
}
