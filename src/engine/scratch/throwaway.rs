//! A server for checks that have no target: the server of `[scratch] url`, or a private server that is removed afterwards.

use std::collections::BTreeSet;

use tokio_postgres::error::SqlState;

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
    /// Finds the server of `[scratch] url`, or starts a private one, which gets the roles. `download`: see
    /// [`EmbeddedOptions`].
    ///
    /// # Errors
    /// When the URL cannot be read, PostgreSQL's programs are not installed, or the private server does not start.
    pub async fn start(project: &Project, roles: &BTreeSet<String>, download: bool) -> Result<Self> {
        if let Some(url) = &project.config.scratch.url {
            let conninfo = ConnInfo::resolve(Some(&project.expand(url)?), &project.variables)?;
            return Ok(Self { target: Target::scratch(conninfo), server: None });
        }
        let options = EmbeddedOptions::of_process(download);
        let server = EmbeddedServer::temporary(&database::unique_name()?, &options).await?;
        let conninfo = ConnInfo::socket(server.socket_folder(), server.port(), server.user(), server.database());
        let throwaway = Self { target: Target::scratch(conninfo), server: Some(server) };
        if let Some(role) = &project.config.apply.role {
            // It creates all objects.
            throwaway.create_role(role, "SUPERUSER").await?;
        }
        for role in roles {
            throwaway.create_role(role, "").await?;
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

    async fn create_role(&self, role: &str, attributes: &str) -> Result<()> {
        let session = Session::open(self.target.conninfo(), "limbeck scratch").await?;
        let sql = format!("CREATE ROLE {} {attributes}", identifier::quote(role));
        match session.client().batch_execute(&sql).await {
            // It may be the role of the server itself, or a role of PostgreSQL.
            Err(error)
                if ![Some(&SqlState::DUPLICATE_OBJECT), Some(&SqlState::RESERVED_NAME)].contains(&error.code()) =>
            {
                Err(database_error(&error))
            }
            _ => Ok(()),
        }
    }
}
