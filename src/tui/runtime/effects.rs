//! Starts the effects. Each runs as a task and answers with messages; the loop always learns when it has ended.

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{AbortHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::event::{Event, TaskKind};
use super::options::environments;
use crate::engine::connection::Variables;
use crate::engine::models;
use crate::engine::project::{Project, ScriptTree, overwrite};
use crate::engine::python::give_consent;
use crate::engine::{ConnectOptions, Error, ErrorKind};
use crate::tui::app::{Consent, Effect, Generation, Msg};
use crate::tui::editor;

/// An effect that only the loop can perform, because it has the terminal.
pub(super) enum LoopEffect {
    Edit(PathBuf, Option<usize>),
    Copy(String, String),
    Suspend,
    Quit,
}

/// The state that the tasks share.
pub(super) struct Shared {
    project: Mutex<Arc<Project>>,
    /// The variables of the process, without those of `.env`.
    variables: Variables,
    pub(super) connection: Connection,
    /// Held by the running job, so that there is one at a time.
    pub(super) job: tokio::sync::Mutex<()>,
    loading: tokio::sync::Mutex<()>,
    events: UnboundedSender<Event>,
}

impl Shared {
    pub(super) fn project(&self) -> Arc<Project> {
        self.project.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn answer(&self, message: Msg) {
        // The loop may have ended.
        let _ = self.events.send(Event::Answer(message));
    }
}

/// Reports the end of a task, also if it is aborted or panics.
struct EndReport(UnboundedSender<Event>, TaskKind);

impl Drop for EndReport {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Ended(self.1));
    }
}

/// Starts effects and counts those that run.
pub(super) struct Effects {
    shared: Arc<Shared>,
    /// The options of the command line. `Effect::Connect` changes the environment.
    pub(super) command_line: ConnectOptions,
    pub(super) options: ConnectOptions,
    /// Cancels the running job.
    job_token: CancellationToken,
    /// Cancels the drift that is computed for a dialog.
    dialog_token: CancellationToken,
    asking: Option<AbortHandle>,
    pub(super) preparing: Option<AbortHandle>,
    pub(super) examining: Option<AbortHandle>,
    reads: usize,
    writes: usize,
}

impl Effects {
    pub(super) fn new(
        project: Project,
        variables: Variables,
        options: ConnectOptions,
        events: UnboundedSender<Event>,
    ) -> Self {
        let shared = Shared {
            project: Mutex::new(Arc::new(project)),
            variables,
            connection: Connection::default(),
            job: tokio::sync::Mutex::default(),
            loading: tokio::sync::Mutex::default(),
            events,
        };
        Self {
            shared: Arc::new(shared),
            command_line: options.clone(),
            options,
            job_token: CancellationToken::new(),
            dialog_token: CancellationToken::new(),
            asking: None,
            preparing: None,
            examining: None,
            reads: 0,
            writes: 0,
        }
    }

    /// The project as it was last read.
    pub(super) fn project(&self) -> Arc<Project> {
        self.shared.project()
    }

    /// The number of effects that have not ended.
    pub(super) fn running(&self) -> usize {
        self.reads + self.writes
    }

    /// Whether a task runs that must not be interrupted.
    pub(super) fn is_writing(&self) -> bool {
        self.writes > 0
    }

    /// Takes an [`Event::Ended`].
    pub(super) fn ended(&mut self, kind: TaskKind) {
        match kind {
            TaskKind::Reads => self.reads = self.reads.saturating_sub(1),
            TaskKind::Writes => self.writes = self.writes.saturating_sub(1),
        }
    }

    /// Cancels the running job, also on the server.
    pub(super) fn cancel(&mut self) {
        self.job_token.cancel();
        self.cancel_for_dialog();
    }

    /// Starts an effect, or returns it for the loop.
    pub(super) fn start(&mut self, effect: Effect) -> Option<LoopEffect> {
        match effect {
            Effect::LoadScripts => self.load_scripts(),
            Effect::Connect(generation, environment, consent) => self.connect(generation, environment, consent),
            Effect::ReadStatus(generation) => self.read_status(generation),
            Effect::ReadLedger(generation, tree, heads, newest) => {
                self.spawn(TaskKind::Reads, async move |shared| {
                    let answer = shared.connection.read_ledger(tree, heads, newest).await;
                    shared.answer(Msg::Ledger(generation, answer));
                });
            }
            Effect::Run(generation, task) => self.start_task(generation, task),
            // It writes one small file. The effects that follow need it.
            Effect::GiveConsent(command) => give_consent(&self.project(), &command),
            Effect::Cancel => self.cancel(),
            Effect::Highlight(revision, language, text) => {
                self.spawn(TaskKind::Reads, async move |shared| {
                    if let Ok(highlighted) = spawn_blocking(move || editor::highlight(language, &text)).await {
                        shared.answer(Msg::Highlighted(revision, Arc::new(highlighted)));
                    }
                });
            }
            Effect::Rescue(path, text) => {
                // The UI is closing, so a failure cannot be shown.
                self.spawn(TaskKind::Writes, async move |_| {
                    let _ = spawn_blocking(move || overwrite(&path, &text)).await;
                });
            }
            Effect::EditExternally(path, line) => return Some(LoopEffect::Edit(path, line)),
            Effect::Copy(text, what) => return Some(LoopEffect::Copy(text, what)),
            Effect::Suspend => return Some(LoopEffect::Suspend),
            Effect::Quit => return Some(LoopEffect::Quit),
        }
        None
    }

    pub(super) fn spawn<F>(&mut self, kind: TaskKind, task: impl FnOnce(Arc<Shared>) -> F) -> AbortHandle
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match kind {
            TaskKind::Reads => self.reads += 1,
            TaskKind::Writes => self.writes += 1,
        }
        let ending = EndReport(self.shared.events.clone(), kind);
        let task = task(Arc::clone(&self.shared));
        let handle = tokio::spawn(async move {
            let _ending = ending;
            task.await;
        });
        handle.abort_handle()
    }

    /// Reads the configuration and the scripts. Readings do not overlap.
    fn load_scripts(&mut self) {
        let options = self.options.clone();
        self.spawn(TaskKind::Reads, async |shared: Arc<Shared>| {
            let _turn = shared.loading.lock().await;
            let reading = Arc::clone(&shared);
            let read = move || (read_project(&reading, &options), models::fingerprint(&reading.project()));
            match spawn_blocking(read).await {
                Ok(((tree, problem, settings), models)) => {
                    if let Some(settings) = settings {
                        shared.answer(settings);
                    }
                    shared.answer(Msg::Models(models));
                    shared.answer(Msg::ScriptsLoaded(Arc::new(tree)));
                    if let Some(error) = problem {
                        shared.answer(Msg::Failed(error));
                    }
                }
                Err(error) => shared.answer(Msg::Failed(Error::new("the scripts could not be read").because(error))),
            }
        });
    }

    fn connect(&mut self, generation: Generation, environment: Option<String>, consent: Consent) {
        let options = if environment == self.command_line.environment {
            self.command_line.clone()
        } else {
            // Another environment than the command line's: the options of the command line do not apply to it.
            ConnectOptions { environment, yes: self.command_line.yes, ..ConnectOptions::default() }
        };
        self.options = apply_consent(&self.shared.project(), options, consent);
        self.shared.connection.forget();
        self.ask(async move |shared: Arc<Shared>, options| {
            let answer = shared.connection.connect(&shared.project(), &options).await;
            shared.answer(Msg::Status(generation, answer));
        });
    }

    fn read_status(&mut self, generation: Generation) {
        self.ask(async move |shared: Arc<Shared>, options| {
            let answer = shared.connection.read_status(&shared.project(), &options).await;
            shared.answer(Msg::Status(generation, answer));
        });
    }

    /// Reads the heads. An earlier reading without an answer is aborted.
    fn ask<F>(&mut self, question: impl FnOnce(Arc<Shared>, ConnectOptions) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if let Some(previous) = self.asking.take() {
            previous.abort();
        }
        let options = self.options.clone();
        self.asking = Some(self.spawn(TaskKind::Reads, |shared| question(shared, options)));
    }

    /// The token of a new job. The new job cancels the drift for a dialog.
    pub(super) fn new_job_token(&mut self) -> CancellationToken {
        self.cancel_for_dialog();
        self.job_token = CancellationToken::new();
        self.job_token.clone()
    }

    /// The token of a new drift for a dialog. It cancels the earlier one.
    pub(super) fn new_dialog_token(&mut self) -> CancellationToken {
        self.cancel_for_dialog();
        self.dialog_token = CancellationToken::new();
        self.dialog_token.clone()
    }

    /// Cancels the drift that is computed for a dialog.
    pub(super) fn cancel_for_dialog(&self) {
        self.dialog_token.cancel();
    }
}

/// The options with the user's consent. If the project now names a database, the consent has no effect.
fn apply_consent(project: &Project, options: ConnectOptions, consent: Consent) -> ConnectOptions {
    let has_no_database = project.locate(&options).is_err_and(|error| error.kind == ErrorKind::NoDatabase);
    ConnectOptions {
        embedded: options.embedded || has_no_database && consent.own_server,
        yes: options.yes || consent.download,
        ..options
    }
}

/// Reads the scripts with the current configuration. If that has an error, the previous one is used.
fn read_project(shared: &Shared, options: &ConnectOptions) -> (ScriptTree, Option<Error>, Option<Msg>) {
    let known = shared.project();
    match known.reopen(shared.variables.clone()) {
        Ok(project) => {
            let tree = project.read_scripts();
            let settings = settings(&known, &project, options);
            *shared.project.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(project);
            (tree, None, settings)
        }
        Err(error) => (known.read_scripts(), Some(error), None),
    }
}

/// The message about changed settings, if the model must know. Options of the command line stay. A running job keeps
/// its database.
fn settings(before: &Project, after: &Project, options: &ConnectOptions) -> Option<Msg> {
    let (was, is) = (environments(before), environments(after));
    let database = before.locate(options).ok() != after.locate(options).ok();
    (was != is || database).then_some(Msg::Settings { environments: is, database })
}
