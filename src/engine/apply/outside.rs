//! Runs a step outside a transaction. A cursor in the ledger records the position, so that the next run continues there
//! after a crash.

use tokio::time::Instant;

use super::failure::{Stop, stop};
use super::run::{Run, format_heads};
use super::trace::Verdict;
use super::transaction::commit_failed;
use super::{Progress, Resume, StepOutcome};
use crate::core::plan::{PlannedStatement, Step};
use crate::core::text::plural;
use crate::engine::connection::database_error;
use crate::engine::copies::{CompletedCopy, Restoration, RestoredCopy};
use crate::engine::state::ledger::{Cursor, Entry};
use crate::engine::{Error, ErrorKind, Result};

impl Run<'_> {
    /// Runs the statements of a step one by one, without a transaction around them.
    pub(super) async fn run_outside_transaction(&self, index: usize, step: &Step) -> Result<StepOutcome> {
        let since = Instant::now();
        (self.report)(Progress::StepStarted { step: index });
        self.expect_heads(self.heads_before(index)).await?;
        let skipped = self.completed_statements(step).await?;
        let entry = self.ledger.begin(self.guard.client(), step, self.backend, skipped).await?;
        let started = Box::pin(self.in_own_transaction(step, self.restoration(index, step, skipped > 0))).await;
        let mut restoration = match started {
            Ok(restoration) => restoration,
            Err(reason) => return Err(self.stopped(step, entry, skipped, reason).await),
        };
        let mut kept = Vec::new();
        for (number, statement) in step.statements.iter().enumerate().skip(skipped) {
            match Box::pin(self.run_outside((index, number), entry, statement, restoration.as_mut())).await {
                Ok(copies) => kept.extend(copies),
                Err(reason) => return Err(self.stopped(step, entry, number, reason).await),
            }
        }
        match self.close(index, step, entry, restoration.as_mut()).await {
            Ok(restored) => Ok(self.done(index, step, since.elapsed(), (kept, restored))),
            Err(Stop::CommitUnknown(error)) => {
                Err(self.describe_unknown_commit(error, &format_heads(&step.heads_after)).await)
            }
            Err(reason) => Err(self.stopped(step, entry, step.statements.len(), reason).await),
        }
    }

    /// Sends one statement through the gate and runs it. Returns the copies that were made.
    async fn run_outside(
        &self,
        (index, number): (usize, usize),
        entry: Option<Entry>,
        planned: &PlannedStatement,
        restoration: Option<&mut Restoration>,
    ) -> Result<Vec<CompletedCopy>, Stop> {
        self.check_cancelled()?;
        let (step, guard) = (&self.plan.steps[index], self.guard.client());
        let request = self.request((index, number), entry, false);
        let admit = Box::pin(self.gate.admit(self.sessions(), &request));
        let admission = self.watched(index, admit).await.map_err(|error| self.gate_failed(error, step))?;
        self.ledger.advance(guard, entry, Cursor { begun: number + 1, finished: number }).await?;
        let ran = Box::pin(self.statement(index, number, planned)).await;
        let rows = ran.map_err(|error| stop(&error, step, Some(planned), self.cancel.is_cancelled()))?;
        self.ledger.advance(guard, entry, Cursor { begun: number + 1, finished: number + 1 }).await?;
        let complete = Box::pin(self.gate.complete(self.sessions(), &request, admission, rows));
        let kept = self.watched(index, complete).await.map_err(|error| self.gate_failed(error, step))?;
        self.report_kept(index, &kept);
        if restoration.is_some() {
            let restore = Box::pin(self.restore_values(index, step, restoration, planned));
            self.in_own_transaction(step, restore).await?;
        }
        Ok(kept)
    }

    /// Restores the remaining copies and updates the version table and the ledger, in one transaction.
    async fn close(
        &self,
        index: usize,
        step: &Step,
        entry: Option<Entry>,
        restoration: Option<&mut Restoration>,
    ) -> Result<Vec<RestoredCopy>, Stop> {
        let client = self.worker.client();
        let failed = |error: tokio_postgres::Error| Stop::from(database_error(&error));
        client.batch_execute("BEGIN").await.map_err(failed)?;
        self.table.lock(client).await.map_err(failed)?;
        self.expect_heads(self.heads_before(index)).await?;
        let restored = self.restore_rest(index, step, restoration).await?;
        self.finish(step, entry).await?;
        client.batch_execute("COMMIT").await.map_err(|error| commit_failed(&error))?;
        Ok(restored)
    }

    /// Returns how many statements an earlier, crashed run of this script has completed.
    ///
    /// # Errors
    /// If it is unknown whether the statement that was running took effect.
    async fn completed_statements(&self, step: &Step) -> Result<usize> {
        let Some(cursor) = self.ledger.cursor(self.guard.client(), step).await? else { return Ok(0) };
        let Some(statement) = step.statements.get(cursor.finished).filter(|_| cursor.begun > cursor.finished) else {
            return Ok(cursor.finished.min(step.statements.len()));
        };
        let verdict = match self.options.resume {
            Some(Resume::Again) => Verdict::NotDone,
            Some(Resume::After) => Verdict::Done,
            None => self.find_trace(statement).await?,
        };
        match verdict {
            Verdict::Done => Ok(cursor.finished + 1),
            Verdict::NotDone => Ok(cursor.finished),
            Verdict::InvalidIndex(name) => Err(unknown_effect(step, statement)
                .because(format!("it left the invalid index {name}"))
                .hint(format!("drop it with DROP INDEX CONCURRENTLY {name}, then run again"))),
            Verdict::Unknown => Err(unknown_effect(step, statement).hint(
                "check whether the statement took effect; if it did, run again with `--resume after`, otherwise with \
                 `--resume again`",
            )),
        }
    }

    /// Closes the row in the ledger, moves the cursor if the server has answered, and describes the state of the database.
    async fn stopped(&self, step: &Step, entry: Option<Entry>, number: usize, reason: Stop) -> Error {
        let _ = self.worker.client().batch_execute("ROLLBACK").await;
        let left = format!(
            "outside a transaction: {number} of {} of revision {} took effect and are not rolled back; the next run continues after them",
            plural(step.statements.len() as u64, "statement"),
            step.revision
        );
        let (state, answered, error) = match reason {
            Stop::Cancelled => ("interrupted", true, Error::of(ErrorKind::Interrupted, "cancelled").because(left)),
            Stop::Failed(error) | Stop::LockTimeout(error) => ("failed", true, error.because(left)),
            Stop::Lost(error) | Stop::CommitUnknown(error) => {
                ("interrupted", false, Error { kind: ErrorKind::Connection, ..error.because(left) })
            }
        };
        let guard = self.guard.client();
        if answered {
            let _ = self.ledger.advance(guard, entry, Cursor { begun: number, finished: number }).await;
        }
        let _ = self.ledger.end(guard, entry, state, Some(&error.message)).await;
        match step.statements.get(number) {
            Some(statement) => self.name_invalid_index(statement, error).await,
            None => error,
        }
    }

    /// Adds the name of the invalid index that a failed statement left, if there is one.
    async fn name_invalid_index(&self, statement: &PlannedStatement, error: Error) -> Error {
        match self.find_trace(statement).await {
            Ok(Verdict::InvalidIndex(name)) => error
                .because(format!("it left the invalid index {name}"))
                .hint(format!("drop it with DROP INDEX CONCURRENTLY {name}, then run again")),
            _ => error,
        }
    }
}

fn unknown_effect(step: &Step, statement: &PlannedStatement) -> Error {
    let mut error = Error::new(format!(
        "an earlier run of revision {} crashed during the statement on line {}; limbeck cannot find out whether it took effect",
        step.revision, statement.line
    ));
    error.revision = Some(step.revision.to_string());
    error.line = Some(statement.line);
    error.excerpt = Some(format!("{} | {}", statement.line, statement.sql().lines().next().unwrap_or_default()));
    error
}
