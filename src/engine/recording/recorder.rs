//! Receives the statements of scripts on a scratch database, and admits all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::inputs::InputReader;
use crate::core::plan::{Plan, RecordedStatement, RecordedStep};
use crate::core::statement::{Action, Statement, Transaction, analyse_one};
use crate::engine::script_process::{Marker, SECOND_CONNECTION, ScriptPosition, incomplete_error};
use crate::engine::wire::{Observer, Refusal, ServerError, TransactionStatus, Verdict, WireStatement};
use crate::engine::{Error, Result};

/// Records what the scripts send on their first connection.
pub(super) struct Recorder<'a> {
    token: &'a str,
    position: Arc<ScriptPosition>,
    state: Mutex<Recording>,
}

/// What was recorded so far.
#[derive(Default)]
struct Recording {
    steps: Vec<RecordedStep>,
    /// The step that has begun and not ended.
    current: Option<usize>,
    /// Whether the function of the script runs.
    is_in_body: bool,
    /// The number of steps that have ended.
    ended: usize,
    /// The savepoints of the script, each with the number of statements before it.
    savepoints: Vec<(String, usize)>,
    inputs: InputReader,
    /// What `env.py` has set.
    settings: Vec<String>,
    /// What `env.py` has created, if it did not exist.
    setup: Vec<String>,
    line: usize,
    /// Whether the scripts run on another connection than the first.
    is_on_second_connection: bool,
}

impl<'a> Recorder<'a> {
    pub fn new(token: &'a str, position: Arc<ScriptPosition>, steps: usize) -> Self {
        let steps = vec![RecordedStep::default(); steps];
        Self { token, position, state: Mutex::new(Recording { steps, ..Recording::default() }) }
    }

    /// The steps, after all of them have run.
    pub fn finish(self) -> Result<Vec<RecordedStep>> {
        let recording = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if recording.ended == recording.steps.len() {
            return Ok(recording.steps);
        }
        Err(incomplete_error(recording.ended, recording.steps.len()))
    }

    /// The steps, after one of them has failed. The error is returned if none has begun.
    pub fn finish_failed(self, failure: Error) -> Result<Vec<RecordedStep>> {
        let mut recording = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if recording.is_on_second_connection {
            return Err(Error::new(SECOND_CONNECTION));
        }
        let Some(failed) = recording.current else { return Err(failure) };
        for (number, step) in recording.steps.iter_mut().enumerate().skip(failed) {
            let earlier = "an earlier revision failed on the scratch copy";
            step.failure = Some(if number == failed { failure.message.clone() } else { earlier.to_owned() });
        }
        Ok(recording.steps)
    }

    /// Adds the revision that runs to an error.
    pub fn name_revision(&self, plan: &Plan, error: Error) -> Error {
        match self.lock().current.and_then(|step| plan.steps.get(step)) {
            Some(step) => Error {
                message: format!("revision {}: {}", step.revision, error.message),
                revision: Some(step.revision.to_string()),
                ..error
            },
            None => error,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the script received something, where its statements are not recorded.
    fn mark_read(&self, what: &str) {
        let mut recording = self.lock();
        if let Some(step) = recording.current.filter(|_| recording.is_in_body) {
            let step = &mut recording.steps[step];
            step.reads = true;
            step.inputs.other.get_or_insert_with(|| what.to_owned());
        }
    }
}

impl Recording {
    fn mark(&mut self, marker: Marker) {
        match marker {
            Marker::Begin(step) => {
                (self.current, self.is_in_body) = (Some(step).filter(|step| *step < self.steps.len()), true);
                self.savepoints.clear();
                self.inputs = InputReader::default();
                if let Some(step) = self.current.and_then(|step| self.steps.get_mut(step)) {
                    step.settings.clone_from(&self.settings);
                    step.setup.clone_from(&self.setup);
                }
            }
            Marker::Body(_) => self.is_in_body = false,
            Marker::End(_) => {
                self.current = None;
                self.ended += 1;
            }
        }
    }

    /// Records what `env.py` sets and creates before the scripts.
    fn record_preparation(&mut self, statement: &Statement) {
        let creates = [["create", "schema"], ["create", "extension"]];
        if creates.iter().any(|words| statement.command.starts_with(words)) && statement.words().contains("exists") {
            self.setup.push(statement.sql().to_owned());
            return;
        }
        let sets_names = statement.actions.iter().any(|action| match action {
            Action::SetParameter { name, .. } => name == "search_path",
            Action::ResetSession => true,
            _ => false,
        });
        if statement.command.is_one_of(&["reset", "discard"]) {
            self.settings.clear();
        } else if sets_names {
            self.settings.push(statement.sql().to_owned());
        }
    }

    fn record(&mut self, sent: &WireStatement, statement: &Statement, status: TransactionStatus) {
        let Some(step) = self.current.filter(|_| self.is_in_body).and_then(|step| self.steps.get_mut(step)) else {
            return;
        };
        if let Transaction::Control(word) = statement.transaction {
            let name = statement.command.words().last().cloned().unwrap_or_default();
            match word {
                "SAVEPOINT" => self.savepoints.push((name, step.statements.len())),
                _ if statement.command.starts_with(&["rollback", "to"]) => {
                    let place = self.savepoints.iter().rposition(|(known, _)| *known == name);
                    if let Some((_, count)) = place.and_then(|place| self.savepoints.get(place)) {
                        step.statements.truncate(*count);
                    }
                }
                "COMMIT" | "END" => step.leaves_transaction = true,
                "ROLLBACK" | "ABORT" if status == TransactionStatus::Idle => step.leaves_transaction = true,
                _ => {}
            }
            return;
        }
        // The transaction of a statement that ran alone has ended with it.
        if sent.status == TransactionStatus::Idle && status == TransactionStatus::Idle {
            step.leaves_transaction = true;
        }
        self.inputs.read(statement, &mut step.inputs);
        if statement.only_reads() {
            step.reads |= reads_data(statement);
            return;
        }
        let sql = sent.trimmed().to_owned();
        step.statements.push(RecordedStatement { line: self.line, sql, copy_data: sent.copy_data.clone() });
    }
}

impl Observer for Recorder<'_> {
    fn examine(&self, statement: &WireStatement) -> Verdict {
        let line = self.position.line();
        let mut recording = self.lock();
        recording.line = line;
        match Marker::read(&statement.text, self.token) {
            Some(marker) => {
                recording.mark(marker);
                Marker::verdict(statement.status)
            }
            None if recording.is_in_body && statement.sql().is_none() => Verdict::Hold,
            None => Verdict::Forward,
        }
    }

    /// A marker has been taken when it was examined.
    async fn substitute(&self, statement: &WireStatement) -> std::result::Result<TransactionStatus, Refusal> {
        Ok(statement.status)
    }

    fn executed(&self, statement: &WireStatement, _: Option<u64>, status: TransactionStatus) {
        if Marker::read(&statement.text, self.token).is_some() {
            return;
        }
        let analysed = analyse_one(statement.sql().unwrap_or(&statement.text));
        let mut recording = self.lock();
        if recording.is_in_body {
            recording.record(statement, &analysed, status);
        } else {
            recording.record_preparation(&analysed);
        }
    }

    fn failed(&self, _: Option<&WireStatement>, _: ServerError) {
        // The script reacts to an error that it expects, so it depends on the data.
        self.mark_read("the script reacts to an error of the server");
    }
}

/// Admits what scripts send on further connections, and records nothing of it.
pub(super) struct SideRecorder<'a, 'r>(pub &'a Recorder<'r>);

impl Observer for SideRecorder<'_, '_> {
    fn examine(&self, statement: &WireStatement) -> Verdict {
        if Marker::read(&statement.text, self.0.token).is_some() {
            return Verdict::Hold;
        }
        self.0.mark_read("the script opens a second connection");
        Verdict::Forward
    }

    async fn admit(&self, _: &WireStatement) -> std::result::Result<(), Refusal> {
        self.0.lock().is_on_second_connection = true;
        Err(Refusal(SECOND_CONNECTION.to_owned()))
    }
}

/// Whether the result of a query depends on the data or the schema.
fn reads_data(statement: &Statement) -> bool {
    statement.words().contains("from") || statement.command.is_one_of(&["table", "fetch"])
}
