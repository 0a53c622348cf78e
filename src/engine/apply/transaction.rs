//! Steps inside one transaction: all of it happens, or nothing.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::SimpleQueryMessage;

use super::failure::{Stop, stop};
use super::keeping::with_copies_in_mind;
use super::run::{Run, names, same_heads};
use super::{Progress, StepOutcome};
use crate::core::plan::Step;
use crate::engine::connection::database_error;
use crate::engine::state::ledger::Entry;
use crate::engine::{Error, ErrorKind, Result};

/// How often a step that waits for a lock is started again before the run gives up.
const ATTEMPTS: u32 = 60;

/// How long to wait before it starts again, growing up to the bound.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Runs steps in one transaction, again while a lock is not had.
    pub(super) async fn transaction(&self, batch: Range<usize>) -> Result<Vec<StepOutcome>> {
        // Nothing of a step runs before the ledger tells of it; until then the two sessions work side by side.
        let (entries, mut begun) = tokio::join!(self.entries(batch.clone()), self.begin(batch.start));
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let _ = self.worker.client().batch_execute("ROLLBACK").await;
                return Err(error);
            }
        };
        let mut attempt = 1;
        let used = self.keeping.used();
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
                Stop::LockTimeout(_) if attempt < ATTEMPTS && !self.options.no_wait && !self.cancel.is_cancelled() => {
                    (self.tell)(Progress::StepRetried { step: batch.start, attempt });
                    self.pause(attempt).await;
                    self.keeping.rewind(used);
                    attempt += 1;
                    begun = self.begin(batch.start).await;
                }
                reason => return Err(self.give_up(batch, &entries, reason).await),
            }
        }
    }

    /// Writes into the ledger that the steps begin.
    async fn entries(&self, batch: Range<usize>) -> Result<Vec<Option<Entry>>> {
        let mut entries = Vec::with_capacity(batch.len());
        for step in &self.plan.steps[batch] {
            entries.push(self.ledger.begin(self.guard.client(), step, self.backend, 0).await?);
        }
        Ok(entries)
    }

    /// Begins the transaction and its first step; gives the step's beginning.
    async fn begin(&self, first: usize) -> Result<Instant, Stop> {
        self.hold_table(first, "BEGIN; ").await
    }

    /// Runs the steps in the transaction that has begun, and commits.
    async fn attempt(
        &self,
        batch: Range<usize>,
        entries: &[Option<Entry>],
        begun: Instant,
    ) -> Result<Vec<StepOutcome>, Stop> {
        let client = self.worker.client();
        self.spared.begin();
        let mut outcomes = Vec::new();
        for (index, entry) in batch.clone().zip(entries) {
            let step = &self.plan.steps[index];
            let since = if index == batch.start { begun } else { self.hold_table(index, "").await? };
            let mut pending = self.pending(index, step, false).await?;
            let mut kept = Vec::new();
            for (number, statement) in step.statements.iter().enumerate() {
                self.go_on()?;
                self.nothing_yet(index, number, statement).await?;
                for hazard in &statement.hazards {
                    self.still_nothing(index, step, hazard, &hazard.subject).await?;
                }
                self.nothing_more(step, statement).await?;
                let made = self.copy_first(index, step, *entry, statement).await?;
                let run = self.statement(index, number, statement).await;
                let rows = run.map_err(|error| {
                    let reason = stop(&error, step, Some(statement), self.cancel.is_cancelled());
                    with_copies_in_mind(&error, pending.is_some(), reason)
                })?;
                self.nothing_taken(statement, rows)?;
                kept.extend(self.settle(index, step, made, rows).await?);
                self.put_back_early(index, step, pending.as_mut(), statement).await?;
            }
            let restored = self.put_back(index, step, pending.as_ref()).await?;
            self.finish(step, *entry).await?;
            outcomes.push((index, step, since.elapsed(), (kept, restored)));
        }
        self.go_on()?;
        self.note_transaction(&self.plan.steps[batch.start]).await?;
        client.batch_execute("COMMIT").await.map_err(|error| commit_failed(&error))?;
        self.spared.committed();
        let done = outcomes.into_iter().map(|(index, step, elapsed, copies)| self.done(index, step, elapsed, copies));
        Ok(done.collect())
    }

    /// Begins a step: keeps other writers of the version table out, and looks at the heads again from inside, in one
    /// round trip.
    pub(super) async fn hold_table(&self, index: usize, before: &str) -> Result<Instant, Stop> {
        let since = Instant::now();
        (self.tell)(Progress::StepStarted { step: index });
        let hold = format!("{before}{}", self.table.hold());
        let answer = self.watched(index, self.worker.client().simple_query(&hold)).await;
        let answer = answer.map_err(|error| stop(&error, &self.plan.steps[index], None, self.cancel.is_cancelled()))?;
        same_heads(&self.table.held(&answer)?, self.heads_before(index))?;
        Ok(since)
    }

    /// Writes the version table and closes the ledger's row, in the step's own transaction and in one round trip.
    pub(super) async fn finish(&self, step: &Step, entry: Option<Entry>) -> Result<(), Stop> {
        // A script may have set another role or path; what follows is limbeck's own.
        let mut sql = self.settings.clone();
        let changes = step.changes.iter().map(|change| self.table.change(change));
        let done = self.ledger.done(entry);
        let behind = usize::from(done.is_some());
        for statement in changes.chain(done) {
            sql.push_str("; ");
            sql.push_str(&statement);
        }
        let answer = self.worker.client().simple_query(&sql).await.map_err(|error| stop(&error, step, None, false))?;
        let rows = answer.iter().rev().filter_map(|message| match message {
            SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
            _ => None,
        });
        for rows in rows.skip(behind).take(step.changes.len()) {
            self.table.expect_one(rows)?;
        }
        Ok(())
    }

    /// Stops between statements once a cancel was asked for.
    pub(super) fn go_on(&self) -> Result<(), Stop> {
        if self.cancel.is_cancelled() { Err(Stop::Cancelled) } else { Ok(()) }
    }

    /// Closes the ledger's rows and says how the database was left.
    async fn give_up(&self, batch: Range<usize>, entries: &[Option<Entry>], reason: Stop) -> Error {
        let before = names(self.heads_before(batch.start));
        let after = names(&self.plan.steps[batch.end - 1].heads_after);
        let rolled_back = format!("rolled back; the database is at {before}");
        let (state, error) = match reason {
            Stop::Cancelled => {
                ("interrupted", Error::of(ErrorKind::Interrupted, format!("cancelled and {rolled_back}")))
            }
            Stop::LockTimeout(error) => ("failed", self.name_blockers(error).await.because(rolled_back)),
            Stop::Failed(error) => ("failed", error.because(rolled_back)),
            Stop::Lost(error) => {
                let lost =
                    error.because(format!("the connection was lost before the commit; the database is at {before}"));
                ("interrupted", Error { kind: ErrorKind::Connection, ..lost })
            }
            Stop::CommitUnknown(error) => return self.read_again(error, &after).await,
        };
        for entry in entries {
            let _ = self.ledger.end(self.guard.client(), *entry, state, Some(&error.message)).await;
        }
        error
    }

    /// After a commit that nobody answered: asks the database on a new connection where it is.
    pub(super) async fn read_again(&self, error: Error, after: &str) -> Error {
        let error = Error { kind: ErrorKind::Connection, ..error };
        let heads = match self.target.connect("limbeck").await {
            Ok(session) => self.table.heads(session.client()).await,
            Err(error) => Err(error),
        };
        match heads {
            Ok(heads) => error.because(format!(
                "the connection was lost during the commit; read again, the database is at {} (after it: {after})",
                names(&heads)
            )),
            Err(_) => error
                .because("the connection was lost during the commit, and the server cannot be asked how it went")
                .hint("see `limbeck current` once the server is back"),
        }
    }

    pub(super) async fn name_blockers(&self, error: Error) -> Error {
        let blockers = self.blockers().await;
        blockers.iter().fold(error, |error, blocker| {
            error.because(format!(
                "server process {} ({}, {}) holds it: {}",
                blocker.pid, blocker.user, blocker.application, blocker.query
            ))
        })
    }

    async fn pause(&self, attempt: u32) {
        let pause = (PAUSE * attempt).min(LONGEST_PAUSE);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.cancel.cancelled() => {}
        }
    }
}

/// Sorts what came of a commit: an answer says that it failed; none leaves it open.
pub(super) fn commit_failed(error: &tokio_postgres::Error) -> Stop {
    match error.as_db_error() {
        Some(_) => Stop::Failed(database_error(error).because("a check at the end of the transaction did not hold")),
        None => Stop::CommitUnknown(database_error(error)),
    }
}
