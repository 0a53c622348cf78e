//! What the database says: who it is, and its heads.

use super::Result;
use super::postgres::{ServerInfo, Session, VersionTable};
use super::project::Project;
use crate::core::graph::RevisionId;

/// The database at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub server: ServerInfo,
    /// The rows of the version table, sorted; empty where there is no table.
    pub heads: Vec<RevisionId>,
}

/// Reads the version table.
///
/// # Errors
/// When the server cannot be asked.
pub async fn status(project: &Project, session: &Session) -> Result<Status> {
    let table = VersionTable::new(&project.config.database.version_table);
    let heads = table.heads(session.client()).await?;
    Ok(Status { server: session.server().clone(), heads })
}
