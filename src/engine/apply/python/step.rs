//! Begins and ends a step: the lock on the version table, the ledger, the restoration of copies, and the commit.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use super::observer::{ActiveStep, EndedStep, ScriptObserver};
use crate::core::graph::RevisionId;
use crate::core::plan::Step;
use crate::core::sql::identifier::quote;
use crate::engine::Error;
use crate::engine::apply::failure::{Stop, stop};
use crate::engine::apply::run::{Run, expect_same_heads};
use crate::engine::connection::database_error;
use crate::engine::copies::RestoredCopy;
use crate::engine::script_process::Marker;
use crate::engine::state::ledger::Entry;
use crate::engine::wire::TransactionStatus;

impl ScriptObserver<'_> {
    /// Takes a marker of Python.
    pub(super) async fn mark(&self, marker: Marker, status: TransactionStatus) -> Result<(), Stop> {
        self.run.check_cancelled()?;
        match marker {
            Marker::Begin(number) => self.begin_step(self.first + number, status).await,
            Marker::Body(_) => {
                if let Some(step) = &mut self.lock().step {
                    step.is_in_body = false;
                }
                Ok(())
            }
            Marker::End(number) => self.end_step(self.first + number, status).await,
        }
    }

    async fn begin_step(&self, index: usize, status: TransactionStatus) -> Result<(), Stop> {
        let run = self.run;
        let Some(step) = run.plan.steps.get(index).filter(|_| index == self.first + self.lock().begun) else {
            return Err(Stop::Failed(Error::new("Alembic runs the revisions in another order than the plan")));
        };
        // Only the first step can have been interrupted before.
        if index == self.first {
            run.refuse_half_done(step).await?;
        }
        let entry = self.lock_and_record(index, step, status).await?;
        {
            let mut state = self.lock();
            state.begun += 1;
            state.step = Some(ActiveStep {
                since: Instant::now(),
                entry,
                restoration: None,
                kept: Vec::new(),
                expected: expected_statements(step),
                is_in_body: true,
                sent: 0,
                committed: 0,
            });
        }
        let restoration = run.restoration(index, step, false).await?;
        if let Some(active) = &mut self.lock().step {
            active.restoration = restoration;
        }
        Ok(())
    }

    /// Locks the version table against other writers, and inserts the row of the step into the ledger.
    async fn lock_and_record(
        &self,
        index: usize,
        step: &Step,
        status: TransactionStatus,
    ) -> Result<Option<Entry>, Stop> {
        let run = self.run;
        // The two sessions work in parallel.
        let lock = async {
            if status == TransactionStatus::Idle {
                (run.report)(crate::engine::apply::Progress::StepStarted { step: index });
                return Ok(run.expect_heads(run.heads_before(index)).await?);
            }
            run.lock_version_table(index, "").await.map(drop)
        };
        let (entry, locked) = tokio::join!(run.record_start(step, 0), lock);
        let entry = entry?;
        if let Err(reason) = locked {
            let _ = run.ledger.end(run.guard.client(), entry, "failed", None).await;
            return Err(reason);
        }
        if self.lock().ended.is_empty() {
            run.gate.begin();
        }
        Ok(entry)
    }

    async fn end_step(&self, index: usize, status: TransactionStatus) -> Result<(), Stop> {
        let run = self.run;
        let taken = self.lock().step.take();
        let Some(mut active) = taken else {
            return Err(Stop::Failed(Error::new("Alembic ended a revision that has not begun")));
        };
        let restored = match self.close(index, &mut active).await {
            Ok(restored) => restored,
            Err(reason) => {
                self.lock().step = Some(active);
                return Err(reason);
            }
        };
        let ActiveStep { since, entry, kept, .. } = active;
        self.lock().ended.push(EndedStep { index, entry, elapsed: since.elapsed(), kept, restored });
        if run.commits_after(index) && status == TransactionStatus::InTransaction {
            self.commit(index).await?;
        }
        if run.commits_after(index) || status == TransactionStatus::Idle {
            let mut state = self.lock();
            for EndedStep { index, elapsed, kept, restored, .. } in std::mem::take(&mut state.ended) {
                state.done.push(run.done(index, &run.plan.steps[index], elapsed, (kept, restored)));
            }
        }
        Ok(())
    }

    /// Restores the remaining copies, and closes the row in the ledger.
    async fn close(&self, index: usize, active: &mut ActiveStep) -> Result<Vec<RestoredCopy>, Stop> {
        let step = &self.run.plan.steps[index];
        let restored = self.run.restore_rest(index, step, active.restoration.as_mut()).await?;
        self.run.close_step(index, step, active.entry).await?;
        Ok(restored)
    }

    /// Commits the step, and starts the next transaction as the driver expects it.
    async fn commit(&self, index: usize) -> Result<(), Stop> {
        let run = self.run;
        let step = &run.plan.steps[index];
        run.gate.before_commit(run.sessions()).await.map_err(|error| run.gate_failed(error, step))?;
        let (begin, preamble) = {
            let mut state = self.lock();
            state.is_committing = true;
            (state.begin.clone(), state.preamble.join("; "))
        };
        run.commit_and(index, &begin).await?;
        run.gate.committed();
        self.lock().is_committing = false;
        if preamble.is_empty() {
            return Ok(());
        }
        run.worker.client().batch_execute(&preamble).await.map_err(|error| stop(&error, step, None, false))
    }
}

impl Run<'_> {
    /// Checks the heads that Alembic has written, and closes the row in the ledger, in the transaction of the step.
    async fn close_step(&self, index: usize, step: &Step, entry: Option<Entry>) -> Result<(), Stop> {
        let client = self.worker.client();
        let failed = |error: tokio_postgres::Error| Stop::from(database_error(&error));
        let query = format!(
            "SELECT pg_catalog.array_agg(version_num::pg_catalog.text), pg_catalog.current_setting('role') FROM {}",
            self.table.sql()
        );
        let rows = client.query_typed(&query, &[]).await.map_err(failed)?;
        let (heads, role): (Option<Vec<Option<String>>>, String) =
            rows.first().map(|row| (row.get(0), row.get(1))).unwrap_or_default();
        let mut heads: Vec<String> = heads.into_iter().flatten().flatten().collect();
        heads.sort();
        let expected = &self.plan.steps[index].heads_after;
        if heads.iter().map(String::as_str).ne(expected.iter().map(RevisionId::as_str)) {
            expect_same_heads(&self.table.heads(client).await?, expected).map_err(|error| Error {
                message: format!("revision {} did not reach its heads: {}", step.revision, error.message),
                ..error
            })?;
        }
        let Some(done) = self.ledger.done(entry) else { return Ok(()) };
        // The script may have set another role, which may not write the ledger.
        let own = self.role.as_deref().unwrap_or("none");
        let sql = if role == own {
            done
        } else {
            format!("SET ROLE {}; {done}; SET ROLE {}", role_sql(own), role_sql(&role))
        };
        client.batch_execute(&sql).await.map_err(|error| stop(&error, step, None, false))
    }

    /// Refuses a script if an earlier run was interrupted after the script had committed some of its statements.
    async fn refuse_half_done(&self, step: &Step) -> Result<(), Stop> {
        let Some(cursor) = self.ledger.cursor(self.guard.client(), step).await? else { return Ok(()) };
        if self.options.resume.is_some() || cursor.finished == 0 {
            return Ok(());
        }
        let count = crate::core::text::plural(cursor.finished as u64, "statement");
        Err(Stop::Failed(
            Error::new(format!("revision {} was interrupted after it had committed {count} itself", step.revision))
                .because("Alembic runs a script only from its start")
                .hint(
                    "check what took effect (`limbeck drift`); if the script can run again, use `--resume again`; \
                     otherwise complete it by hand and run `limbeck stamp`",
                ),
        ))
    }
}

fn role_sql(role: &str) -> String {
    if role == "none" { "NONE".to_owned() } else { quote(role) }
}

/// The statements of the plan, by their text.
fn expected_statements(step: &Step) -> HashMap<String, VecDeque<usize>> {
    let mut expected: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (number, planned) in step.statements.iter().enumerate() {
        expected.entry(planned.sql().to_owned()).or_default().push_back(number);
    }
    expected
}
