//! Why a pass of Python scripts stopped, and what the database looks like after it.

use tokio_postgres::error::SqlState;

use super::observer::{PythonStop, ScriptObserver};
use crate::core::plan::{PlannedStatement, Step};
use crate::core::sqlstate;
use crate::core::text::plural;
use crate::engine::apply::Conflict;
use crate::engine::apply::failure::Stop;
use crate::engine::apply::lost::describe_position;
use crate::engine::apply::run::Run;
use crate::engine::connection::CONNECTION_LOST;
use crate::engine::passage::{Passage, display_path};
use crate::engine::script_process::{PassEnd, PythonFailure, incomplete_error};
use crate::engine::wire::ServerError;
use crate::engine::{Error, ErrorKind};

/// What is known about a pass that has ended.
pub(in crate::engine::apply) struct PassFailure {
    /// The index in the plan of the step that ran.
    pub step: usize,
    /// The number of steps of the pass that have ended, and of all its steps.
    pub done: usize,
    pub all: usize,
    pub last_error: Option<(ServerError, Option<PlannedStatement>)>,
    /// Whether a commit was sent and its answer is missing.
    pub is_committing: bool,
}

/// Why a pass stopped; `None` if all steps have run. `command` is the interpreter.
pub(in crate::engine::apply) fn describe_pass_end(
    run: &Run<'_>,
    end: PassEnd,
    pass: PassFailure,
    command: &str,
) -> Option<Stop> {
    let PassFailure { step, done, all, last_error, is_committing } = pass;
    let lost = move |error: Error| if is_committing { Stop::CommitUnknown(error) } else { Stop::Lost(error) };
    match end {
        PassEnd::Done if done == all => None,
        PassEnd::Done => Some(Stop::Failed(incomplete_error(done, all))),
        PassEnd::ServerLost => {
            let unknown = || Error::of(ErrorKind::Connection, CONNECTION_LOST);
            Some(lost(run.worker.lost().unwrap_or_else(unknown)))
        }
        _ if run.worker.lost().is_some() => run.worker.lost().map(lost),
        _ if run.cancel.is_cancelled() => Some(Stop::Cancelled),
        PassEnd::Failed(failure) => Some(describe_failure(&run.plan.steps[step], failure, last_error, command)),
        PassEnd::Exited(error) | PassEnd::Unusable(error) => Some(Stop::Failed(error)),
    }
}

impl Run<'_> {
    /// Why a pass stopped; `None` if all steps have run.
    pub(super) fn reason_of(&self, end: PassEnd, observer: &ScriptObserver<'_>, command: &str) -> Option<Stop> {
        let step = observer.index();
        let mut state = observer.lock();
        if let Some(stop) = state.stop.take() {
            return Some(stop);
        }
        let pass = PassFailure {
            step,
            done: state.done.len(),
            all: self.plan.steps.len() - observer.first,
            last_error: state.last_error.take(),
            is_committing: state.is_committing,
        };
        drop(state);
        describe_pass_end(self, end, pass, command)
    }

    /// Closes the rows in the ledger of a pass that is tried again.
    pub(super) async fn end_entries(&self, stop: &PythonStop) {
        for entry in &stop.entries {
            let _ = self
                .ledger
                .end(self.guard.client(), *entry, "failed", Some("a conflict with another session; tried again"))
                .await;
        }
    }

    /// Closes the rows in the ledger, and describes the state of the database.
    pub(super) async fn fail_python(&self, stop: PythonStop) -> Error {
        let PythonStop { reason, step, committed, entries } = stop;
        let end = if entries.is_empty() { step } else { step + entries.len() };
        let batch = step..end.clamp(step + 1, self.plan.steps.len());
        if committed == 0 || matches!(reason, Stop::Lost(_) | Stop::CommitUnknown(_)) {
            return self.fail(batch, &entries, reason).await;
        }
        let (state, error) = match reason {
            Stop::Cancelled => ("interrupted", Error::of(ErrorKind::Interrupted, "cancelled")),
            Stop::Failed(error) | Stop::Conflict(_, error) | Stop::Lost(error) | Stop::CommitUnknown(error) => {
                ("failed", error)
            }
        };
        for entry in &entries {
            let _ = self.ledger.end(self.guard.client(), *entry, state, Some(&error.message)).await;
        }
        let revision = &self.plan.steps[step].revision;
        let what = plural(committed as u64, "statement");
        error
            .because(format!("revision {revision} has committed {what} itself, which took effect and are not rolled back; the rest was rolled back"))
            .because(describe_position(self.plan, step))
    }
}

/// The error of a script: that of the server, if Python has failed because of it.
fn describe_failure(
    step: &Step,
    failure: PythonFailure,
    error: Option<(ServerError, Option<PlannedStatement>)>,
    command: &str,
) -> Stop {
    if let Some((answer, planned)) = error.filter(|_| failure.is_database_error) {
        let report = refused(step, &answer, planned.as_ref(), &failure);
        return match Conflict::from_code(&SqlState::from_code(&answer.code)) {
            Some(conflict) => Stop::Conflict(conflict, report),
            None => Stop::Failed(report),
        };
    }
    let mut error = failure.into_error(command);
    error.message = format!("revision {}: {}", step.revision, error.message);
    error.revision = Some(step.revision.to_string());
    Stop::Failed(error)
}

/// The error of a statement, with its place in the script.
fn refused(step: &Step, answer: &ServerError, planned: Option<&PlannedStatement>, failure: &PythonFailure) -> Error {
    let file = match (&failure.path, &step.path) {
        (_, Some(path)) | (Some(path), None) => display_path(path),
        (None, None) => format!("ledger:{}", step.revision),
    };
    let message = format!("revision {}: {}", step.revision, answer.message);
    let mut error = match planned {
        Some(planned) => {
            let line = planned.line.max(1);
            let passage = Passage { file: &file, sql: planned.sql(), line, column: 1 };
            passage.error(message, answer.position.unwrap_or(1).saturating_sub(1))
        }
        None => Error::new(message),
    };
    if let Some(detail) = &answer.detail {
        error = error.because(format!("detail: {detail}"));
    }
    error.causes.push(format!("SQLSTATE {}", answer.code));
    error.hint = answer.hint.clone().or_else(|| sqlstate::hint(&answer.code, &answer.message));
    error.revision = Some(step.revision.to_string());
    error
}
