//! Runs steps in one transaction: either all of them take effect, or none.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::SimpleQueryMessage;

use super::copying::explain_null;
use super::failure::{Stop, commit_failed, stop};
use super::run::{Run, expect_same_heads};
use super::{Progress, StepOutcome};
use crate::core::plan::{PlannedStatement, Step};
use crate::engine::copies::{CompletedCopy, Restoration};
use crate::engine::state::ledger::Entry;
use crate::engine::{Error, Result};

/// How often a step is retried after a conflict with another session before the run fails.
pub(super) const MAX_ATTEMPTS: u32 = 60;

/// The pause before the first retry. It grows with each attempt, up to the maximum.
const PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Runs steps in one transaction, and retries it after a conflict with another session.
    pub(super) async fn run_in_transaction(&self, batch: Range<usize>) -> Result<Vec<StepOutcome>> {
        // The ledger must contain a step before its first statement runs. The two sessions work in parallel until then.
        let (entries, mut begun) = tokio::join!(self.begin_entries(batch.clone()), self.begin(batch.start));
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let _ = self.worker.client().batch_execute("ROLLBACK").await;
                return Err(self.not_started(batch.start, error));
            }
        };
        let mut attempt = 1;
        let used = self.gate.bytes_used();
        loop {
            let ran = match begun {
                Ok(since) => self.attempt(batch.clone(), &entries, since).await,
                Err(reason) => Err(reason),
            };
            let reason = match ran {
                Ok(outcomes) => return Ok(outcomes),
                Err(reason) => reason,
            };
            let _ = self.worker.client().batch_execute("ROLLBACK").await;
            match reason {
                Stop::Conflict(conflict, _)
                    if attempt < MAX_ATTEMPTS && !self.options.no_wait && !self.cancel.is_cancelled() =>
                {
                    (self.report)(Progress::StepRetried { step: batch.start, attempt, conflict });
                    self.pause(attempt).await;
                    self.gate.reset_bytes_used(used);
                    attempt += 1;
                    begun = self.begin(batch.start).await;
                }
                reason => return Err(self.fail(batch, &entries, reason).await),
            }
        }
    }

    /// Adds a row to the ledger for each step.
    async fn begin_entries(&self, batch: Range<usize>) -> Result<Vec<Option<Entry>>> {
        let mut entries = Vec::with_capacity(batch.len());
        for step in &self.plan.steps[batch] {
            entries.push(self.record_start(step, 0).await?);
        }
        Ok(entries)
    }

    /// Starts the transaction and its first step. Returns when the step started.
    async fn begin(&self, first: usize) -> Result<Instant, Stop> {
        self.lock_version_table(first, "BEGIN; ").await
    }

    /// Runs the steps in the started transaction, and commits.
    async fn attempt(
        &self,
        batch: Range<usize>,
        entries: &[Option<Entry>],
        begun: Instant,
    ) -> Result<Vec<StepOutcome>, Stop> {
        self.gate.begin();
        let mut outcomes = Vec::new();
        for (index, entry) in batch.clone().zip(entries) {
            let step = &self.plan.steps[index];
            let since = if index == batch.start { begun } else { self.lock_version_table(index, "").await? };
            let mut restoration = self.restoration(index, step, false).await?;
            let mut kept = Vec::new();
            for (number, planned) in step.statements.iter().enumerate() {
                kept.extend(self.run_planned((index, number), *entry, planned, restoration.as_mut()).await?);
            }
            let restored = self.restore_rest(index, step, restoration.as_mut()).await?;
            self.finish(step, *entry).await?;
            outcomes.push((index, step, since.elapsed(), (kept, restored)));
        }
        self.check_cancelled()?;
        let first = &self.plan.steps[batch.start];
        self.gate.before_commit(self.sessions()).await.map_err(|error| self.gate_failed(error, first))?;
        self.commit(batch.start).await?;
        self.gate.committed();
        let done = outcomes.into_iter().map(|(index, step, elapsed, copies)| self.done(index, step, elapsed, copies));
        Ok(done.collect())
    }

    /// Sends one statement through the gate and runs it. Returns the copies that were made.
    pub(super) async fn run_planned(
        &self,
        (index, number): (usize, usize),
        entry: Option<Entry>,
        planned: &PlannedStatement,
        restoration: Option<&mut Restoration>,
    ) -> Result<Vec<CompletedCopy>, Stop> {
        self.check_cancelled()?;
        let step = &self.plan.steps[index];
        let request = self.request((index, number), entry, true);
        self.check_indexes_before(step, planned, true).await?;
        let admit = Box::pin(self.gate.admit(self.sessions(), &request));
        let admission = self.watched(index, admit).await.map_err(|error| self.gate_failed(error, step))?;
        let ran = self.statement(index, number, planned).await;
        let rows = ran.map_err(|error| {
            let reason = stop(&error, step, Some(planned), self.cancel.is_cancelled());
            explain_null(&error, restoration.is_some(), reason)
        })?;
        let complete = Box::pin(self.gate.complete(self.sessions(), &request, admission, rows));
        let kept = self.watched(index, complete).await.map_err(|error| self.gate_failed(error, step))?;
        self.check_indexes_after(step, planned).await?;
        self.report_kept(index, &kept);
        self.restore_planned_values((index, number), restoration).await?;
        Ok(kept)
    }

    pub(super) fn report_kept(&self, index: usize, kept: &[CompletedCopy]) {
        for kept in kept {
            (self.report)(Progress::Kept { step: index, kept: kept.clone() });
        }
    }

    /// Starts a step: locks the version table against other writers, and checks the heads again in the transaction, in one
    /// round trip. `before`: SQL that runs first.
    pub(super) async fn lock_version_table(&self, index: usize, before: &str) -> Result<Instant, Stop> {
        let since = Instant::now();
        (self.report)(Progress::StepStarted { step: index });
        let hold = format!("{before}{}", self.table.hold());
        let answer = self.watched(index, self.worker.client().simple_query(&hold)).await;
        let answer = answer.map_err(|error| stop(&error, &self.plan.steps[index], None, self.cancel.is_cancelled()))?;
        expect_same_heads(&self.table.held(&answer)?, self.heads_before(index))?;
        Ok(since)
    }

    /// Updates the version table and closes the row in the ledger, in the transaction of the step and in one round trip.
    pub(super) async fn finish(&self, step: &Step, entry: Option<Entry>) -> Result<(), Stop> {
        // The script may have set another role or search path, which limbeck's own statements must not use.
        let mut sql = self.settings.clone();
        let changes = step.changes.iter().map(|change| self.table.change(change));
        let done = self.ledger.done(entry);
        let ledger_answers = usize::from(done.is_some());
        for statement in changes.chain(done) {
            sql.push_str("; ");
            sql.push_str(&statement);
        }
        let answer = self.worker.client().simple_query(&sql).await.map_err(|error| stop(&error, step, None, false))?;
        let rows = answer.iter().rev().filter_map(|message| match message {
            SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
            _ => None,
        });
        for rows in rows.skip(ledger_answers).take(step.changes.len()) {
            self.table.expect_one(rows)?;
        }
        Ok(())
    }

    /// Fails if a cancel was requested.
    pub(super) fn check_cancelled(&self) -> Result<(), Stop> {
        if self.cancel.is_cancelled() { Err(Stop::Cancelled) } else { Ok(()) }
    }

    /// Adds the blocking sessions to an error.
    pub(super) async fn name_blockers(&self, error: Error) -> Error {
        let blockers = self.blockers().await;
        blockers.iter().fold(error, |error, blocker| {
            error.because(format!(
                "server process {} ({}, {}) holds the lock: {}",
                blocker.pid, blocker.user, blocker.application, blocker.query
            ))
        })
    }

    /// Commits. A cancel is forwarded: deferred triggers may take long.
    pub(super) async fn commit(&self, index: usize) -> Result<(), Stop> {
        self.commit_and(index, "").await
    }

    /// Commits, and runs `begin`, which starts the next transaction, in the same round trip.
    pub(super) async fn commit_and(&self, index: usize, begin: &str) -> Result<(), Stop> {
        let commit = format!("COMMIT; {begin}");
        self.watched(index, self.worker.client().batch_execute(&commit))
            .await
            .map_err(|error| commit_failed(&error, self.cancel.is_cancelled()))
    }

    pub(super) async fn pause(&self, attempt: u32) {
        tokio::select! {
            () = tokio::time::sleep(retry_pause(attempt)) => {}
            () = self.cancel.cancelled() => {}
        }
    }
}

/// The pause after an attempt.
pub(super) fn retry_pause(attempt: u32) -> Duration {
    (PAUSE * attempt).min(MAX_PAUSE)
}
