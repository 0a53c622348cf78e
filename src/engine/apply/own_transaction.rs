//! Runs a statement of a step that is outside a transaction, and that destroys data, in a transaction of its own with its
//! copies. Then no other session can write between the copy and the statement.

use super::failure::{Stop, stop};
use super::outside::Position;
use super::run::Run;
use crate::core::hazard::Class;
use crate::core::plan::PlannedStatement;
use crate::engine::connection::database_error;
use crate::engine::copies::CompletedCopy;
use crate::engine::state::ledger::{Cursor, Entry};

impl Run<'_> {
    /// Whether a statement runs in a transaction of its own. The script must not have started a transaction.
    pub(super) async fn needs_own_transaction(&self, planned: &PlannedStatement) -> bool {
        let loses_data = planned.hazards.iter().any(|hazard| hazard.class == Class::DataLoss);
        loses_data
            && planned.statement.may_run_in_own_transaction()
            // SAVEPOINT fails outside a transaction.
            && self.worker.client().batch_execute("SAVEPOINT limbeck_open; RELEASE SAVEPOINT limbeck_open").await.is_err()
    }

    /// Runs a statement with its copies in a transaction of its own. Returns the copies.
    pub(super) async fn run_in_own_transaction(
        &self,
        ((index, number), is_begun): Position<'_>,
        entry: Option<Entry>,
        planned: &PlannedStatement,
    ) -> Result<Vec<CompletedCopy>, Stop> {
        let (step, guard) = (&self.plan.steps[index], self.guard.client());
        let request = self.request((index, number), entry, true);
        self.gate.begin();
        let begin = self.worker.client().batch_execute("BEGIN");
        begin.await.map_err(|error| Stop::from(database_error(&error)))?;
        let admit = Box::pin(self.gate.admit(self.sessions(), &request));
        let admission = self.watched(index, admit).await.map_err(|error| self.gate_failed(error, step))?;
        let ran = Box::pin(self.statement(index, number, planned)).await;
        let rows = ran.map_err(|error| stop(&error, step, Some(planned), self.cancel.is_cancelled()))?;
        let complete = Box::pin(self.gate.complete(self.sessions(), &request, admission, rows));
        let kept = self.watched(index, complete).await.map_err(|error| self.gate_failed(error, step))?;
        self.gate.before_commit(self.sessions()).await.map_err(|error| self.gate_failed(error, step))?;
        // Until here an error rolls the statement back.
        self.ledger.advance(guard, entry, Cursor { begun: number + 1, finished: number }).await?;
        *is_begun = true;
        self.commit(index).await?;
        self.gate.committed();
        self.ledger.advance(guard, entry, Cursor { begun: number + 1, finished: number + 1 }).await?;
        Ok(kept)
    }
}
