//! The state of a database: its server and its heads.

use super::VersionTable;
use super::ledger::Ledger;
use crate::core::graph::RevisionId;
use crate::engine::Result;
use crate::engine::connection::{ServerInfo, Session};
use crate::engine::project::Project;

/// The state of a database at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseStatus {
    pub server: ServerInfo,
    /// The rows of the version table, sorted. Empty when the table does not exist.
    pub heads: Vec<RevisionId>,
    /// The id of the newest row of the ledger. `None` when there is no ledger that can be read.
    pub newest: Option<i64>,
}

/// Reads the version table and the newest ledger row.
///
/// # Errors
/// When the server cannot be reached.
pub async fn read_status(project: &Project, session: &Session) -> Result<DatabaseStatus> {
    let table = VersionTable::new(&project.config.database.version_table);
    let heads = table.heads(session.client()).await?;
    // A role without access to the ledger can still work with the database.
    let newest = Ledger::newest(session.client()).await.unwrap_or(None);
    Ok(DatabaseStatus { server: session.server().clone(), heads, newest })
}
