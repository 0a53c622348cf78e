//! The log: the runs in the ledger, with the copies that they made.

use super::copies::{LoggedCopy, read_logged_copies};
use super::state::ledger_log::{LogEntry, read_log};
use super::{Result, Target};

/// One run of one step, and its copies.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedRun {
    pub entry: LogEntry,
    pub copies: Vec<LoggedCopy>,
}

/// Reads the newest runs, the newest first.
///
/// # Errors
/// If the server cannot be reached, or the role may not read the tables.
pub async fn log(target: &Target, limit: Option<i64>) -> Result<Vec<LoggedRun>> {
    let session = target.connect("limbeck log").await?;
    let entries = read_log(session.client(), limit).await?;
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    let mut copies = read_logged_copies(session.client(), &ids).await?;
    let runs = entries.into_iter().map(|entry| {
        let own = copies.extract_if(.., |copy| copy.log == entry.id).collect();
        LoggedRun { entry, copies: own }
    });
    Ok(runs.collect())
}
