//! Transactions within a step that is outside a transaction: of one statement, together with the copies that it requires
//! or the values that are restored after it, so that no other session can write between them; and of a part of the section.

use std::ops::Range;

use super::Progress;
use super::failure::{Stop, stop};
use super::outside::{Position, StatementPhase};
use super::run::Run;
use super::transaction::MAX_ATTEMPTS;
use crate::core::hazard::Class;
use crate::core::plan::PlannedStatement;
use crate::engine::connection::database_error;
use crate::engine::copies::{CompletedCopy, Restoration};
use crate::engine::state::ledger::{Cursor, Entry};

impl Run<'_> {
    /// Whether a statement runs in a transaction of its own. The script must not have started a transaction.
    pub(super) async fn needs_own_transaction(
        &self,
        planned: &PlannedStatement,
        restoration: Option<&Restoration>,
    ) -> bool {
        let loses_data = planned.hazards.iter().any(|hazard| hazard.class == Class::DataLoss);
        let restores = restoration.is_some_and(|restoration| restoration.may_restore_after(&planned.statement));
        (loses_data || restores)
            && planned.statement.may_run_in_own_transaction()
            // SAVEPOINT fails outside a transaction.
            && self.worker.client().batch_execute("SAVEPOINT limbeck_open; RELEASE SAVEPOINT limbeck_open").await.is_err()
    }

    /// Runs a statement with its copies in a transaction of its own, and restores values after it. Returns the copies.
    pub(super) async fn run_in_own_transaction(
        &self,
        ((index, number), phase): Position<'_>,
        entry: Option<Entry>,
        planned: &PlannedStatement,
        mut restoration: Option<&mut Restoration>,
    ) -> Result<Vec<CompletedCopy>, Stop> {
        let (step, guard) = (&self.plan.steps[index], self.guard.client());
        let request = self.request((index, number), entry, true);
        self.gate.begin();
        let begin = self.worker.client().batch_execute("BEGIN");
        begin.await.map_err(|error| Stop::from(database_error(&error)))?;
        if let Some(restoration) = &mut restoration {
            let examine = restoration.examine_before(self.worker.client(), &planned.statement);
            self.watched(index, Box::pin(examine)).await.map_err(|error| self.copy_failed(error, step))?;
        }
        let admit = Box::pin(self.gate.admit(self.sessions(), &request));
        let admission = self.watched(index, admit).await.map_err(|error| self.gate_failed(error, step))?;
        let ran = Box::pin(self.statement(index, number, planned)).await;
        let rows = ran.map_err(|error| stop(&error, step, Some(planned), self.cancel.is_cancelled()))?;
        let complete = Box::pin(self.gate.complete(self.sessions(), &request, admission, rows));
        let kept = self.watched(index, complete).await.map_err(|error| self.gate_failed(error, step))?;
        self.restore_planned_values((index, number), restoration).await?;
        self.gate.before_commit(self.sessions()).await.map_err(|error| self.gate_failed(error, step))?;
        // Until here an error rolls the statement back.
        self.ledger.advance(guard, entry, Cursor { begun: number + 1, finished: number }).await?;
        *phase = StatementPhase::Sent;
        self.commit(index).await?;
        *phase = StatementPhase::Completed;
        self.gate.committed();
        self.ledger.advance(guard, entry, Cursor { begun: number + 1, finished: number + 1 }).await?;
        Ok(kept)
    }

    /// Runs a part of the section in one transaction, and retries it after a conflict with another session. The cursor
    /// moves in the same transaction, so that the next run knows whether the part took effect.
    pub(super) async fn run_part_in_transaction(
        &self,
        ((index, first), phase): Position<'_>,
        part: Range<usize>,
        entry: Option<Entry>,
        restoration: &mut Option<Restoration>,
    ) -> Result<Vec<CompletedCopy>, Stop> {
        let mut attempt = 1;
        let used = self.gate.bytes_used();
        loop {
            let place = ((index, first), &mut *phase);
            match Box::pin(self.attempt_part(place, part.clone(), entry, restoration.as_mut())).await {
                // What was restored is rolled back, and is not restored again.
                Err(Stop::Conflict(conflict, _)) if restoration.is_none() && self.may_retry(attempt) => {
                    let _ = self.worker.client().batch_execute("ROLLBACK").await;
                    (self.report)(Progress::StepRetried { step: index, attempt, conflict });
                    self.pause(attempt).await;
                    self.gate.reset_bytes_used(used);
                    attempt += 1;
                }
                ran => return ran,
            }
        }
    }

    async fn attempt_part(
        &self,
        ((index, _), phase): Position<'_>,
        part: Range<usize>,
        entry: Option<Entry>,
        mut restoration: Option<&mut Restoration>,
    ) -> Result<Vec<CompletedCopy>, Stop> {
        let (step, client) = (&self.plan.steps[index], self.worker.client());
        let failed = |error: tokio_postgres::Error| Stop::from(database_error(&error));
        self.gate.begin();
        client.batch_execute("BEGIN").await.map_err(failed)?;
        let mut kept = Vec::new();
        for number in part.clone() {
            let planned = &step.statements[number];
            if let Some(restoration) = &mut restoration {
                let examine = restoration.examine_before(client, &planned.statement);
                self.watched(index, Box::pin(examine)).await.map_err(|error| self.copy_failed(error, step))?;
            }
            kept.extend(self.run_planned((index, number), entry, planned, restoration.as_deref_mut()).await?);
        }
        self.check_cancelled()?;
        self.gate.before_commit(self.sessions()).await.map_err(|error| self.gate_failed(error, step))?;
        // The script may have set another role or search path, which limbeck's own statements must not use.
        client.batch_execute(&self.settings).await.map_err(failed)?;
        self.table.lock(client).await.map_err(failed)?;
        self.expect_heads(self.heads_before(index)).await?;
        self.ledger.advance(client, entry, Cursor { begun: part.end, finished: part.end }).await?;
        *phase = StatementPhase::Sent;
        self.commit(index).await?;
        *phase = StatementPhase::Completed;
        self.gate.committed();
        self.repeat_settings(&step.statements[..part.end]).await?;
        Ok(kept)
    }

    fn may_retry(&self, attempt: u32) -> bool {
        attempt < MAX_ATTEMPTS && !self.options.no_wait && !self.cancel.is_cancelled()
    }
}
