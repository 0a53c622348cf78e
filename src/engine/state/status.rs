//! What the database says: who it is, and its heads.

use super::VersionTable;
use super::ledger::Ledger;
use crate::core::graph::RevisionId;
use crate::engine::Result;
use crate::engine::connection::{ServerInfo, Session};
use crate::engine::project::Project;

/// The database at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseStatus {
    pub server: ServerInfo,
    /// The rows of the version table, sorted; empty where there is no table.
    pub heads: Vec<RevisionId>,
    /// The number of the ledger's newest row; `None` where there is no ledger that can be read.
    pub newest: Option<i64>,
}

/// Reads the version table, and how far the ledger has come.
///
/// # Errors
/// When the server cannot be asked.
pub async fn read_status(project: &Project, session: &Session) -> Result<DatabaseStatus> {
    let table = VersionTable::new(&project.config.database.version_table);
    let heads = table.heads(session.client()).await?;
    // Whoever may not read the ledger can still work with the database.
    let newest = Ledger::newest(session.client()).await.unwrap_or(None);
    Ok(DatabaseStatus { server: session.server().clone(), heads, newest })
}
