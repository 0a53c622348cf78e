//! Restores copies that the opposite steps made.

use tokio_postgres::error::SqlState;

use super::Progress;
use super::failure::{Stop, stop};
use super::run::Run;
use crate::core::plan::Step;
use crate::core::statement::Statement;
use crate::engine::copies::{CopyError, Restoration, RestoredCopy, StepMode};
use crate::engine::gate::{GateError, in_own_transaction};
use crate::engine::{Error, ErrorKind, Result};

impl Run<'_> {
    /// Reads the copies that a step restores, before its first statement. `resumed`: an earlier run has executed a part
    /// of the step.
    pub(super) async fn restoration(
        &self,
        index: usize,
        step: &Step,
        resumed: bool,
    ) -> Result<Option<Restoration>, Stop> {
        let lost = step.direction.opposite();
        if !self.restorable.revisions.contains(&(step.revision.to_string(), lost)) {
            return Ok(None);
        }
        let client = self.worker.client();
        let mode = match step.transactional {
            true => StepMode::InTransaction,
            false if resumed => StepMode::Resumed,
            false => StepMode::OutsideTransaction,
        };
        let work = Box::pin(async {
            let role = self.restorable.role.as_deref();
            let mut found = Restoration::load(client, &self.ledger, role, step.revision.as_str(), lost).await?;
            if let Some(restoration) = &mut found {
                restoration.start(client, mode).await?;
            }
            Ok(found)
        });
        self.watched(index, work).await.map_err(|error| self.copy_failed(error, step))
    }

    /// Restores the values of columns that the statement at an index of the step has created again.
    pub(super) async fn restore_planned_values(
        &self,
        (index, number): (usize, usize),
        restoration: Option<&mut Restoration>,
    ) -> Result<(), Stop> {
        let planned = self.plan.steps[index].statements.iter().skip(number);
        let statements: Vec<_> = planned.map(|planned| &planned.statement).collect();
        let [statement, rest @ ..] = statements.as_slice() else { return Ok(()) };
        Box::pin(self.restore_values(index, restoration, statement, Some(rest))).await
    }

    /// Restores the values of columns that a statement has created again. `rest`: the statements of the step that follow, if
    /// they are known.
    pub(super) async fn restore_values(
        &self,
        index: usize,
        restoration: Option<&mut Restoration>,
        statement: &Statement,
        rest: Option<&[&Statement]>,
    ) -> Result<(), Stop> {
        let Some(restoration) = restoration else { return Ok(()) };
        let work = Box::pin(restoration.restore_values(self.worker.client(), statement, rest));
        self.watched(index, work).await.map_err(|error| self.copy_failed(error, &self.plan.steps[index]))
    }

    /// Restores the remaining copies at the end of a step.
    pub(super) async fn restore_rest(
        &self,
        index: usize,
        step: &Step,
        restoration: Option<&mut Restoration>,
    ) -> Result<Vec<RestoredCopy>, Stop> {
        let Some(restoration) = restoration else { return Ok(Vec::new()) };
        let work = Box::pin(restoration.finish(self.worker.client()));
        let finished = self.watched(index, work).await.map_err(|error| self.copy_failed(error, step))?;
        for restored in &finished.restored {
            (self.report)(Progress::Restored { step: index, restored: restored.clone() });
        }
        for (object, why) in finished.not_restored {
            (self.report)(Progress::CopyStays { step: index, object, why });
        }
        Ok(finished.restored)
    }

    /// Converts an error of a copy to the reason why the run stops.
    pub(super) fn copy_failed(&self, error: CopyError, step: &Step) -> Stop {
        let failed = |error: Error| {
            let mut error = Error { message: format!("revision {}: {}", step.revision, error.message), ..error };
            error.revision = Some(step.revision.to_string());
            let without = "to continue without copies, add --no-keep; existing copies are not deleted";
            error.hint = Some(error.hint.map_or_else(|| without.to_owned(), |hint| format!("{hint}; {without}")));
            Stop::Failed(error)
        };
        match error {
            CopyError::Refused(error) if error.kind == ErrorKind::Connection => Stop::Lost(error),
            CopyError::Refused(error) => failed(error),
            CopyError::Server(error, object) => match stop(&error, step, None, self.cancel.is_cancelled()) {
                Stop::Failed(_) => failed(CopyError::Server(error, object).into_error()),
                other => other,
            },
        }
    }

    /// Converts an error of the gate to the reason why the run stops.
    pub(super) fn gate_failed(&self, error: GateError, step: &Step) -> Stop {
        match error {
            GateError::Refused(error) => Stop::from(error),
            GateError::Copy(error) => self.copy_failed(error, step),
            GateError::Server(error) => stop(&error, step, None, self.cancel.is_cancelled()),
        }
    }

    /// Runs work on copies in a transaction of its own, unless the script has opened one.
    pub(super) async fn in_own_transaction<T>(
        &self,
        step: &Step,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Stop> {
        // `in_own_transaction` has its own error type, so the reason of the work is kept separately.
        let mut stopped = None;
        let inner = async {
            work.await.map_err(|stop| {
                stopped = Some(stop);
                GateError::Refused(Error::new("the work on copies failed"))
            })
        };
        let done = in_own_transaction(self.worker.client(), inner).await;
        done.map_err(|error| stopped.take().unwrap_or_else(|| self.gate_failed(error, step)))
    }
}

/// Adds a hint to a NOT NULL violation if the step restores copies: the values are restored only after the column exists.
pub(super) fn explain_null(error: &tokio_postgres::Error, restores: bool, reason: Stop) -> Stop {
    match reason {
        Stop::Failed(failed) if restores && error.code() == Some(&SqlState::NOT_NULL_VIOLATION) => Stop::Failed(
            failed.because("limbeck restores the kept values only after the statement that adds the column").hint(
                "add the column without NOT NULL, and SET NOT NULL in a later statement, after the values are restored",
            ),
        ),
        other => other,
    }
}
