//! A scratch database: empty, like the target, and gone afterwards. Scripts are proved on it.
//!
//! In order: beside `[scratch] url`; beside the target; on a private server of the target's version, which is the only
//! one for protected environments and for scripts that change what all databases of a server share.

mod creator;
mod database;
mod database_properties;
mod dump;
mod load;
mod read;
mod replica;
mod requirements;

pub(super) use creator::{creator_role, with_creator_role};
pub(super) use read::{full_scope, read_schema};
pub(super) use replica::reload_schema;
pub use replica::{Replica, ReportScratch, ScratchOptions};
pub use requirements::ScratchRequirements;

use super::connection::{ConnInfo, EmbeddedOptions, EmbeddedServer, Programs};
use super::project::Project;
use super::{Result, Target};
use database::TemporaryDatabase;
use database_properties::DatabaseProperties;

/// A scratch database. [`Self::remove`] drops it; dropped without, it is removed in the background, and what even
/// that leaves is swept by the next run.
#[derive(Debug)]
pub struct ScratchDatabase {
    target: Target,
    notes: Vec<String>,
    held: Option<ScratchResources>,
}

/// What has to be taken away again.
#[derive(Debug)]
struct ScratchResources {
    database: TemporaryDatabase,
    server: Option<EmbeddedServer>,
}

impl ScratchDatabase {
    /// Makes an empty database like the target's: of its encoding, locale and settings. Reads the target, and writes
    /// nothing to its database. `download` as in [`EmbeddedOptions`].
    ///
    /// # Errors
    /// When the target cannot be asked, or none of the places has room for it.
    pub async fn make(project: &Project, target: &Target, needs: &ScratchRequirements, download: bool) -> Result<Self> {
        let session = target.connect("limbeck scratch").await?;
        let likeness = DatabaseProperties::read(&session).await?;
        drop(session);
        let owner = project.config.apply.role.as_deref();
        let why = if target.environment.protected {
            "the environment is protected".to_owned()
        } else if let Some(why) = &needs.own_server {
            why.clone()
        } else if let Some(url) = &project.config.scratch.url {
            let conninfo = ConnInfo::resolve(Some(&project.expand(url)?), &project.variables)?;
            return Self::beside(&conninfo, &likeness, owner).await.map_err(|error| {
                error.hint("the role of [scratch] url has to be able to make databases: ALTER ROLE … CREATEDB")
            });
        } else {
            match Self::beside(target.conninfo(), &likeness, owner).await {
                Ok(scratch) => return Ok(scratch),
                Err(error) => format!("no database can be made beside the target: {error}"),
            }
        };
        Self::private(&likeness, needs, owner, download, &why).await
    }

    /// The database, to open sessions on and to apply plans to.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What people should know of it: why it is not beside the target, or in what it is not like it.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Takes it away, with everything in it.
    ///
    /// # Errors
    /// When the server refuses, or is gone.
    pub async fn remove(mut self) -> Result<()> {
        match self.held.take() {
            Some(held) => held.remove().await,
            None => Ok(()),
        }
    }

    async fn beside(maintenance: &ConnInfo, likeness: &DatabaseProperties, owner: Option<&str>) -> Result<Self> {
        let (database, mut notes) = TemporaryDatabase::make(maintenance, likeness, owner).await?;
        notes.extend(likeness.other_version(&database.server_version()));
        let target = Target::scratch(maintenance.with_database(database.name()));
        let scratch = Self { target, notes, held: Some(ScratchResources { database, server: None }) };
        // A pooler or pg_hba.conf may know no other databases than those it names.
        if let Err(error) = scratch.target.connect("limbeck scratch").await {
            scratch.remove().await?;
            return Err(error);
        }
        Ok(scratch)
    }

    async fn private(
        likeness: &DatabaseProperties,
        needs: &ScratchRequirements,
        owner: Option<&str>,
        download: bool,
        why: &str,
    ) -> Result<Self> {
        let mut options = EmbeddedOptions::of_process(download);
        let major = Some(likeness.major);
        if download || Programs::find(&options.surroundings, major).is_ok() {
            options.major = major;
        }
        let server = EmbeddedServer::temporary(&database::name()?, &options)
            .await
            .map_err(|error| error.because(format!("a private server is needed: {why}")))?;
        let maintenance = ConnInfo::socket(server.socket_folder(), server.port(), server.user(), server.database());
        match Self::on_private(&maintenance, likeness, needs, owner).await {
            Ok(mut scratch) => {
                scratch.notes.insert(0, format!("a private server is used, because {why}"));
                if let Some(held) = &mut scratch.held {
                    held.server = Some(server);
                }
                Ok(scratch)
            }
            Err(error) => {
                server.remove().await?;
                Err(error)
            }
        }
    }

    async fn on_private(
        maintenance: &ConnInfo,
        likeness: &DatabaseProperties,
        needs: &ScratchRequirements,
        owner: Option<&str>,
    ) -> Result<Self> {
        let session = super::connection::Session::open(maintenance, "limbeck scratch").await?;
        likeness.make_roles(&session, &needs.roles).await?;
        if let Some(role) = owner {
            // Who else logs in there may do all; what a superuser has made on the target is made by this role here.
            let sql = format!("ALTER ROLE {} SUPERUSER", super::connection::identifier::quote(role));
            session.client().batch_execute(&sql).await.map_err(|error| super::connection::database_error(&error))?;
        }
        Self::beside(maintenance, likeness, owner).await
    }
}

impl ScratchResources {
    async fn remove(self) -> Result<()> {
        let dropped = self.database.remove().await;
        match self.server {
            // Whatever became of the database goes with its server.
            Some(server) => server.remove().await,
            None => dropped,
        }
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        if let Some(held) = self.held.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(held.remove());
        }
    }
}
