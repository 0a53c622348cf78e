//! Rehearses Python scripts: one pass in a transaction that limbeck rolls back. A commit of a script only releases a
//! savepoint.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::recorder::StatementRecorder;
use super::{OmittedStatement, RehearsedStep};
use crate::core::plan::{PlannedStatement, Step};
use crate::core::statement::{Transaction, analyse_one};
use crate::engine::apply::Progress;
use crate::engine::apply::failure::Stop;
use crate::engine::apply::python::{PassFailure, describe_pass_end};
use crate::engine::apply::run::{Run, width_of_new_table};
use crate::engine::connection::{Session, database_error};
use crate::engine::script_process::{
    Marker, OutputLine, PassRequest, PassSessions, ScriptPosition, ScriptProcess, new_token, run_pass,
};
use crate::engine::wire::{Observer, Refusal, ServerError, TransactionStatus, Verdict, WireStatement};
use crate::engine::{Error, Result};

/// Decides about the statements of a rehearsal.
struct RehearsalObserver<'a> {
    run: &'a Run<'a>,
    recorder: &'a StatementRecorder<'a>,
    token: &'a str,
    position: Arc<ScriptPosition>,
    state: Mutex<RehearsedPass>,
}

/// What has run so far.
#[derive(Default)]
struct RehearsedPass {
    steps: Vec<RehearsedStep>,
    since: Option<Instant>,
    /// Whether the function of a script runs.
    is_in_body: bool,
    /// The planned statements of the step that have not arrived, by their text.
    expected: HashMap<String, VecDeque<usize>>,
    /// The planned statement that runs, and when it started.
    current: Option<(usize, Instant)>,
    /// Whether the driver has started a transaction.
    is_in_transaction: bool,
    last_error: Option<(ServerError, Option<PlannedStatement>)>,
}

impl Run<'_> {
    /// Runs all Python steps in one transaction, which the caller rolls back.
    pub(super) async fn perform_python(
        &self,
        process: &mut ScriptProcess,
        recorder: &StatementRecorder<'_>,
    ) -> Result<Vec<RehearsedStep>, Stop> {
        let client = self.worker.client();
        client.batch_execute("BEGIN").await.map_err(|error| Stop::from(database_error(&error)))?;
        self.table.ensure_width(client, width_of_new_table(self.plan, self.target, self.options)).await?;
        let request = PassRequest {
            steps: self.plan.steps.iter().map(|step| (step.direction, step.revision.clone())).collect(),
            token: new_token()?,
            allows_unseen: false,
            unsaved: Vec::new(),
        };
        let observer = RehearsalObserver {
            run: self,
            recorder,
            token: &request.token,
            position: process.position(),
            state: Mutex::default(),
        };
        let command = process.command().to_owned();
        let end = {
            // A second connection would not see what the transaction has changed.
            let open = || {
                let refused: Pin<Box<dyn Future<Output = Result<Session>> + Send>> =
                    Box::pin(std::future::ready(Err(Error::new("a rehearsal has one connection"))));
                refused
            };
            let report = |line: OutputLine| (self.report)(Progress::Output { text: line.text });
            let sessions = PassSessions { main: (&self.worker, &observer), open: &open, side: &observer };
            Box::pin(run_pass(process, &request, &sessions, &report, self.cancel)).await
        };
        let state = observer.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let failure = PassFailure {
            step: state.steps.len().saturating_sub(1),
            done: state.steps.len() - usize::from(state.since.is_some()),
            all: self.plan.steps.len(),
            last_error: state.last_error,
            is_committing: false,
        };
        match describe_pass_end(self, end, failure, &command) {
            Some(reason) => Err(reason),
            None => Ok(state.steps),
        }
    }
}

impl RehearsalObserver<'_> {
    fn lock(&self) -> MutexGuard<'_, RehearsedPass> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self) -> Option<(usize, &Step)> {
        let index = self.lock().steps.len().checked_sub(1)?;
        Some((index, self.run.plan.steps.get(index)?))
    }

    fn mark(&self, marker: Marker) {
        let mut state = self.lock();
        match marker {
            Marker::Begin(_) => {
                let index = state.steps.len();
                let Some(step) = self.run.plan.steps.get(index) else { return };
                state.expected.clear();
                for (number, planned) in step.statements.iter().enumerate() {
                    state.expected.entry(planned.sql().to_owned()).or_default().push_back(number);
                }
                state.steps.push(RehearsedStep {
                    revision: step.revision.clone(),
                    direction: step.direction,
                    seconds: 0.0,
                    statements: Vec::new(),
                    omitted: Vec::new(),
                });
                (state.since, state.is_in_body) = (Some(Instant::now()), true);
                drop(state);
                (self.run.report)(Progress::StepStarted { step: index });
            }
            Marker::Body(_) => state.is_in_body = false,
            Marker::End(_) => {
                let elapsed = state.since.take().map(|since| since.elapsed()).unwrap_or_default();
                if let Some(step) = state.steps.last_mut() {
                    step.seconds = elapsed.as_secs_f64();
                }
            }
        }
    }

    /// Runs SQL in place of a statement about transactions.
    async fn run_instead(&self, sql: &str) -> std::result::Result<(), Refusal> {
        let ran = self.run.worker.client().batch_execute(sql).await;
        ran.map_err(|error| Refusal(database_error(&error).message))
    }
}

impl Observer for RehearsalObserver<'_> {
    fn examine(&self, sent: &WireStatement) -> Verdict {
        let line = self.position.line();
        if let Some(marker) = Marker::read(&sent.text, self.token) {
            self.mark(marker);
            return Marker::verdict(sent.status);
        }
        let sql = sent.trimmed();
        let statement = analyse_one(sql);
        match statement.transaction {
            Transaction::Control(_) if statement.command.is_one_of(&["savepoint", "release"]) => {}
            Transaction::Control(_) if statement.command.words().iter().any(|word| word == "to") => {}
            Transaction::Control(_) | Transaction::Forbidden(_) => return Verdict::Substitute,
            Transaction::Allowed => {}
        }
        let Some((step, _)) = self.step() else { return Verdict::Forward };
        let mut state = self.lock();
        let number = state.expected.get_mut(sql).and_then(VecDeque::pop_front).filter(|_| state.is_in_body);
        state.current = number.map(|number| (number, Instant::now()));
        let is_in_body = state.is_in_body;
        drop(state);
        match number {
            Some(statement) => (self.run.report)(Progress::StatementStarted { step, statement }),
            None if is_in_body => (self.run.report)(Progress::Unplanned { step, line, sql: sql.to_owned() }),
            None => {}
        }
        Verdict::Forward
    }

    async fn substitute(&self, sent: &WireStatement) -> std::result::Result<TransactionStatus, Refusal> {
        if Marker::read(&sent.text, self.token).is_some() {
            return Ok(sent.status);
        }
        let line = self.position.line();
        let statement = analyse_one(&sent.text);
        let is_in_transaction = self.lock().is_in_transaction;
        if let Transaction::Forbidden(name) = statement.transaction {
            let mut state = self.lock();
            let number = state.expected.get_mut(statement.sql()).and_then(VecDeque::pop_front);
            let reason = format!("{name} cannot run in a transaction");
            if let (Some(number), Some(step)) = (number, state.steps.last_mut()) {
                step.omitted.push(OmittedStatement { statement: number, line, reason, tried: false });
            }
            return Ok(if is_in_transaction { TransactionStatus::InTransaction } else { TransactionStatus::Idle });
        }
        let starts = statement.command.is_one_of(&["begin", "start"]);
        match (starts, is_in_transaction) {
            (true, false) => self.run_instead("SAVEPOINT limbeck_transaction").await?,
            (false, true) if statement.command.is_one_of(&["rollback", "abort"]) => {
                let undo = "ROLLBACK TO SAVEPOINT limbeck_transaction; RELEASE SAVEPOINT limbeck_transaction";
                self.run_instead(undo).await?;
            }
            (false, true) => self.run_instead("RELEASE SAVEPOINT limbeck_transaction").await?,
            (true, true) | (false, false) => {}
        }
        self.lock().is_in_transaction = starts;
        Ok(if starts { TransactionStatus::InTransaction } else { TransactionStatus::Idle })
    }

    fn shown_status(&self, status: TransactionStatus) -> TransactionStatus {
        match status {
            TransactionStatus::Failed => status,
            _ if self.lock().is_in_transaction => TransactionStatus::InTransaction,
            _ => TransactionStatus::Idle,
        }
    }

    fn executed(&self, sent: &WireStatement, rows: Option<u64>, _: TransactionStatus) {
        let current = self.lock().current.take();
        let Some(((statement, since), (step, _))) = current.zip(self.step()) else { return };
        if Marker::read(&sent.text, self.token).is_some() {
            return;
        }
        (self.run.report)(Progress::StatementDone { step, statement, rows, elapsed: since.elapsed() });
        let record = self.recorder.take_record(statement, self.position.line());
        if let Some(step) = self.lock().steps.last_mut() {
            step.statements.push(record);
        }
    }

    fn failed(&self, sent: Option<&WireStatement>, error: ServerError) {
        let line = self.position.line();
        let planned = sent.map(|sent| {
            let statement = analyse_one(sent.sql().unwrap_or(&sent.text));
            PlannedStatement { line, column: 1, statement, hazards: Vec::new() }
        });
        self.lock().last_error = Some((error, planned));
    }

    fn notice(&self, notice: ServerError) {
        (self.run.report)(Progress::Notice { severity: notice.severity, message: notice.message });
    }

    async fn watch<T: Send>(&self, work: impl Future<Output = T> + Send) -> T {
        let step = self.step().map_or(0, |(step, _)| step);
        let never_fails = async { Ok::<T, std::convert::Infallible>(work.await) };
        let Ok(value) = self.run.watched(step, never_fails).await;
        value
    }
}
