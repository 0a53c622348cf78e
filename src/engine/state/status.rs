//! The state of a database: its server and its heads.

use super::VersionTable;
use super::ledger::Ledger;
use crate::core::graph::RevisionId;
use crate::engine::connection::{ServerInfo, Session};
use crate::engine::project::Project;
use crate::engine::{Error, Result};

/// The state of a database at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct DatabaseStatus {
    pub server: ServerInfo,
    /// The revisions in the version table, sorted. Empty when the table does not exist.
    pub heads: Vec<RevisionId>,
    /// What is wrong with the rows of the version table, with the command that repairs it.
    pub faulty_rows: Option<Error>,
    /// The id of the newest row of the ledger. `None` when there is no ledger that can be read.
    pub newest: Option<i64>,
}

impl DatabaseStatus {
    /// The heads, for a use that needs to know them all.
    ///
    /// # Errors
    /// When the version table has faulty rows.
    pub fn certain_heads(self) -> Result<Vec<RevisionId>> {
        self.faulty_rows.map_or(Ok(self.heads), Err)
    }
}

/// Reads the version table and the newest ledger row.
///
/// # Errors
/// When the server cannot be reached, or the relation is not a version table. Faulty rows are no error.
pub async fn read_status(project: &Project, session: &Session) -> Result<DatabaseStatus> {
    let table = VersionTable::new(&project.config.database.version_table);
    let rows = table.rows(session.client()).await?;
    let faulty_rows = table.row_error(&rows);
    // A role without access to the ledger can still work with the database.
    let newest = Ledger::newest(session.client()).await.unwrap_or(None);
    Ok(DatabaseStatus { server: session.server().clone(), heads: rows.heads, faulty_rows, newest })
}
