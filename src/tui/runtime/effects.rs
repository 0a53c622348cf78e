//! Carries effects out as tasks; each answers with messages, and its end is always told.

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{AbortHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::backing_up::before;
use super::connection::Connection;
use super::event::{Event, Kind};
use super::options::environments;
use crate::engine::apply::{ApplyOptions, apply};
use crate::engine::connection::Variables;
use crate::engine::draft::{NewRevision, create, merge};
use crate::engine::models;
use crate::engine::prepare::{PlanRequest, prepare};
use crate::engine::project::{Project, ScriptTree};
use crate::engine::stamp::stamp;
use crate::engine::verify::{VerifyOptions, verify};
use crate::engine::{ConnectOptions, Error, ErrorKind, Result};
use crate::tui::app::{Consent, Effect, Generation, Msg};
use crate::tui::editor;

/// An effect that only the loop itself can carry out, since it has the terminal.
pub(super) enum ForLoop {
    Edit(PathBuf, Option<usize>),
    Copy(String, String),
    Suspend,
    Quit,
}

/// What the tasks share.
pub(super) struct World {
    project: Mutex<Arc<Project>>,
    /// As the process was started with, without what `.env` adds.
    variables: Variables,
    pub(super) connection: Connection,
    /// One job that asks the database for more than its heads, or writes a script, at a time.
    pub(super) job: tokio::sync::Mutex<()>,
    loading: tokio::sync::Mutex<()>,
    events: UnboundedSender<Event>,
}

impl World {
    pub(super) fn project(&self) -> Arc<Project> {
        self.project.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn answer(&self, message: Msg) {
        // Nobody listens any more when the loop has ended.
        let _ = self.events.send(Event::Answer(message));
    }
}

/// Tells the end of a task, also when it is aborted or panics.
struct Ending(UnboundedSender<Event>, Kind);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Ended(self.1));
    }
}

/// Starts effects and knows what still runs.
pub(super) struct Effects {
    world: Arc<World>,
    /// As the command line says; the environment changes with `Effect::Connect`.
    pub(super) command_line: ConnectOptions,
    pub(super) options: ConnectOptions,
    /// Of the running job.
    cancel: CancellationToken,
    /// Of the drift that is computed beside a dialog.
    pub(super) beside: CancellationToken,
    asking: Option<AbortHandle>,
    preparing: Option<AbortHandle>,
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
        let world = World {
            project: Mutex::new(Arc::new(project)),
            variables,
            connection: Connection::default(),
            job: tokio::sync::Mutex::default(),
            loading: tokio::sync::Mutex::default(),
            events,
        };
        Self {
            world: Arc::new(world),
            command_line: options.clone(),
            options,
            cancel: CancellationToken::new(),
            beside: CancellationToken::new(),
            asking: None,
            preparing: None,
            examining: None,
            reads: 0,
            writes: 0,
        }
    }

    /// The project as it was last read.
    pub(super) fn project(&self) -> Arc<Project> {
        self.world.project()
    }

    /// How many effects have not ended yet.
    pub(super) fn running(&self) -> usize {
        self.reads + self.writes
    }

    /// Whether something runs that must not be left alone.
    pub(super) fn is_writing(&self) -> bool {
        self.writes > 0
    }

    /// Takes note of an [`Event::Ended`].
    pub(super) fn ended(&mut self, kind: Kind) {
        match kind {
            Kind::Reads => self.reads = self.reads.saturating_sub(1),
            Kind::Writes => self.writes = self.writes.saturating_sub(1),
        }
    }

    /// Cancels the running job, on the server where it is there.
    pub(super) fn cancel(&mut self) {
        self.cancel.cancel();
        self.beside.cancel();
    }

    /// Starts an effect, or hands it back for the loop.
    pub(super) fn start(&mut self, effect: Effect) -> Option<ForLoop> {
        match effect {
            Effect::LoadScripts => self.load_scripts(),
            Effect::Connect(generation, environment, consent) => self.connect(generation, environment, consent),
            Effect::ReadStatus(generation) => self.read_status(generation),
            Effect::ReadRecord(generation, tree, heads, newest) => {
                self.spawn(Kind::Reads, async move |world| {
                    let answer = world.connection.record(tree, heads, newest).await;
                    world.answer(Msg::Recorded(generation, answer));
                });
            }
            Effect::Prepare(generation, tree, request) => self.prepare(generation, tree, request),
            Effect::Apply(approval) => self.apply(approval),
            Effect::Cancel => self.cancel(),
            Effect::Create(tree, new) => self.write(move |project| create(project, &tree, &new)),
            Effect::Merge(tree, revisions, new) => self.merge(tree, revisions, new),
            Effect::Stamp(tree, targets, purge) => self.stamp(tree, targets, purge),
            Effect::Verify(generation, tree, revisions) => self.verify(generation, tree, revisions),
            Effect::Drift(generation, tree, beside) => self.drift(generation, tree, beside),
            Effect::ListBackups(generation) => self.list_backups(generation),
            Effect::Backup(generation) => self.back_up(generation),
            Effect::ListCopies(generation) => self.list_copies(generation),
            Effect::ChangeCopy(generation, id, wanted) => self.change_copy(generation, id, wanted),
            Effect::Check(generation, tree, consent) => self.check(generation, tree, consent),
            Effect::Generate(generation, tree, wanted) => self.generate(generation, tree, *wanted),
            Effect::Highlight(revision, text) => {
                self.spawn(Kind::Reads, async move |world| {
                    if let Ok(highlighted) = spawn_blocking(move || editor::highlight(&text)).await {
                        world.answer(Msg::Highlighted(revision, Arc::new(highlighted)));
                    }
                });
            }
            Effect::ReadScript(path, line) => self.read_script(path, line),
            Effect::SaveScript { path, text, known } => self.save_script(path, text, known),
            Effect::Rescue(path, text) => self.rescue(path, text),
            Effect::Examine(generation, text) => self.examine(generation, text),
            Effect::Prove(revision, text) => self.prove(revision, text),
            Effect::EditExternally(path, line) => return Some(ForLoop::Edit(path, line)),
            Effect::Copy(text, what) => return Some(ForLoop::Copy(text, what)),
            Effect::Suspend => return Some(ForLoop::Suspend),
            Effect::Quit => return Some(ForLoop::Quit),
        }
        None
    }

    pub(super) fn spawn<F>(&mut self, kind: Kind, task: impl FnOnce(Arc<World>) -> F) -> AbortHandle
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match kind {
            Kind::Reads => self.reads += 1,
            Kind::Writes => self.writes += 1,
        }
        let ending = Ending(self.world.events.clone(), kind);
        let task = task(Arc::clone(&self.world));
        let handle = tokio::spawn(async move {
            let _ending = ending;
            task.await;
        });
        handle.abort_handle()
    }

    /// Reads the configuration and the scripts again, one reading after the other.
    fn load_scripts(&mut self) {
        let options = self.options.clone();
        self.spawn(Kind::Reads, async |world: Arc<World>| {
            let _turn = world.loading.lock().await;
            let reading = Arc::clone(&world);
            let read = move || (read_project(&reading, &options), models::fingerprint(&reading.project()));
            match spawn_blocking(read).await {
                Ok(((tree, problem, settings), models)) => {
                    if let Some(settings) = settings {
                        world.answer(settings);
                    }
                    world.answer(Msg::Models(models));
                    world.answer(Msg::ScriptsLoaded(Arc::new(tree)));
                    if let Some(error) = problem {
                        world.answer(Msg::Failed(error));
                    }
                }
                Err(error) => world.answer(Msg::Failed(Error::new("the scripts could not be read").because(error))),
            }
        });
    }

    fn connect(&mut self, generation: Generation, environment: Option<String>, consent: Consent) {
        let options = if environment == self.command_line.environment {
            self.command_line.clone()
        } else {
            // Another environment than the command line's: its database and no other.
            ConnectOptions { environment, yes: self.command_line.yes, ..ConnectOptions::default() }
        };
        self.options = agreed(&self.world.project(), options, consent);
        self.world.connection.forget();
        self.ask(async move |world: Arc<World>, options| {
            let answer = world.connection.connect(&world.project(), &options).await;
            world.answer(Msg::Status(generation, answer));
        });
    }

    fn read_status(&mut self, generation: Generation) {
        self.ask(async move |world: Arc<World>, options| {
            let answer = world.connection.status(&world.project(), &options).await;
            world.answer(Msg::Status(generation, answer));
        });
    }

    /// Asks for the heads; an earlier question that has no answer yet is dropped.
    fn ask<F>(&mut self, question: impl FnOnce(Arc<World>, ConnectOptions) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if let Some(earlier) = self.asking.take() {
            earlier.abort();
        }
        let options = self.options.clone();
        self.asking = Some(self.spawn(Kind::Reads, |world| question(world, options)));
    }

    fn prepare(&mut self, generation: Generation, tree: Arc<ScriptTree>, request: PlanRequest) {
        if let Some(earlier) = self.preparing.take() {
            earlier.abort();
        }
        let (options, cancel) = (self.options.clone(), self.fresh_cancel());
        self.preparing = Some(self.spawn(Kind::Reads, async move |world: Arc<World>| {
            let work = async {
                let _turn = world.job.lock().await;
                let project = world.project();
                let target = world.connection.target(&project, &options).await?;
                prepare(&project, &tree, &target, &request).await
            };
            let cancelled = || Error::of(ErrorKind::Interrupted, "cancelled; nothing was run");
            let answer = Box::pin(cancel.run_until_cancelled(work)).await.unwrap_or_else(|| Err(cancelled()));
            world.answer(Msg::Prepared(generation, answer));
        }));
    }

    fn apply(&mut self, approval: crate::core::plan::Approval) {
        let (options, cancel) = (self.options.clone(), self.fresh_cancel());
        self.spawn(Kind::Writes, async move |world: Arc<World>| {
            let _turn = world.job.lock().await;
            let project = world.project();
            let told = Arc::clone(&world);
            let progress = move |progress| told.answer(Msg::Progress(progress));
            let work = async {
                let target = world.connection.target(&project, &options).await?;
                before(&project, &target, &approval, &progress, &cancel).await?;
                apply(&project, &target, &approval, &ApplyOptions::default(), &progress, &cancel).await
            };
            let answer = Box::pin(work).await;
            world.answer(Msg::Applied(answer));
        });
    }

    fn merge(&mut self, tree: Arc<ScriptTree>, revisions: Vec<String>, new: NewRevision) {
        self.write(move |project| merge(project, &tree, &revisions, &new));
    }

    fn write(&mut self, work: impl FnOnce(&Project) -> Result<crate::engine::draft::WrittenScript> + Send + 'static) {
        self.spawn(Kind::Writes, async move |world: Arc<World>| {
            let _turn = world.job.lock().await;
            let project = world.project();
            let answer = spawn_blocking(move || work(&project)).await;
            let answer = answer.unwrap_or_else(|error| Err(Error::new("the script was not written").because(error)));
            world.answer(Msg::Written(answer));
        });
    }

    fn stamp(&mut self, tree: Arc<ScriptTree>, targets: Vec<String>, purge: bool) {
        let options = self.options.clone();
        self.beside.cancel();
        self.spawn(Kind::Writes, async move |world: Arc<World>| {
            let _turn = world.job.lock().await;
            let project = world.project();
            let work = async {
                let target = world.connection.target(&project, &options).await?;
                stamp(&project, &tree, &target, &targets, purge).await
            };
            let answer = work.await;
            world.answer(Msg::Stamped(answer));
        });
    }

    fn verify(&mut self, generation: Generation, tree: Arc<ScriptTree>, revisions: Vec<String>) {
        let (options, cancel) = (self.options.clone(), self.fresh_cancel());
        // It writes to a scratch database only, but that is not to be left behind.
        self.spawn(Kind::Writes, async move |world: Arc<World>| {
            let _turn = world.job.lock().await;
            let project = world.project();
            let told = Arc::clone(&world);
            let tell = move |news| told.answer(Msg::VerifyTold(generation, news));
            let wanted = VerifyOptions { revisions, download: options.yes };
            let work = async {
                let target = world.connection.target(&project, &options).await?;
                verify(&project, &tree, &target, &wanted, &tell, &cancel).await
            };
            let answer = Box::pin(work).await;
            world.answer(Msg::Verified(generation, answer));
        });
    }

    pub(super) fn fresh_cancel(&mut self) -> CancellationToken {
        self.beside.cancel();
        self.cancel = CancellationToken::new();
        self.cancel.clone()
    }
}

/// The options with what a person has agreed to: a place that the project names by now comes first.
fn agreed(project: &Project, options: ConnectOptions, consent: Consent) -> ConnectOptions {
    let nowhere = project.locate(&options).is_err_and(|error| error.kind == ErrorKind::NoDatabase);
    ConnectOptions {
        embedded: options.embedded || nowhere && consent.own_server,
        yes: options.yes || consent.download,
        ..options
    }
}

/// Reads the scripts with the configuration as it is now; with the one before when that has a fault.
fn read_project(world: &World, options: &ConnectOptions) -> (ScriptTree, Option<Error>, Option<Msg>) {
    let known = world.project();
    match Project::open(Some(&known.config_path), known.root(), world.variables.clone()) {
        Ok(project) => {
            let tree = project.read_scripts();
            let settings = settings(&known, &project, options);
            *world.project.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(project);
            (tree, None, settings)
        }
        Err(error) => (known.read_scripts(), Some(error), None),
    }
}

/// What the new configuration says otherwise, as far as the model knows it. What the command line
/// names stays; a job that runs has its database already.
fn settings(before: &Project, after: &Project, options: &ConnectOptions) -> Option<Msg> {
    let (was, is) = (environments(before), environments(after));
    let database = before.locate(options).ok() != after.locate(options).ok();
    (was != is || database).then_some(Msg::Settings { environments: is, database })
}
