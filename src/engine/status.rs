//! What the database says: its heads, and what the project says of them.

use super::Result;
use super::postgres::{ServerInfo, Session};
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
    let _ = (project, session);
    todo!()
}
