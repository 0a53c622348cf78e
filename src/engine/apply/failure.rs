//! Why a run stopped, told with the script, the line, a caret, and how the database was left.

use tokio_postgres::error::{DbError, SqlState};

use crate::core::plan::{PlannedStatement, Step};
use crate::engine::connection::database_error;
use crate::engine::passage::{Passage, display_path};
use crate::engine::{Error, ErrorKind};

/// Why a step did not come to its end.
pub(super) enum Stop {
    /// A lock was not had in time; the step may start again.
    LockTimeout(Error),
    /// The server refused a statement, or a check did not hold.
    Failed(Error),
    /// It was cancelled, between statements or in one.
    Cancelled,
    /// The connection went away before the commit.
    Lost(Error),
    /// It went away during the commit, so that nobody knows yet.
    CommitUnknown(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        if error.kind == ErrorKind::Connection { Self::Lost(error) } else { Self::Failed(error) }
    }
}

/// Sorts what the server answered to a statement.
pub(super) fn stop(
    error: &tokio_postgres::Error,
    step: &Step,
    statement: Option<&PlannedStatement>,
    cancelled: bool,
) -> Stop {
    let Some(answer) = error.as_db_error() else { return Stop::Lost(database_error(error)) };
    if *answer.code() == SqlState::QUERY_CANCELED && cancelled {
        return Stop::Cancelled;
    }
    let report = match statement {
        Some(statement) => explain(answer, step, statement),
        None => database_error(error),
    };
    if *answer.code() == SqlState::LOCK_NOT_AVAILABLE { Stop::LockTimeout(report) } else { Stop::Failed(report) }
}

/// A statement's failure with its place in the script.
fn explain(answer: &DbError, step: &Step, statement: &PlannedStatement) -> Error {
    let file = step.path.as_ref().map_or_else(|| format!("ledger:{}", step.revision), |path| display_path(path));
    let passage = Passage { file: &file, sql: &statement.sql, line: statement.line, column: statement.column };
    let mut error = passage.refused(answer, 0);
    error.message = format!("revision {}: {}", step.revision, error.message);
    error.revision = Some(step.revision.to_string());
    error
}
