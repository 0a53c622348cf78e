//! Runs a step outside a transaction. A cursor in the ledger records the position, so that the next run continues there
//! after a crash.

use tokio::time::Instant;

use super::failure::{Stop, stop};
use super::lost::{describe_continuation, describe_position};
use super::run::Run;
use super::trace::Verdict;
use super::{Progress, StepOutcome};
use crate::core::plan::{PlannedStatement, Step};
use crate::core::text::plural;
use crate::engine::connection::database_error;
use crate::engine::copies::{CompletedCopy, Restoration, RestoredCopy};
use crate::engine::state::ledger::{Cursor, Entry};
use crate::engine::{Error, ErrorKind, Result};

/// The indices of a step and of its statement, and how far the statement got.
pub(super) type Position<'a> = ((usize, usize), &'a mut StatementPhase);

/// How far a statement outside a transaction got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum StatementPhase {
    #[default]
    NotSent,
    /// The server may have executed it.
    Sent,
    /// The server has executed it, and nothing rolls it back.
    Completed,
}

impl Run<'_> {
    /// Runs the statements of a step one by one, without a transaction around them, except for the parts of the section
    /// that run in a transaction.
    pub(super) async fn run_outside_transaction(&self, index: usize, step: &Step) -> Result<StepOutcome> {
        let since = Instant::now();
        (self.report)(Progress::StepStarted { step: index });
        let (skipped, entry) = match Box::pin(self.begin_outside(index, step)).await {
            Ok(begun) => begun,
            Err(Stop::Cancelled) => return Err(self.cancelled_before(index)),
            Err(Stop::Failed(error) | Stop::Conflict(_, error) | Stop::Lost(error) | Stop::CommitUnknown(error)) => {
                return Err(self.not_started(index, error));
            }
        };
        let started = Box::pin(self.in_own_transaction(step, self.restoration(index, step, skipped > 0))).await;
        let mut restoration = match started {
            Ok(restoration) => restoration,
            Err(reason) => return Err(self.stopped(index, entry, (skipped, StatementPhase::NotSent), reason).await),
        };
        let mut kept = Vec::new();
        let mut number = skipped;
        while let Some(statement) = step.statements.get(number) {
            let mut phase = StatementPhase::default();
            let place = ((index, number), &mut phase);
            let ran = match step.transaction_from(number) {
                Some(part) => {
                    let ran =
                        Box::pin(self.run_part_in_transaction(place, part.clone(), entry, &mut restoration)).await;
                    number = if phase == StatementPhase::Completed { part.end - 1 } else { number };
                    ran
                }
                None => Box::pin(self.run_outside(place, entry, statement, restoration.as_mut())).await,
            };
            match ran {
                Ok(copies) => kept.extend(copies),
                Err(reason) => return Err(self.stopped(index, entry, (number, phase), reason).await),
            }
            number += 1;
        }
        match self.close(index, step, entry, restoration.as_mut()).await {
            Ok(restored) => Ok(self.done(index, step, since.elapsed(), (kept, restored))),
            Err(reason) => {
                let end = (step.statements.len(), StatementPhase::NotSent);
                Err(self.stopped(index, entry, end, reason).await)
            }
        }
    }

    /// Checks the heads, finds the statement to continue with, and adds the row of the step to the ledger.
    async fn begin_outside(&self, index: usize, step: &Step) -> Result<(usize, Option<Entry>), Stop> {
        self.expect_heads(self.heads_before(index)).await?;
        let skipped = self.resume(index, step).await?;
        Ok((skipped, self.record_start(step, skipped).await?))
    }

    /// Sends one statement through the gate and runs it. Returns the copies that were made. Sets the phase
    /// of the statement.
    async fn run_outside(
        &self,
        ((index, number), phase): Position<'_>,
        entry: Option<Entry>,
        planned: &PlannedStatement,
        restoration: Option<&mut Restoration>,
    ) -> Result<Vec<CompletedCopy>, Stop> {
        self.check_cancelled()?;
        let step = &self.plan.steps[index];
        let position = ((index, number), phase);
        if self.needs_own_transaction(planned, restoration.as_deref()).await {
            let kept = Box::pin(self.run_in_own_transaction(position, entry, planned, restoration)).await?;
            self.report_kept(index, &kept);
            return Ok(kept);
        }
        let kept = Box::pin(self.run_alone(position, entry, planned)).await?;
        self.report_kept(index, &kept);
        if restoration.is_some() {
            let restore = Box::pin(self.restore_planned_values((index, number), restoration));
            self.in_own_transaction(step, restore).await?;
        }
        Ok(kept)
    }

    /// Runs one statement without a transaction, after its copies were committed. Returns the copies.
    async fn run_alone(
        &self,
        ((index, number), phase): Position<'_>,
        entry: Option<Entry>,
        planned: &PlannedStatement,
    ) -> Result<Vec<CompletedCopy>, Stop> {
        let (step, guard) = (&self.plan.steps[index], self.guard.client());
        let request = self.request((index, number), entry, false);
        self.check_indexes_before(step, planned, false).await?;
        let admit = Box::pin(self.gate.admit(self.sessions(), &request));
        let admission = self.watched(index, admit).await.map_err(|error| self.gate_failed(error, step))?;
        self.ledger.advance(guard, entry, Cursor { begun: number + 1, finished: number }).await?;
        *phase = StatementPhase::Sent;
        let rows = Box::pin(self.execute_outside((index, number), planned)).await?;
        self.check_indexes_after(step, planned).await?;
        *phase = StatementPhase::Completed;
        self.ledger.advance(guard, entry, Cursor { begun: number + 1, finished: number + 1 }).await?;
        let complete = Box::pin(self.gate.complete(self.sessions(), &request, admission, rows));
        self.watched(index, complete).await.map_err(|error| self.gate_failed(error, step))
    }

    /// Runs a statement, without lock timeout if it waits for older transactions (`CONCURRENTLY`).
    async fn execute_outside(
        &self,
        (index, number): (usize, usize),
        planned: &PlannedStatement,
    ) -> Result<Option<u64>, Stop> {
        let waits = planned.statement.waits_by_design();
        let timeouts = if waits { Some(self.begin_concurrent_timeouts().await?) } else { None };
        let ran = self.statement(index, number, planned).await.map_err(|error| {
            let reason = stop(&error, &self.plan.steps[index], Some(planned), self.cancel.is_cancelled());
            if waits { self.explain_concurrent_timeout(&error, reason) } else { reason }
        });
        if let Some(timeouts) = timeouts {
            let restored = self.end_concurrent_timeouts(timeouts).await;
            return ran.and_then(|rows| restored.map(|()| rows));
        }
        ran
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
        // The script may have set another role or search path, which limbeck's own statements must not use.
        client.batch_execute(&self.settings).await.map_err(failed)?;
        client.batch_execute("BEGIN").await.map_err(failed)?;
        self.table.lock(client).await.map_err(failed)?;
        self.expect_heads(self.heads_before(index)).await?;
        let restored = self.restore_rest(index, step, restoration).await?;
        self.finish(step, entry).await?;
        self.commit(index).await?;
        Ok(restored)
    }

    /// Closes the row in the ledger, moves the cursor if the server has answered, and describes the state of the database.
    async fn stopped(
        &self,
        index: usize,
        entry: Option<Entry>,
        (number, phase): (usize, StatementPhase),
        reason: Stop,
    ) -> Error {
        let step = &self.plan.steps[index];
        let _ = self.worker.client().batch_execute("ROLLBACK").await;
        let finished = number + usize::from(phase == StatementPhase::Completed);
        let done = format!(
            "outside a transaction: {finished} of {} of revision {} took effect and are not rolled back; the next run continues after them",
            plural(step.statements.len() as u64, "statement"),
            step.revision
        );
        let sent = step.statements.get(number).filter(|_| phase == StatementPhase::Sent);
        let (state, error) = match reason {
            Stop::Cancelled => ("interrupted", Error::of(ErrorKind::Interrupted, "cancelled").because(done)),
            Stop::Failed(error) | Stop::Conflict(_, error) => ("failed", error.because(done)),
            Stop::Lost(error) => {
                if phase == StatementPhase::Completed {
                    self.advance_entry(entry, Cursor { begun: finished, finished }).await;
                }
                return self.lost_outside(index, entry, sent, error.because(done)).await;
            }
            // The commit of one statement: the next run checks whether it took effect.
            Stop::CommitUnknown(error) if sent.is_some() => {
                return self.lost_outside(index, entry, sent, error.because(done)).await;
            }
            Stop::CommitUnknown(error) => {
                return self.lost_in_commit(index..index + 1, &[entry], error.because(done)).await;
            }
        };
        let verdict = match sent {
            Some(statement) => self.find_trace(statement).await.unwrap_or(Verdict::Unknown),
            None => Verdict::NotDone,
        };
        // A statement that left something half done counts as begun, so that the next run removes or completes it.
        let begun = finished + usize::from(matches!(verdict, Verdict::InvalidIndexes(_) | Verdict::PendingDetach(_)));
        let guard = self.guard.client();
        let _ = self.ledger.advance(guard, entry, Cursor { begun, finished }).await;
        let _ = self.ledger.end(guard, entry, state, Some(&error.message)).await;
        describe_remains(error, verdict)
    }

    /// The connection was lost. `running`: the statement that was sent.
    async fn lost_outside(
        &self,
        index: usize,
        entry: Option<Entry>,
        running: Option<&PlannedStatement>,
        error: Error,
    ) -> Error {
        let mut error = self.lost(error);
        let is_gone = self.is_backend_gone().await;
        if let Some(statement) = running {
            let line = statement.line;
            error = error.because(match is_gone {
                Some(false) => format!(
                    "the statement on line {line} still runs in server process {}; the next run waits for it",
                    self.backend.pid
                ),
                _ => {
                    format!("the statement on line {line} was interrupted; the next run checks whether it took effect")
                }
            });
        }
        // While the process works, the row stays in the state `running`, so that the next run waits for it.
        if is_gone == Some(true) {
            self.end_entry(entry, "interrupted", &error).await;
        }
        error.because(describe_position(self.plan, index)).hint(describe_continuation(self.plan, index))
    }
}

/// Adds what a failed statement left half done, and what the next run does about it.
fn describe_remains(error: Error, verdict: Verdict) -> Error {
    let (what, next) = match verdict {
        Verdict::InvalidIndexes(names) => {
            let (index, it) = if names.len() == 1 { ("index", "it") } else { ("indexes", "them") };
            let drops: Vec<String> = names.iter().map(|name| format!("DROP INDEX CONCURRENTLY {name}")).collect();
            (
                format!("it left the invalid {index} {}", names.join(", ")),
                format!("drops the {index} with {} and builds {it} again", drops.join("; ")),
            )
        }
        Verdict::PendingDetach(finalize) => {
            ("it has started to detach the partition".to_owned(), format!("completes it with {finalize}"))
        }
        _ => return error,
    };
    let first = error.hint.clone().unwrap_or_else(|| "correct the cause".to_owned());
    error.because(what).hint(format!("{first}; run again: the next run {next}"))
}
