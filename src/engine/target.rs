//! The database to work on: an environment of the project, a URL, or the embedded server.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::connection::pooler::{self, Pooling};
use super::connection::{ConnInfo, EmbeddedOptions, EmbeddedServer, Session};
use super::project::{DatabaseLocation, Project, SessionSettings};
use super::script_process::SharedProcess;
use super::{Error, ErrorKind, Result};
use crate::core::plan::EnvironmentName;

/// The command line options that select the target.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// `-e/--env`.
    pub environment: Option<String>,
    /// `--database-url`.
    pub database_url: Option<String>,
    /// `--embedded`.
    pub embedded: bool,
    /// `--yes`: download PostgreSQL's programs when they are not installed.
    pub yes: bool,
}

/// A database to open sessions on. Keeps the embedded server running, if the database is on it.
#[derive(Debug, Clone)]
pub struct Target {
    pub environment: EnvironmentName,
    conninfo: Arc<ConnInfo>,
    settings: SessionSettings,
    embedded: Option<Arc<EmbeddedServer>>,
    /// Whether a connection pooler was observed, and gives each client a server connection of its own.
    has_own_sessions: Arc<OnceLock<()>>,
    /// Runs the project's Python scripts.
    scripts: SharedProcess,
}

impl Target {
    /// Determines the database, and starts the embedded server if the database is on it. A new embedded database stays
    /// empty: [`open`](super::open::open) upgrades it.
    ///
    /// # Errors
    /// When `env.py` computes the name of the version table, when there is no URL and the embedded server is not
    /// requested, when a connection string cannot be parsed, or when the embedded server does not start.
    pub(super) async fn resolve(project: &Project, options: &ConnectOptions) -> Result<Self> {
        project.require_version_table()?;
        let environment = project.environment_name(options)?;
        let scripts = SharedProcess::default();
        let text = match project.locate(options) {
            Ok(DatabaseLocation::Url(url)) => Some(url),
            Ok(DatabaseLocation::Variables) => None,
            Ok(DatabaseLocation::Embedded) => return Self::start_embedded(project, environment, options.yes).await,
            Err(unknown) if unknown.kind == ErrorKind::NoDatabase && project.alembic.is_some() => {
                Some(Box::pin(ask_env_py(project, &scripts)).await.map_err(|error| explain_unknown(error, unknown))?)
            }
            Err(error) => return Err(error),
        };
        let conninfo = Arc::new(ConnInfo::resolve(text.as_deref(), &project.variables)?);
        let settings = (&project.config.apply).into();
        Ok(Self { environment, conninfo, settings, embedded: None, has_own_sessions: Arc::default(), scripts })
    }

    /// Returns a scratch database as a target. It has no environment, so it is not protected. Its sessions start as the
    /// login role.
    #[must_use]
    pub(super) fn scratch(conninfo: ConnInfo) -> Self {
        Self {
            environment: EnvironmentName::default(),
            conninfo: Arc::new(conninfo),
            settings: SessionSettings::default(),
            embedded: None,
            has_own_sessions: Arc::default(),
            scripts: SharedProcess::default(),
        }
    }

    /// The same database, on which the Python process of another target runs scripts.
    #[must_use]
    pub(super) fn with_scripts_of(&self, other: &Self) -> Self {
        Self { scripts: other.scripts.clone(), ..self.clone() }
    }

    /// The Python process that runs scripts on this database.
    #[must_use]
    pub fn scripts(&self) -> &SharedProcess {
        &self.scripts
    }

    /// Opens a session as the role of `[apply] role`. `application` is shown in `pg_stat_activity`.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses the connection, the session cannot switch to the role, or a connection
    /// pooler shares its server connections between clients.
    pub async fn connect(&self, application: &str) -> Result<Session> {
        let session = self.connect_alone(application).await?;
        self.settings.apply(&session).await?;
        Ok(session)
    }

    /// Opens a session that has a server connection of its own.
    async fn connect_alone(&self, application: &str) -> Result<Session> {
        let since = Instant::now();
        loop {
            let session = Box::pin(Session::open(&self.conninfo, application)).await?;
            if !session.is_pooled() || self.has_own_sessions.get().is_some() {
                return Ok(session);
            }
            match Box::pin(pooler::observe(&session, &self.conninfo)).await? {
                Pooling::Session => {
                    let _ = self.has_own_sessions.set(());
                    return Ok(session);
                }
                Pooling::Shared => return Err(pooler::shared_error(&self.conninfo)),
                Pooling::Unknown if since.elapsed() > pooler::OBSERVATION_LIMIT => {
                    return Err(pooler::exhausted_error(&self.conninfo, since.elapsed()));
                }
                Pooling::Unknown => {}
            }
            // Other migrators may wait for the server connection of this session.
            drop(session);
            tokio::time::sleep(pooler::random_pause()).await;
        }
    }

    /// The connection parameters.
    #[must_use]
    pub fn conninfo(&self) -> &ConnInfo {
        &self.conninfo
    }

    /// The embedded server, if the database is on it.
    #[must_use]
    pub fn embedded_server(&self) -> Option<&EmbeddedServer> {
        self.embedded.as_deref()
    }

    async fn start_embedded(project: &Project, environment: EnvironmentName, download: bool) -> Result<Self> {
        let server = EmbeddedServer::start(&project.config_path, &EmbeddedOptions::of_process(download)).await?;
        let conninfo = ConnInfo::socket(server.socket_folder(), server.port(), server.user(), server.database());
        let settings = (&project.config.apply).into();
        let (server, conninfo) = (Arc::new(server), Arc::new(conninfo));
        let scripts = SharedProcess::default();
        Ok(Self { environment, conninfo, settings, embedded: Some(server), has_own_sessions: Arc::default(), scripts })
    }
}

/// Asks `env.py` for the database, because its code computes the URL.
async fn ask_env_py(project: &Project, scripts: &SharedProcess) -> Result<String> {
    let mut guard = scripts.get(project).await?;
    Ok(guard.process()?.find_connection(&|_| {}).await?.connection_string())
}

/// Adds to an error of Python why it was asked, and how to name the database without it.
fn explain_unknown(error: Error, unknown: Error) -> Error {
    let hints = [error.hint.clone(), unknown.hint].into_iter().flatten().collect::<Vec<_>>().join("; or ");
    error.because(unknown.message).hint(hints)
}
