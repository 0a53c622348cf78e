//! Runs the steps of a rehearsal in one transaction, which is always rolled back.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::expected_failure::Differences;
use super::recorder::StatementRecorder;
use super::{OmittedStatement, RehearsedStep};
use crate::core::plan::{Plan, PlannedStatement, Step, TransactionMode};
use crate::core::sql::qualify_names;
use crate::core::statement::Transaction;
use crate::engine::apply::failure::{Stop, stop};
use crate::engine::apply::open::{Opened, open};
use crate::engine::apply::restorable::Restorable;
use crate::engine::apply::run::{Run, format_heads, width_of_new_table};
use crate::engine::apply::{ApplyOptions, ReportProgress};
use crate::engine::connection::database_error;
use crate::engine::connection::identifier::quote;
use crate::engine::gate::Gate;
use crate::engine::preflight::permanent_functions;
use crate::engine::project::Project;
use crate::engine::script_process::ScriptProcess;
use crate::engine::state::ledger::{Backend, Ledger};
use crate::engine::{Error, ErrorKind, Result, Target};

/// The state of a rehearsal between two statements.
struct RehearsalState<'a> {
    recorder: &'a StatementRecorder<'a>,
    differences: Differences,
    /// Names of functions, and of tables with triggers, that have effects which a rollback does not undo. `None` if they
    /// must be read again.
    permanent: Option<Vec<String>>,
    /// The transaction id, to check that no statement ended the transaction.
    transaction_id: i64,
}

/// The result of a statement.
enum StatementOutcome {
    Ran,
    Omitted(OmittedStatement),
}

impl<'a> Run<'a> {
    /// Connects, takes the lock and checks the heads of the database, as [`Run::start`] does, but writes nothing.
    pub(super) async fn start_rehearsal(
        project: &'a Project,
        target: &'a Target,
        plan: &'a Arc<Plan>,
        options: &'a ApplyOptions,
        report: ReportProgress<'a>,
        cancel: &'a CancellationToken,
    ) -> Result<Self> {
        let Opened { guard, worker, table, settings } =
            open(project, target, "limbeck rehearsal", options, report, cancel).await?;
        let notices = Mutex::new(worker.take_notices());
        let backend = Backend::find(guard.client(), worker.server().backend_pid).await?;
        let ledger = Ledger::Missing("a rehearsal does not write to the ledger".to_owned());
        let run = Self {
            target,
            approval: None,
            plan,
            options,
            report,
            cancel,
            table,
            ledger,
            guard,
            worker,
            backend,
            notices,
            settings,
            role: project.config.apply.role.clone(),
            concurrent_timeout: &project.config.apply.concurrent_timeout,
            gate: Gate::default(),
            restorable: Restorable::default(),
        };
        run.expect_heads(&plan.from).await?;
        Ok(run)
    }
}

impl Run<'_> {
    /// Runs all steps and rolls back in any case.
    pub(super) async fn rehearse(
        &self,
        recorder: &StatementRecorder<'_>,
        process: Option<&mut ScriptProcess>,
    ) -> Result<Vec<RehearsedStep>> {
        let ran = match process {
            Some(process) => Box::pin(self.perform_python(process, recorder)).await,
            None => self.perform(recorder).await,
        };
        let rolled_back = self.worker.client().batch_execute("ROLLBACK").await;
        let at = format_heads(&self.plan.from);
        let reason = match (ran, rolled_back) {
            (Ok(steps), Ok(())) => return Ok(steps),
            (Ok(_), Err(error)) => Stop::Lost(database_error(&error)),
            (Err(reason), _) => reason,
        };
        let after = format!("the rehearsal was rolled back; the database is at {at}, as before");
        Err(match reason {
            Stop::Cancelled => Error::of(ErrorKind::Interrupted, format!("cancelled; {after}")),
            Stop::Conflict(_, error) => self.name_blockers(error).await.because(after),
            Stop::Failed(error) => error.because(after),
            Stop::Lost(error) | Stop::CommitUnknown(error) => {
                let lost = format!("the connection was lost, so the server rolls back; the database is at {at}");
                Error { kind: ErrorKind::Connection, ..error.because(lost) }
            }
        })
    }

    async fn perform(&self, recorder: &StatementRecorder<'_>) -> Result<Vec<RehearsedStep>, Stop> {
        let client = self.worker.client();
        client.batch_execute("BEGIN").await.map_err(|error| Stop::from(database_error(&error)))?;
        self.table.ensure_width(client, width_of_new_table(self.plan, self.target, self.options)).await?;
        let transaction_id = self.transaction_id().await?;
        let mut state =
            RehearsalState { recorder, differences: Differences::default(), permanent: None, transaction_id };
        let mut steps = Vec::with_capacity(self.plan.steps.len());
        for (index, step) in self.plan.steps.iter().enumerate() {
            steps.push(self.rehearse_step(index, step, &mut state).await?);
        }
        Ok(steps)
    }

    async fn rehearse_step(
        &self,
        index: usize,
        step: &Step,
        state: &mut RehearsalState<'_>,
    ) -> Result<RehearsedStep, Stop> {
        let since = Instant::now();
        self.lock_version_table(index, "").await?;
        let mut rehearsed = RehearsedStep {
            revision: step.revision.clone(),
            direction: step.direction,
            seconds: 0.0,
            statements: Vec::with_capacity(step.statements.len()),
            omitted: Vec::new(),
        };
        for (number, statement) in step.statements.iter().enumerate() {
            self.check_cancelled()?;
            match self.rehearse_statement(index, number, statement, state).await? {
                StatementOutcome::Ran => rehearsed.statements.push(state.recorder.take_record(number, statement.line)),
                StatementOutcome::Omitted(omitted) => {
                    state.differences.omit(statement);
                    rehearsed.omitted.push(omitted);
                }
            }
        }
        if commits_after(self.plan, index) {
            self.check_constraints(step).await?;
            state.differences.commit();
        }
        self.finish(step, None).await?;
        if self.transaction_id().await? != state.transaction_id {
            return Err(Stop::Failed(
                Error::new(format!("a statement of revision {} ended the transaction of the rehearsal", step.revision))
                    .because("earlier statements of the rehearsal may have been committed")
                    .hint("check the database with `limbeck drift`, and report this script as a bug of limbeck"),
            ));
        }
        rehearsed.seconds = since.elapsed().as_secs_f64();
        Ok(rehearsed)
    }

    /// Runs one statement if it can be rehearsed.
    async fn rehearse_statement(
        &self,
        index: usize,
        number: usize,
        statement: &PlannedStatement,
        state: &mut RehearsalState<'_>,
    ) -> Result<StatementOutcome, Stop> {
        let step = &self.plan.steps[index];
        let omitted = |reason, tried| {
            StatementOutcome::Omitted(OmittedStatement { statement: number, line: statement.line, reason, tried })
        };
        if let Some(reason) = self.reason_to_omit(statement, state).await? {
            return Ok(omitted(reason, false));
        }
        let client = self.worker.client();
        let failed = |error: tokio_postgres::Error| stop(&error, step, Some(statement), self.cancel.is_cancelled());
        let can_be_undone =
            (state.differences.may_cause_failure() || !step.transactional) && !controls_savepoints(statement);
        if can_be_undone {
            client.batch_execute("SAVEPOINT limbeck_rehearsal").await.map_err(failed)?;
        }
        let ran = self.statement(index, number, statement).await;
        let Err(error) = ran else {
            if can_be_undone {
                client.batch_execute("RELEASE SAVEPOINT limbeck_rehearsal").await.map_err(failed)?;
            }
            state.differences.record(statement);
            return Ok(StatementOutcome::Ran);
        };
        let reason = error.as_db_error().and_then(|answer| state.differences.explain(answer, step.transactional));
        match reason.filter(|_| can_be_undone && !self.cancel.is_cancelled()) {
            Some(reason) => {
                client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_rehearsal").await.map_err(failed)?;
                Ok(omitted(reason, true))
            }
            None => Err(failed(error)),
        }
    }

    /// Returns why a statement must not run in a rehearsal; `None` if it may.
    async fn reason_to_omit(
        &self,
        statement: &PlannedStatement,
        state: &mut RehearsalState<'_>,
    ) -> Result<Option<String>, Stop> {
        match statement.statement.transaction {
            Transaction::Forbidden(name) => return Ok(Some(format!("{name} cannot run in a transaction"))),
            Transaction::Control(name) => {
                return Ok(Some(format!("{name} would end the transaction of the rehearsal")));
            }
            Transaction::Allowed => {}
        }
        if state.permanent.is_none() {
            let functions = permanent_functions(self.worker.client()).await;
            state.permanent = Some(functions.map_err(|error| Stop::from(database_error(&error)))?);
        }
        let effect = statement.statement.permanent_effect(state.permanent.as_deref().unwrap_or_default());
        if !statement.statement.counts_rows() {
            // The statement may define functions and triggers.
            state.permanent = None;
        }
        Ok(effect.map(|name| format!("a rollback does not undo {name}")))
    }

    /// Checks the deferred constraints, as a commit does, and defers them again.
    async fn check_constraints(&self, step: &Step) -> Result<(), Stop> {
        let client = self.worker.client();
        let query = "SELECT n.nspname, c.conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
            WHERE c.condeferrable AND c.condeferred";
        let failed = |error: tokio_postgres::Error| match stop(&error, step, None, self.cancel.is_cancelled()) {
            Stop::Failed(error) => {
                Stop::Failed(error.because("a deferred constraint failed at the end of the transaction"))
            }
            other => other,
        };
        let rows = client.query(&qualify_names(query), &[]).await.map_err(failed)?;
        client.batch_execute("SET CONSTRAINTS ALL IMMEDIATE").await.map_err(failed)?;
        if rows.is_empty() {
            return Ok(());
        }
        let name = |row: &tokio_postgres::Row| format!("{}.{}", quote(row.get(0)), quote(row.get(1)));
        let names = rows.iter().map(name).collect::<Vec<_>>().join(", ");
        client.batch_execute(&format!("SET CONSTRAINTS {names} DEFERRED")).await.map_err(failed)
    }

    /// Returns the id of the current transaction.
    async fn transaction_id(&self) -> Result<i64, Stop> {
        let row = self.worker.client().query_one("SELECT pg_catalog.txid_current()", &[]).await;
        row.map(|row| row.get(0)).map_err(|error| Stop::from(database_error(&error)))
    }
}

/// Whether a real run commits after a step.
fn commits_after(plan: &Plan, index: usize) -> bool {
    plan.mode == TransactionMode::Each || index + 1 == plan.steps.len()
}

/// Whether a statement uses savepoints. Such a statement cannot run inside a savepoint of limbeck, which would hide the
/// script's own.
fn controls_savepoints(planned: &PlannedStatement) -> bool {
    planned.statement.command.is_one_of(&["savepoint", "release", "rollback"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::plan::fixtures::plan;

    #[test]
    fn a_run_commits_after_each_step_or_after_the_last() {
        let sections = ["SELECT 1", "SELECT 2"];
        for (mode, expected) in [(TransactionMode::Each, [true, true]), (TransactionMode::All, [false, true])] {
            let plan = Plan { mode, ..plan(&sections) };
            assert_eq!([0, 1].map(|index| commits_after(&plan, index)), expected, "{mode:?}");
        }
    }

    #[test]
    fn statements_about_savepoints_are_recognised() {
        for (sql, expected) in [
            ("SAVEPOINT a", true),
            ("release savepoint a", true),
            ("ROLLBACK TO a", true),
            ("INSERT INTO savepoint VALUES (1)", false),
        ] {
            assert_eq!(controls_savepoints(&plan(&[sql]).steps[0].statements[0]), expected, "{sql}");
        }
    }
}
