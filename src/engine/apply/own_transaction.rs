//! Runs a statement of a step that is outside a transaction in a transaction of its own, together with the copies that it
//! requires or the values that are restored after it. Then no other session can write between them.

use super::failure::{Stop, stop};
use super::outside::{Position, StatementPhase};
use super::run::Run;
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
}
