//! Decides about the statements that scripts send on their first connection, which uses the run's own session.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::core::hazard::{self, Class};
use crate::core::plan::PlannedStatement;
use crate::core::statement::{ScriptState, Statement, Transaction, analyse_one, analyse_text};
use crate::engine::apply::failure::Stop;
use crate::engine::apply::run::Run;
use crate::engine::apply::{Progress, StepOutcome};
use crate::engine::copies::{CompletedCopy, Restoration, RestoredCopy};
use crate::engine::gate::Admission;
use crate::engine::script_process::{Marker, ScriptPosition};
use crate::engine::state::ledger::Entry;
use crate::engine::wire::{Observer, Refusal, ServerError, TransactionStatus, Verdict, WireStatement};

/// The observer of one pass.
pub(super) struct ScriptObserver<'a> {
    pub run: &'a Run<'a>,
    /// The index in the plan of the pass's first step.
    pub first: usize,
    pub token: &'a str,
    position: Arc<ScriptPosition>,
    state: Mutex<PassState>,
}

/// Why a pass stopped, and where.
pub(super) struct PythonStop {
    pub reason: Stop,
    /// The index of the first step that is not committed.
    pub step: usize,
    /// The number of statements of that step that the script has committed itself.
    pub committed: usize,
    /// The rows in the ledger of the steps that are not committed.
    pub entries: Vec<Option<Entry>>,
}

/// The state of a pass.
#[derive(Default)]
pub(super) struct PassState {
    /// The step that has begun and not ended.
    pub step: Option<ActiveStep>,
    /// The steps that have ended and are not committed.
    pub ended: Vec<EndedStep>,
    /// The results of the steps that are committed.
    pub done: Vec<StepOutcome>,
    /// Why limbeck has stopped the pass.
    pub stop: Option<Stop>,
    /// The last error that the server sent to the scripts, and the statement.
    pub last_error: Option<(ServerError, Option<PlannedStatement>)>,
    /// Whether a commit was sent and its answer is missing.
    pub is_committing: bool,
    /// The number of steps of this pass that have begun.
    pub begun: usize,
    /// Statements of `env.py` before the first step that take effect until the end of the transaction.
    pub preamble: Vec<String>,
    /// The statement that started the transaction.
    pub begin: String,
    pub script: ScriptState,
    /// Names of functions and tables that may have side effects.
    pub side_effects: BTreeSet<String>,
    /// Whether they must be read again.
    pub has_new_objects: bool,
    /// The last statement that was examined.
    pub examined: Option<Statement>,
    /// The statement that was admitted and has not run.
    pub admitted: Option<Admitted>,
}

/// A step that runs.
pub(super) struct ActiveStep {
    pub since: Instant,
    pub entry: Option<Entry>,
    pub restoration: Option<Restoration>,
    pub kept: Vec<CompletedCopy>,
    /// The planned statements that have not arrived, by their text.
    pub expected: HashMap<String, VecDeque<usize>>,
    /// Whether the function of the script runs.
    pub is_in_body: bool,
    /// The number of statements that have run, and of those that are committed.
    pub sent: usize,
    pub committed: usize,
}

/// A step that has ended, with its copies.
pub(super) struct EndedStep {
    pub index: usize,
    pub entry: Option<Entry>,
    pub elapsed: Duration,
    pub kept: Vec<CompletedCopy>,
    pub restored: Vec<RestoredCopy>,
}

/// A statement that may run.
pub(super) struct Admitted {
    pub statement: PlannedStatement,
    /// Its position in the plan.
    pub planned: Option<(usize, usize)>,
    /// The position for the gate: `None` if the plan does not know what the statement destroys.
    pub position: Option<(usize, usize)>,
    pub admission: Admission,
    pub since: Instant,
}

impl<'a> ScriptObserver<'a> {
    pub fn new(run: &'a Run<'a>, first: usize, token: &'a str, position: Arc<ScriptPosition>) -> Self {
        let state = PassState { has_new_objects: true, begin: "BEGIN".to_owned(), ..PassState::default() };
        Self { run, first, token, position, state: Mutex::new(state) }
    }

    pub fn lock(&self) -> MutexGuard<'_, PassState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The steps that were committed, and why the pass stopped.
    pub fn into_result(self, reason: Option<Stop>) -> (Vec<StepOutcome>, Option<PythonStop>) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (committed, first) = (state.done.len(), self.first);
        let stop = reason.map(|reason| {
            let ended = state.ended.iter().map(|step| step.entry);
            PythonStop {
                reason,
                step: first + committed,
                committed: state.step.as_ref().map_or(0, |step| step.committed),
                entries: ended.chain(state.step.as_ref().map(|step| step.entry)).collect(),
            }
        });
        (state.done, stop)
    }

    /// The index in the plan of the step that runs, or that runs next.
    pub fn index(&self) -> usize {
        let state = self.lock();
        let index = self.first + state.begun.saturating_sub(usize::from(state.step.is_some()));
        index.min(self.run.plan.steps.len() - 1)
    }

    /// The 1-based line at which the script is; 0 if it is not known.
    pub fn line(&self) -> usize {
        self.position.line()
    }

    /// Keeps the reason why a statement is refused. The driver gets its message.
    pub fn refuse(&self, reason: Stop) -> Refusal {
        let message = match &reason {
            Stop::Cancelled => "cancelled".to_owned(),
            Stop::Conflict(_, error) | Stop::Failed(error) | Stop::Lost(error) | Stop::CommitUnknown(error) => {
                error.message.clone()
            }
        };
        let mut state = self.lock();
        state.stop.get_or_insert(reason);
        Refusal(format!("limbeck stopped the run: {message}"))
    }

    /// Whether a statement must be decided about while limbeck uses the session.
    fn must_hold(&self, sent: &WireStatement) -> bool {
        let mut state = self.lock();
        if sent.sql().is_none() {
            return true;
        }
        let sql = sent.trimmed();
        let statement = analyse_text(sql, &state.script);
        state.examined = Some(statement.clone());
        let is_in_body = match &state.step {
            Some(step) if step.is_in_body => true,
            // Alembic updates the version table itself.
            Some(_) if statement.words().contains(self.run.table.name()) => return false,
            _ => false,
        };
        if let Transaction::Control(_) = statement.transaction {
            return is_in_body && ends_transaction(&statement);
        }
        if is_in_body && sent.status == TransactionStatus::Idle {
            return true;
        }
        let confirm = &self.run.plan.confirm;
        let is_critical = |class: Class| class == Class::DataLoss || confirm.contains(&class);
        // Definitions have hazards of their own, and fire no triggers.
        let runs_code = statement.changes_rows()
            || statement.command.is_one_of(&["insert", "update", "delete", "merge", "copy", "do", "call", "execute"])
            || (!statement.calls.is_empty() && !statement.command.is_one_of(&["create", "alter", "drop", "comment"]));
        let reads = statement.command.is_one_of(&["select"]);
        let may_have_side_effects =
            runs_code && ((state.has_new_objects && !reads) || statement.mentions_any(&state.side_effects));
        let planned = state.step.as_ref().and_then(|step| step.expected.get(sql)).and_then(VecDeque::front);
        let is_planned_loss = planned.is_some_and(|number| {
            let planned = &self.run.plan.steps[self.first + state.begun - 1].statements[*number];
            planned.hazards.iter().any(|hazard| is_critical(hazard.class))
        });
        let restores = state.step.as_ref().is_some_and(|step| step.restoration.is_some());
        restores
            || may_have_side_effects
            || is_planned_loss
            || hazard::examine(&statement, &state.script).iter().any(|hazard| is_critical(hazard.class))
    }
}

/// Whether a statement ends the transaction.
pub(super) fn ends_transaction(statement: &Statement) -> bool {
    let to_savepoint = statement.command.words().iter().any(|word| word == "to");
    statement.command.is_one_of(&["commit", "end"])
        || (statement.command.is_one_of(&["rollback", "abort"]) && !to_savepoint)
}

impl Observer for ScriptObserver<'_> {
    fn examine(&self, statement: &WireStatement) -> Verdict {
        // The socket of the lines must be read, or Python waits until it can write to it.
        let _ = self.line();
        if Marker::read(&statement.text, self.token).is_some() {
            Marker::verdict(statement.status)
        } else if self.must_hold(statement) {
            Verdict::Hold
        } else {
            Verdict::Forward
        }
    }

    async fn admit(&self, statement: &WireStatement) -> Result<(), Refusal> {
        Box::pin(self.admit_statement(statement)).await.map_err(|reason| self.refuse(reason))
    }

    /// Takes a marker.
    async fn substitute(&self, statement: &WireStatement) -> Result<TransactionStatus, Refusal> {
        if let Some(marker) = Marker::read(&statement.text, self.token) {
            Box::pin(self.mark(marker, statement.status)).await.map_err(|reason| self.refuse(reason))?;
        }
        Ok(statement.status)
    }

    async fn complete(&self, statement: &WireStatement, rows: Option<u64>) -> Result<(), Refusal> {
        Box::pin(self.complete_statement(statement, rows)).await.map_err(|reason| self.refuse(reason))
    }

    fn executed(&self, sent: &WireStatement, _: Option<u64>, status: TransactionStatus) {
        if Marker::read(&sent.text, self.token).is_some() {
            return;
        }
        let mut state = self.lock();
        let examined = state.examined.take().filter(|statement| statement.sql() == sent.trimmed());
        let statement = examined.unwrap_or_else(|| analyse_text(sent.trimmed(), &state.script));
        if status == TransactionStatus::Idle {
            state.preamble.clear();
        }
        if statement.command.is_one_of(&["begin", "start"]) {
            sent.trimmed().clone_into(&mut state.begin);
        }
        if state.step.is_none() && status == TransactionStatus::InTransaction && is_local(&statement) {
            let sql = sent.sql().unwrap_or(&sent.text).to_owned();
            state.preamble.push(sql);
        }
        state.script.apply(&statement);
        state.has_new_objects |= statement.command.is_one_of(&["create", "alter", "drop", "do", "call"]);
        if let Some(step) = state.step.as_mut().filter(|step| step.is_in_body) {
            if !matches!(statement.transaction, Transaction::Control(_)) && !statement.only_reads() {
                step.sent += 1;
            }
            if status == TransactionStatus::Idle && !statement.command.is_one_of(&["rollback", "abort"]) {
                step.committed = step.sent;
            }
        }
    }

    fn failed(&self, statement: Option<&WireStatement>, error: ServerError) {
        let line = self.line();
        let planned = statement.map(|sent| {
            let statement = analyse_one(sent.sql().unwrap_or(&sent.text));
            PlannedStatement { line, column: 1, statement, hazards: Vec::new() }
        });
        let mut state = self.lock();
        state.last_error = Some((error, planned));
        state.admitted = None;
    }

    fn notice(&self, notice: ServerError) {
        (self.run.report)(Progress::Notice { severity: notice.severity, message: notice.message });
    }

    async fn watch<T: Send>(&self, work: impl Future<Output = T> + Send) -> T {
        let step = self.index();
        let never_fails = async { Ok::<T, std::convert::Infallible>(work.await) };
        let Ok(value) = self.run.watched(step, never_fails).await;
        value
    }
}

/// Whether a statement of `env.py` takes effect until the end of the transaction, so it must be repeated in the next one.
fn is_local(statement: &Statement) -> bool {
    let calls = |name: &str| statement.calls.iter().any(|call| call.name == name);
    statement.command.starts_with(&["set", "local"])
        || calls("set_config")
        || calls("pg_advisory_xact_lock")
        || calls("pg_try_advisory_xact_lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_last_until_the_end_of_the_transaction_are_recognised() {
        for (sql, expected) in [
            ("SET LOCAL search_path = a", true),
            ("SET search_path = a", false),
            ("SELECT set_config('search_path', 'a', true)", true),
            ("SELECT pg_advisory_xact_lock(1)", true),
            ("SELECT pg_advisory_lock(1)", false),
            ("SELECT 1", false),
        ] {
            assert_eq!(is_local(&analyse_one(sql)), expected, "{sql}");
        }
    }

    #[test]
    fn only_statements_that_end_the_transaction_are_held() {
        for (sql, expected) in [
            ("COMMIT", true),
            ("END", true),
            ("ROLLBACK", true),
            ("ROLLBACK TO SAVEPOINT a", false),
            ("ROLLBACK TO a", false),
            ("SAVEPOINT a", false),
            ("RELEASE SAVEPOINT a", false),
            ("BEGIN", false),
        ] {
            assert_eq!(ends_transaction(&analyse_one(sql)), expected, "{sql}");
        }
    }
}
