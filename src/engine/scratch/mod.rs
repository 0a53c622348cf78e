//! Scratch databases: empty databases with the properties of the target, on which scripts are proved. They are dropped
//! after use.
//!
//! A scratch database is created on the server of `[scratch] url`, on the target's server, or on a private server of
//! the target's version. Protected environments, and scripts that change objects shared by all databases, always use
//! a private server.

mod creator;
mod database;
mod database_properties;
mod dump;
mod load;
mod read;
mod replica;
mod requirements;
mod throwaway;

pub(super) use creator::{creator_role, with_creator_role};
pub(super) use read::{full_scope, read_schema};
pub(super) use replica::reload_schema;
pub use replica::{Replica, ReportScratch, ScratchOptions};
pub use requirements::ScratchRequirements;
pub use throwaway::ThrowawayServer;

use super::connection::{ConnInfo, EmbeddedOptions, EmbeddedServer, Programs};
use super::project::Project;
use super::{Result, Target};
use database::TemporaryDatabase;
use database_properties::DatabaseProperties;

/// A scratch database. [`Self::remove`] drops it. If the value is dropped instead, a background task removes it; if
/// that fails, the next run does.
#[derive(Debug)]
pub struct ScratchDatabase {
    target: Target,
    notes: Vec<String>,
    resources: Option<ScratchResources>,
}

/// The database and the server that must be removed.
#[derive(Debug)]
struct ScratchResources {
    database: TemporaryDatabase,
    server: Option<EmbeddedServer>,
}

impl ScratchDatabase {
    /// Creates an empty database with the target's encoding, locale and settings. Only reads the target's database.
    /// `download`: see [`EmbeddedOptions`].
    ///
    /// # Errors
    /// When the target cannot be read, or no server accepts the scratch database.
    pub async fn make(
        project: &Project,
        target: &Target,
        requirements: &ScratchRequirements,
        download: bool,
    ) -> Result<Self> {
        let session = target.connect("limbeck scratch").await?;
        let properties = DatabaseProperties::read(&session).await?;
        let obstacle = session.write_access().obstacle();
        drop(session);
        let owner = project.config.apply.role.as_deref();
        let reason = if target.environment.protected {
            "the environment is protected".to_owned()
        } else if let Some(reason) = &requirements.own_server {
            reason.clone()
        } else if let Some(url) = &project.config.scratch.url {
            let conninfo = ConnInfo::resolve(Some(&project.expand(url)?), &project.variables)?;
            return Self::on_server(&conninfo, &properties, owner).await.map_err(|error| {
                error.hint("the role of [scratch] url must be able to create databases: ALTER ROLE … CREATEDB")
            });
        } else if let Some(obstacle) = obstacle {
            format!("no database can be created on the target's server: {obstacle}")
        } else {
            match Self::on_server(target.conninfo(), &properties, owner).await {
                Ok(scratch) => return Ok(scratch),
                Err(error) => format!("no database can be created on the target's server: {error}"),
            }
        };
        Self::on_private_server(&properties, requirements, owner, download, &reason).await
    }

    /// The database, to open sessions on and to apply plans to.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Notes for the user: why the database is not on the target's server, or which properties differ from the target.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Drops the database and its private server.
    ///
    /// # Errors
    /// When the server refuses it or cannot be reached.
    pub async fn remove(mut self) -> Result<()> {
        match self.resources.take() {
            Some(resources) => resources.remove().await,
            None => Ok(()),
        }
    }

    async fn on_server(maintenance: &ConnInfo, properties: &DatabaseProperties, owner: Option<&str>) -> Result<Self> {
        let (database, mut notes) = TemporaryDatabase::make(maintenance, properties, owner).await?;
        notes.extend(properties.version_note(&database.server_version()));
        let target = Target::scratch(maintenance.with_database(database.name()));
        let scratch = Self { target, notes, resources: Some(ScratchResources { database, server: None }) };
        // A connection pooler or pg_hba.conf may allow only certain database names.
        if let Err(error) = scratch.target.connect("limbeck scratch").await {
            scratch.remove().await?;
            return Err(error);
        }
        Ok(scratch)
    }

    async fn on_private_server(
        properties: &DatabaseProperties,
        requirements: &ScratchRequirements,
        owner: Option<&str>,
        download: bool,
        reason: &str,
    ) -> Result<Self> {
        let mut options = EmbeddedOptions::of_process(download);
        let major = Some(properties.major);
        if download || Programs::find(&options.environment, major).is_ok() {
            options.major = major;
        }
        let server = EmbeddedServer::temporary(&database::unique_name()?, &options).await.map_err(|error| {
            let hint = error.hint.clone().map_or_else(String::new, |hint| format!("{hint}; "));
            let ways = "or let the role create databases (ALTER ROLE … CREATEDB), or set url under [scratch]";
            error.because(format!("a private server is required: {reason}")).hint(format!("{hint}{ways}"))
        })?;
        let maintenance = ConnInfo::socket(server.socket_folder(), server.port(), server.user(), server.database());
        match Self::fill_private_server(&maintenance, properties, requirements, owner).await {
            Ok(mut scratch) => {
                scratch.notes.insert(0, format!("a private server is used because {reason}"));
                if let Some(resources) = &mut scratch.resources {
                    resources.server = Some(server);
                }
                Ok(scratch)
            }
            Err(error) => {
                server.remove().await?;
                Err(error)
            }
        }
    }

    async fn fill_private_server(
        maintenance: &ConnInfo,
        properties: &DatabaseProperties,
        requirements: &ScratchRequirements,
        owner: Option<&str>,
    ) -> Result<Self> {
        let session = super::connection::Session::open(maintenance, "limbeck scratch").await?;
        properties.create_roles(&session, &requirements.roles).await?;
        if let Some(role) = owner {
            // The login role of the private server is a superuser. Objects that a superuser created on the target are
            // created by this role here.
            let sql = format!("ALTER ROLE {} SUPERUSER", super::connection::identifier::quote(role));
            session.client().batch_execute(&sql).await.map_err(|error| super::connection::database_error(&error))?;
        }
        Self::on_server(maintenance, properties, owner).await
    }
}

impl ScratchResources {
    async fn remove(self) -> Result<()> {
        let dropped = self.database.remove().await;
        match self.server {
            // The database is removed together with its server.
            Some(server) => server.remove().await,
            None => dropped,
        }
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        if let Some(resources) = self.resources.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(resources.remove());
        }
    }
}
