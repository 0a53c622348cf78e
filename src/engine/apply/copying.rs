//! Prepares the copies that a run makes, and restores copies that the opposite steps made.

use std::collections::HashSet;

use tokio_postgres::error::SqlState;

use super::failure::{Stop, stop};
use super::run::Run;
use super::{ApplyOptions, Progress, ReportProgress};
use crate::core::copies::losses;
use crate::core::graph::Direction;
use crate::core::plan::{Plan, PlannedStatement, Step};
use crate::core::text::size;
use crate::engine::connection::Session;
use crate::engine::copies::{self, Copier, CopyError, CopyStore, Restoration, RestoredCopy};
use crate::engine::gate::{GateError, in_own_transaction};
use crate::engine::project::config::ApplyConfig;
use crate::engine::state::ledger::Ledger;
use crate::engine::{Error, Result};

/// The copies that a run may restore.
#[derive(Debug, Default)]
pub(super) struct Restorable {
    /// Revisions with copies, and the direction in which the data was lost.
    revisions: HashSet<(String, Direction)>,
    role: Option<String>,
}

/// Prepares copying and restoring. Fails before anything runs if the copies would exceed `keep_limit`.
pub(super) async fn prepare(
    guard: &Session,
    ledger: &Ledger,
    plan: &Plan,
    apply: &ApplyConfig,
    options: &ApplyOptions,
    report: ReportProgress<'_>,
) -> Result<(Option<Copier>, Restorable)> {
    let role = apply.role.clone();
    if options.no_keep {
        return Ok((None, Restorable { role, ..Restorable::default() }));
    }
    let revisions = copies::read_revisions_with_copies(guard.client()).await?.into_iter().collect();
    let restorable = Restorable { revisions, role: role.clone() };
    if !apply.keep || !plan.copies.enabled || plan.blank || !needs_copies(plan) {
        return Ok((None, restorable));
    }
    let limit = copies::parse_limit(apply)?;
    if plan.copies.exceeds_limit() {
        let (bytes, limit) = (size(plan.copies.bytes), size(limit));
        let message = format!("copies of the lost data would take {bytes}, more than keep_limit = {limit}");
        return Err(copies::limit_exceeded(message).because("nothing was run"));
    }
    if plan.copies.bytes > 0 {
        let message = format!("copies of the lost data take at most {}", size(plan.copies.bytes));
        report(Progress::Notice { severity: "NOTE".into(), message });
    }
    let store = CopyStore::ensure(guard.client(), ledger).await?;
    Ok((Some(Copier::new(store, role, limit)), restorable))
}

/// Whether a plan destroys data that can be copied.
fn needs_copies(plan: &Plan) -> bool {
    let mut statements = plan.steps.iter().flat_map(|step| &step.statements);
    statements.any(|planned| losses(&planned.hazards).iter().any(|loss| loss.not_copied().is_none()))
}

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
        let work = Box::pin(async {
            let role = self.restorable.role.as_deref();
            let mut found = Restoration::load(client, &self.ledger, role, step.revision.as_str(), lost).await?;
            if let Some(restoration) = &mut found {
                restoration.start(client, resumed).await?;
            }
            Ok(found)
        });
        self.watched(index, work).await.map_err(|error| self.copy_failed(error, step))
    }

    /// Restores the values of columns that a statement has created again.
    pub(super) async fn restore_values(
        &self,
        index: usize,
        step: &Step,
        restoration: Option<&mut Restoration>,
        planned: &PlannedStatement,
    ) -> Result<(), Stop> {
        let Some(restoration) = restoration else { return Ok(()) };
        let work = Box::pin(restoration.restore_values(self.worker.client(), &planned.statement));
        self.watched(index, work).await.map_err(|error| self.copy_failed(error, step))
    }

    /// Restores the remaining copies at the end of a step.
    pub(super) async fn restore_rest(
        &self,
        index: usize,
        step: &Step,
        restoration: Option<&Restoration>,
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
    fn copy_failed(&self, error: CopyError, step: &Step) -> Stop {
        let failed = |error: Error| {
            let mut error = Error { message: format!("revision {}: {}", step.revision, error.message), ..error };
            error.revision = Some(step.revision.to_string());
            if error.hint.is_none() {
                error.hint =
                    Some("to continue without copies, add --no-keep; existing copies are not deleted".to_owned());
            }
            Stop::Failed(error)
        };
        match error {
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
            GateError::Refused(error) => Stop::Failed(error),
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
                "add the column without NOT NULL, and SET NOT NULL in a later statement, when the values are restored",
            ),
        ),
        other => other,
    }
}
