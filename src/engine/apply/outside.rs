//! A step outside a transaction: a cursor in the ledger remembers how far it came, so that a run that
//! died goes on where it stopped.

use tokio::time::Instant;

use super::failure::{Stop, stop};
use super::judge::Verdict;
use super::run::{Run, names};
use super::spared::no_longer_nothing;
use super::transaction::commit_failed;
use super::{Kept, Progress, Resume, StepOutcome};
use crate::core::hazard::{Class, Hazard};
use crate::core::plan::{PlannedStatement, Step};
use crate::engine::connection::database_error;
use crate::engine::copies::{Pending, Restored};
use crate::engine::state::ledger::{Cursor, Entry};
use crate::engine::{Error, ErrorKind, Result, preflight};

impl Run<'_> {
    /// Runs a step statement by statement, each on its own.
    pub(super) async fn outside(&self, index: usize, step: &Step) -> Result<StepOutcome> {
        let since = Instant::now();
        (self.tell)(Progress::StepStarted { step: index });
        self.expect_heads(self.heads_before(index)).await?;
        let skipped = self.skip(step).await?;
        let entry = self.ledger.begin(self.guard.client(), step, self.backend, skipped).await?;
        let mut pending = match self.alone(self.pending(index, step, skipped > 0)).await {
            Ok(pending) => pending,
            Err(reason) => return Err(self.stopped(step, entry, skipped, reason).await),
        };
        let mut kept = Vec::new();
        for (number, statement) in step.statements.iter().enumerate().skip(skipped) {
            match self.one(index, step, entry, (number, statement), pending.as_mut()).await {
                Ok(copies) => kept.extend(copies),
                Err(reason) => return Err(self.stopped(step, entry, number, reason).await),
            }
        }
        match self.close(index, step, entry, pending.as_ref()).await {
            Ok(restored) => Ok(self.done(index, step, since.elapsed(), (kept, restored))),
            Err(Stop::CommitUnknown(error)) => Err(self.read_again(error, &names(&step.heads_after)).await),
            Err(reason) => Err(self.stopped(step, entry, step.statements.len(), reason).await),
        }
    }

    async fn one(
        &self,
        index: usize,
        step: &Step,
        entry: Option<Entry>,
        (number, statement): (usize, &PlannedStatement),
        pending: Option<&mut Pending>,
    ) -> Result<Vec<Kept>, Stop> {
        self.go_on()?;
        let guard = self.guard.client();
        let spared = |hazard: &&Hazard| hazard.touches_nothing() && self.plan.confirm.contains(&hazard.class);
        for hazard in statement.hazards.iter().filter(|hazard| spared(hazard) && !self.plan.blank) {
            // No lock outlasts a statement here; a look just before it is the best that can be had.
            if self.spared.is_made(guard, hazard).await {
                continue;
            }
            let written = self.spared.past();
            if let Some(found) =
                preflight::look(guard, &hazard.subject, &written).await.filter(|found| found.values > 0)
            {
                return Err(Stop::Failed(no_longer_nothing(hazard, found.values)));
            }
        }
        let destroys = statement.hazards.iter().any(|hazard| hazard.class == Class::DataLoss);
        let made =
            if destroys { self.alone(self.copy_first(index, step, entry, statement)).await? } else { Vec::new() };
        self.ledger.advance(guard, entry, Cursor { begun: number + 1, finished: number }).await?;
        let run = self.statement(index, number, statement).await;
        let rows = run.map_err(|error| stop(&error, step, Some(statement), self.cancel.is_cancelled()))?;
        self.ledger.advance(guard, entry, Cursor { begun: number + 1, finished: number + 1 }).await?;
        let kept = if made.is_empty() { Vec::new() } else { self.alone(self.settle(index, step, made, rows)).await? };
        if pending.is_some() {
            self.alone(self.put_back_early(index, step, pending, statement)).await?;
        }
        Ok(kept)
    }

    /// The version table and the ledger change in a transaction of their own.
    async fn close(
        &self,
        index: usize,
        step: &Step,
        entry: Option<Entry>,
        pending: Option<&Pending>,
    ) -> Result<Vec<Restored>, Stop> {
        let client = self.worker.client();
        let failed = |error: tokio_postgres::Error| Stop::from(database_error(&error));
        client.batch_execute("BEGIN").await.map_err(failed)?;
        self.table.lock(client).await.map_err(failed)?;
        self.expect_heads(self.heads_before(index)).await?;
        let restored = self.put_back(index, step, pending).await?;
        self.finish(step, entry).await?;
        client.batch_execute("COMMIT").await.map_err(|error| commit_failed(&error))?;
        Ok(restored)
    }

    /// How many statements an earlier run of this script has done.
    async fn skip(&self, step: &Step) -> Result<usize> {
        let Some(cursor) = self.ledger.cursor(self.guard.client(), step).await? else { return Ok(0) };
        let Some(statement) = step.statements.get(cursor.finished).filter(|_| cursor.begun > cursor.finished) else {
            return Ok(cursor.finished.min(step.statements.len()));
        };
        let verdict = match self.options.resume {
            Some(Resume::Again) => Verdict::NotDone,
            Some(Resume::After) => Verdict::Done,
            None => self.judge(statement).await?,
        };
        match verdict {
            Verdict::Done => Ok(cursor.finished + 1),
            Verdict::NotDone => Ok(cursor.finished),
            Verdict::InvalidIndex(name) => Err(unsure(step, statement)
                .because(format!("it left the index {name} invalid"))
                .hint(format!("remove it with DROP INDEX CONCURRENTLY {name}; then start again"))),
            Verdict::Unknown => Err(unsure(step, statement).hint(
                "look whether it took effect; then start again with --resume after if it did, --resume again if not",
            )),
        }
    }

    /// Closes the ledger's row, with the cursor where the server has answered.
    async fn stopped(&self, step: &Step, entry: Option<Entry>, number: usize, reason: Stop) -> Error {
        let _ = self.worker.client().batch_execute("ROLLBACK").await;
        let left = format!(
            "outside a transaction: {number} of {} statements of revision {} are done and stay; a new run goes on after them",
            step.statements.len(),
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
            Some(statement) => self.tell_invalid_index(statement, error).await,
            None => error,
        }
    }

    async fn tell_invalid_index(&self, statement: &PlannedStatement, error: Error) -> Error {
        match self.judge(statement).await {
            Ok(Verdict::InvalidIndex(name)) => error
                .because(format!("it left the index {name} invalid"))
                .hint(format!("remove it with DROP INDEX CONCURRENTLY {name}; then start again")),
            _ => error,
        }
    }
}

fn unsure(step: &Step, statement: &PlannedStatement) -> Error {
    let mut error = Error::new(format!(
        "an earlier run of revision {} died while the statement on line {} ran; whether it took effect is not known",
        step.revision, statement.line
    ));
    error.revision = Some(step.revision.to_string());
    error.line = Some(statement.line);
    error.excerpt = Some(format!("{} | {}", statement.line, statement.sql.lines().next().unwrap_or_default()));
    error
}
