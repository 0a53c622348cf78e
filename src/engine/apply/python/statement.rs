//! Sends a statement of a script through the gate.

use tokio::time::Instant;

use super::observer::{Admitted, ScriptObserver, ends_transaction};
use crate::core::hazard::Class;
use crate::core::plan::{PlannedStatement, Step};
use crate::core::sql::SourceStatement;
use crate::core::statement::{Effect, Transaction, analyse};
use crate::engine::apply::Progress;
use crate::engine::apply::failure::Stop;
use crate::engine::gate::{GateError, GateRequest};
use crate::engine::preflight;
use crate::engine::state::ledger::Cursor;
use crate::engine::wire::{TransactionStatus, WireStatement};

impl ScriptObserver<'_> {
    /// Decides about a statement that was held.
    pub(super) async fn admit_statement(&self, sent: &WireStatement) -> Result<(), Stop> {
        let run = self.run;
        run.check_cancelled()?;
        let (index, line) = (self.index(), self.line());
        let step = &run.plan.steps[index];
        self.read_side_effects(index).await?;
        let source = SourceStatement { text: sent.trimmed().to_owned(), line, column: 1, ..SourceStatement::default() };
        let statement = analyse(source, &self.lock().script);
        if let Transaction::Control(_) = statement.transaction {
            return self.admit_end(step, sent.status, ends_transaction(&statement)).await;
        }
        let found = self.find_planned(index, statement.sql());
        let position = found.filter(|position| self.is_known(*position));
        let mut statement = PlannedStatement { line, column: 1, statement, hazards: Vec::new() };
        (run.report)(match found {
            Some((step, statement)) => Progress::StatementStarted { step, statement },
            None => Progress::Unplanned { step: index, line, sql: statement.sql().to_owned() },
        });
        statement.hazards = match position {
            Some((step, number)) => run.plan.steps[step].statements[number].hazards.clone(),
            None => self.assess(index, &statement, sent.status).await?,
        };
        let request = self.request(step, &statement, position, sent.status);
        let admit = Box::pin(run.gate.admit(run.sessions(), &request));
        let admission = run.watched(index, admit).await;
        let admission = admission.map_err(|error| name_place(run.gate_failed(error, step), step, &statement))?;
        self.advance(sent.status, 1).await?;
        let since = Instant::now();
        self.lock().admitted = Some(Admitted { statement, planned: found, position, admission, since });
        Ok(())
    }

    /// Completes the copies of a statement that has run, and restores values.
    pub(super) async fn complete_statement(&self, sent: &WireStatement, rows: Option<u64>) -> Result<(), Stop> {
        let run = self.run;
        let admitted = self.lock().admitted.take();
        let Some(Admitted { statement, planned, position, admission, since }) = admitted else {
            return self.complete_end(sent).await;
        };
        self.advance(sent.status, 0).await?;
        let index = self.index();
        let step = &run.plan.steps[index];
        let rows = rows.filter(|_| statement.statement.counts_rows());
        let request = self.request(step, &statement, position, sent.status);
        let complete = Box::pin(run.gate.complete(run.sessions(), &request, admission, rows));
        let kept = run.watched(index, complete).await.map_err(|error| run.gate_failed(error, step))?;
        run.report_kept(index, &kept);
        if let Some((step, statement)) = planned {
            (run.report)(Progress::StatementDone { step, statement, rows, elapsed: since.elapsed() });
        }
        let mut restoration = {
            let mut state = self.lock();
            let Some(active) = &mut state.step else { return Ok(()) };
            active.kept.extend(kept);
            active.restoration.take()
        };
        let restored = run.restore_values(index, restoration.as_mut(), &statement.statement, None).await;
        if let Some(active) = &mut self.lock().step {
            active.restoration = restoration;
        }
        restored
    }

    /// Prepares for the end of a transaction in the middle of a script.
    async fn admit_end(&self, step: &Step, status: TransactionStatus, ends: bool) -> Result<(), Stop> {
        let run = self.run;
        if ends && status == TransactionStatus::InTransaction {
            run.gate.before_commit(run.sessions()).await.map_err(|error| run.gate_failed(error, step))?;
            let sent = self.lock().step.as_ref().map(|active| (active.entry, active.sent));
            if let Some((entry, sent)) = sent {
                run.ledger.advance(run.guard.client(), entry, Cursor { begun: sent, finished: 0 }).await?;
            }
        }
        Ok(())
    }

    /// Records a commit in the middle of a script.
    async fn complete_end(&self, sent: &WireStatement) -> Result<(), Stop> {
        let run = self.run;
        if sent.status != TransactionStatus::InTransaction {
            return Ok(());
        }
        run.gate.committed();
        run.gate.begin();
        let committed = self.lock().step.as_ref().map(|active| (active.entry, active.committed));
        if let Some((entry, committed)) = committed {
            let cursor = Cursor { begun: committed, finished: committed };
            run.ledger.advance(run.guard.client(), entry, cursor).await?;
        }
        Ok(())
    }

    /// Writes to the ledger how far a script outside a transaction is. `running`: the number of statements that start.
    async fn advance(&self, status: TransactionStatus, running: usize) -> Result<(), Stop> {
        let position = self.lock().step.as_ref().map(|active| (active.entry, active.committed));
        let Some((entry, committed)) = position.filter(|_| status == TransactionStatus::Idle) else { return Ok(()) };
        let cursor = Cursor { begun: committed + running, finished: committed };
        Ok(self.run.ledger.advance(self.run.guard.client(), entry, cursor).await?)
    }

    fn request<'r>(
        &self,
        step: &'r Step,
        planned: &'r PlannedStatement,
        position: Option<(usize, usize)>,
        status: TransactionStatus,
    ) -> GateRequest<'r> {
        let entry = self.lock().step.as_ref().and_then(|active| active.entry);
        GateRequest {
            revision: &step.revision,
            direction: step.direction,
            entry: entry.map(crate::engine::state::ledger::Entry::number),
            position,
            in_transaction: status == TransactionStatus::InTransaction,
            statement: &planned.statement,
            hazards: &planned.hazards,
        }
    }

    /// The position in the plan of a statement of the step, if the plan contains it.
    fn find_planned(&self, index: usize, sql: &str) -> Option<(usize, usize)> {
        let mut state = self.lock();
        let number = state.step.as_mut()?.expected.get_mut(sql)?.pop_front()?;
        Some((index, number))
    }

    /// Whether the plan knows what a statement destroys. What was empty then may have been filled by the script since.
    fn is_known(&self, (step, number): (usize, usize)) -> bool {
        let hazards = &self.run.plan.steps[step].statements[number].hazards;
        !hazards.iter().any(|hazard| hazard.class == Class::DataLoss && hazard.affects_nothing())
    }

    /// Finds and counts the hazards of a statement that is not in the plan.
    async fn assess(
        &self,
        index: usize,
        planned: &PlannedStatement,
        status: TransactionStatus,
    ) -> Result<Vec<crate::core::hazard::Hazard>, Stop> {
        let run = self.run;
        let step = &run.plan.steps[index];
        let script = self.lock().script.clone();
        let client = run.worker.client();
        let in_transaction = status == TransactionStatus::InTransaction;
        // A count that fails must not end the transaction of the script.
        if in_transaction {
            let saved = client.batch_execute("SAVEPOINT limbeck_assess").await;
            saved.map_err(|error| run.gate_failed(GateError::Server(error), step))?;
        }
        let assess = Box::pin(run.gate.assess_all_rows(run.sessions(), &planned.statement, &script));
        let assessed = run.watched(index, assess).await;
        if in_transaction {
            let undo = "ROLLBACK TO SAVEPOINT limbeck_assess; RELEASE SAVEPOINT limbeck_assess";
            let released = client.batch_execute(undo).await;
            released.map_err(|error| run.gate_failed(GateError::Server(error), step))?;
        }
        match assessed {
            Ok(mut hazards) => {
                // A loop that fills empty values overwrites nothing.
                hazards.retain(|hazard| {
                    !(matches!(hazard.effect, Effect::OverwritesValues { .. }) && hazard.affects_nothing())
                });
                Ok(hazards)
            }
            Err(GateError::Server(error)) if error.as_db_error().is_some() && !run.cancel.is_cancelled() => {
                // Hazards that cannot be counted count as losses.
                Ok(crate::core::hazard::examine(&planned.statement, &script))
            }
            Err(error) => Err(run.gate_failed(error, step)),
        }
    }

    /// Reads the names of functions and tables that may have side effects, if a statement may have changed them.
    async fn read_side_effects(&self, index: usize) -> Result<(), Stop> {
        if !self.lock().has_new_objects {
            return Ok(());
        }
        let names = preflight::side_effect_names(self.run.worker.client()).await;
        let step = &self.run.plan.steps[index];
        let names = names.map_err(|error| self.run.gate_failed(GateError::Server(error), step))?;
        let mut state = self.lock();
        state.side_effects = names;
        state.has_new_objects = false;
        Ok(())
    }
}

/// Adds the revision, the line and the statement to the error of a statement that was refused.
fn name_place(reason: Stop, step: &Step, planned: &PlannedStatement) -> Stop {
    let Stop::Failed(mut error) = reason else { return reason };
    error.revision.get_or_insert_with(|| step.revision.to_string());
    error.line.get_or_insert(planned.line);
    let first = planned.sql().lines().next().unwrap_or_default();
    Stop::Failed(error.because(format!("line {}: {first}", planned.line)))
}
