//! Why a step stopped, and the error report of a failed statement.

use tokio_postgres::error::{DbError, Severity, SqlState};

use super::Conflict;
use crate::core::plan::{PlannedStatement, Step};
use crate::core::sqlstate;
use crate::engine::connection::database_error;
use crate::engine::passage::{Passage, display_path};
use crate::engine::{Error, ErrorKind};

/// Why a step did not complete.
pub(super) enum Stop {
    /// A conflict with another session; a step in a transaction is retried.
    Conflict(Conflict, Error),
    /// The server rejected a statement, or a check failed.
    Failed(Error),
    /// The run was cancelled, between statements or during one.
    Cancelled,
    /// The connection was lost before the commit.
    Lost(Error),
    /// The connection was lost during the commit, so its result is unknown.
    CommitUnknown(Error),
}

impl Conflict {
    /// The conflict that an error of the server reports. `None` for other errors.
    pub(super) fn from_code(code: &SqlState) -> Option<Self> {
        match code {
            code if *code == SqlState::LOCK_NOT_AVAILABLE => Some(Self::LockTimeout),
            code if *code == SqlState::T_R_DEADLOCK_DETECTED => Some(Self::Deadlock),
            code if *code == SqlState::T_R_SERIALIZATION_FAILURE => Some(Self::SerializationFailure),
            _ => None,
        }
    }
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
    let Some(answer) = error.as_db_error().filter(|answer| !ends_session(answer)) else {
        return Stop::Lost(database_error(error));
    };
    if *answer.code() == SqlState::QUERY_CANCELED && is_cancelled {
        return Stop::Cancelled;
    }
    let report = match planned {
        Some(planned) => explain(answer, step, planned),
        None => database_error(error),
    };
    match Conflict::from_code(answer.code()) {
        Some(conflict) => Stop::Conflict(conflict, report),
        None => Stop::Failed(report),
    }
}

/// Converts the error of a COMMIT. Without an answer of the server, the result of the commit is unknown.
pub(super) fn commit_failed(error: &tokio_postgres::Error, is_cancelled: bool) -> Stop {
    let Some(answer) = error.as_db_error().filter(|answer| !ends_session(answer)) else {
        return Stop::CommitUnknown(database_error(error));
    };
    let report = database_error(error);
    match answer.code() {
        code if *code == SqlState::QUERY_CANCELED && is_cancelled => Stop::Cancelled,
        code if code.code().starts_with("23") => {
            Stop::Failed(report.because("a deferred constraint failed at the end of the transaction"))
        }
        code => match Conflict::from_code(code) {
            Some(conflict) => Stop::Conflict(conflict, report),
            None => Stop::Failed(report.because("the server refused to commit the transaction")),
        },
    }
}

/// Whether the server ended the session with this answer, for example because an administrator terminated it.
pub(super) fn ends_session(answer: &DbError) -> bool {
    matches!(answer.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
}

/// An error of limbeck's own about a planned statement, with its line and column in the script.
pub(super) fn refuse(step: &Step, planned: &PlannedStatement, message: &str) -> Error {
    let file = file_name(step);
    let passage = Passage { file: &file, sql: planned.sql(), line: planned.line, column: planned.column };
    let mut error = passage.error(format!("revision {}: {message}", step.revision), 0);
    error.revision = Some(step.revision.to_string());
    error
}

fn file_name(step: &Step) -> String {
    step.path.as_ref().map_or_else(|| format!("ledger:{}", step.revision), |path| display_path(path))
}

/// The error of a statement, with its line and column in the script.
fn explain(answer: &DbError, step: &Step, planned: &PlannedStatement) -> Error {
    let file = file_name(step);
    let passage = Passage { file: &file, sql: planned.sql(), line: planned.line, column: planned.column };
    let mut error = passage.refused(answer, 0);
    error.hint = error.hint.or_else(|| sqlstate::hint(answer.code().code(), answer.message()));
    error.message = format!("revision {}: {}", step.revision, error.message);
    error.revision = Some(step.revision.to_string());
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_conflicts_with_other_sessions_are_retried() {
        for (code, expected) in [
            ("55P03", Some(Conflict::LockTimeout)),
            ("40P01", Some(Conflict::Deadlock)),
            ("40001", Some(Conflict::SerializationFailure)),
            ("40000", None),
            ("40002", None),
            ("40003", None),
            ("55000", None),
            ("55006", None),
            ("57014", None),
            ("57P01", None),
            ("23505", None),
            ("25P03", None),
            ("53200", None),
        ] {
            assert_eq!(Conflict::from_code(&SqlState::from_code(code)), expected, "{code}");
        }
    }
}
