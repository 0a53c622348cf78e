//! A server for checks that have no target: the server of `[scratch] url`, or a private server that is removed afterwards.

use crate::engine::connection::{ConnInfo, EmbeddedOptions, EmbeddedServer, Session, database_error, identifier};
use crate::engine::project::Project;
use crate::engine::{Result, Target};

use super::database;

/// A server on which scratch databases are created. [`Self::remove`] stops a private server and removes its files.
#[derive(Debug)]
pub struct ThrowawayServer {
    target: Target,
    server: Option<EmbeddedServer>,
}

impl ThrowawayServer {
    /// Finds the server of `[scratch] url`, or starts a private one. `download`: see [`EmbeddedOptions`].
    ///
    /// # Errors
    /// When the URL cannot be read, PostgreSQL's programs are not installed, or the private server does not start.
    pub async fn start(project: &Project, download: bool) -> Result<Self> {
        if let Some(url) = &project.config.scratch.url {
            let conninfo = ConnInfo::resolve(Some(&project.expand(url)?), &project.variables)?;
            return Ok(Self { target: Target::scratch(conninfo), server: None });
        }
        let options = EmbeddedOptions::of_process(download);
        let server = EmbeddedServer::temporary(&database::unique_name()?, &options).await?;
        let conninfo = ConnInfo::socket(server.socket_folder(), server.port(), server.user(), server.database());
        let throwaway = Self { target: Target::scratch(conninfo), server: Some(server) };
        if let Some(role) = &project.config.apply.role {
            throwaway.create_superuser(role).await?;
        }
        Ok(throwaway)
    }

    /// The server's own database, which takes the place of a target.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Stops a private server and removes its files.
    ///
    /// # Errors
    /// When it does not stop in time, or a file cannot be removed.
    pub async fn remove(self) -> Result<()> {
        match self.server {
            Some(server) => server.remove().await,
            None => Ok(()),
        }
    }

    /// Creates the role of `[apply] role`, which creates all objects.
    async fn create_superuser(&self, role: &str) -> Result<()> {
        let session = Session::open(self.target.conninfo(), "limbeck scratch").await?;
        let sql = format!("CREATE ROLE {} SUPERUSER", identifier::quote(role));
        match session.client().batch_execute(&sql).await {
            // It may be the role of the server itself.
            Err(error) if error.code() != Some(&tokio_postgres::error::SqlState::DUPLICATE_OBJECT) => {
                Err(database_error(&error))
            }
            _ => Ok(()),
        }
    }
}
