//! Why a step stopped, and the error report of a failed statement.

use tokio_postgres::error::{DbError, SqlState};

use crate::core::plan::{PlannedStatement, Step};
use crate::core::sqlstate;
use crate::engine::connection::database_error;
use crate::engine::passage::{Passage, display_path};
use crate::engine::{Error, ErrorKind};

/// Why a step did not complete.
pub(super) enum Stop {
    /// Lock timeout; the step can be retried.
    LockTimeout(Error),
    /// The server rejected a statement, or a check failed.
    Failed(Error),
    /// The run was cancelled, between statements or during one.
    Cancelled,
    /// The connection was lost before the commit.
    Lost(Error),
    /// The connection was lost during the commit, so its result is unknown.
    CommitUnknown(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        if error.kind == ErrorKind::Connection { Self::Lost(error) } else { Self::Failed(error) }
    }
}

/// Converts the server's error to the reason why the step stops. `planned`: the statement that failed.
pub(super) fn stop(
    error: &tokio_postgres::Error,
    step: &Step,
    planned: Option<&PlannedStatement>,
    is_cancelled: bool,
) -> Stop {
    let Some(answer) = error.as_db_error() else { return Stop::Lost(database_error(error)) };
    if *answer.code() == SqlState::QUERY_CANCELED && is_cancelled {
        return Stop::Cancelled;
    }
    let report = match planned {
        Some(planned) => explain(answer, step, planned),
        None => database_error(error),
    };
    if *answer.code() == SqlState::LOCK_NOT_AVAILABLE { Stop::LockTimeout(report) } else { Stop::Failed(report) }
}

/// The error of a statement, with its line and column in the script.
fn explain(answer: &DbError, step: &Step, planned: &PlannedStatement) -> Error {
    let file = step.path.as_ref().map_or_else(|| format!("ledger:{}", step.revision), |path| display_path(path));
    let passage = Passage { file: &file, sql: planned.sql(), line: planned.line, column: planned.column };
    let mut error = passage.refused(answer, 0);
    error.hint = error.hint.or_else(|| sqlstate::hint(answer.code().code(), answer.message()));
    error.message = format!("revision {}: {}", step.revision, error.message);
    error.revision = Some(step.revision.to_string());
    error
}
