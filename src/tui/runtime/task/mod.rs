//! The background tasks. One function runs them all: it spawns the task, waits for its turn, reports progress, and sends
//! one end message with the task's generation.

mod backups;
mod compare;
mod conflicts;
mod copies;
mod editor;
mod generate;
mod plan;
mod revision;
mod verify;

use std::future::Future;
use std::sync::Arc;

use tokio::task::{AbortHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::effects::{Effects, Shared};
use super::event::TaskKind;
use crate::engine::project::Project;
use crate::engine::{ConnectOptions, Error, Result, Target};
use crate::tui::app::effect::Task;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::{Generation, Msg};

/// How a task runs beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TaskMode {
    /// It waits for the running job. `^c` cancels it.
    Job,
    /// It waits for the running job. It cannot be cancelled.
    ShortJob,
    /// It waits for nothing, and nothing waits for it. The next job cancels it.
    ForDialog,
    /// It waits for nothing and is not cancelled.
    Read,
}

/// What a task needs.
#[derive(Clone)]
struct TaskContext {
    shared: Arc<Shared>,
    connect: ConnectOptions,
    generation: Generation,
    cancel: CancellationToken,
}

impl TaskContext {
    fn project(&self) -> Arc<Project> {
        self.shared.project()
    }

    /// The database of the current environment.
    async fn target(&self) -> Result<Target> {
        self.shared.connection.target(&self.project(), &self.connect).await
    }

    /// A function that reports progress to the task's screen.
    fn reporter<P>(&self, wrap: fn(P) -> ScreenMsg) -> impl Fn(P) + Send + Sync + use<P> {
        let (shared, generation) = (Arc::clone(&self.shared), self.generation);
        move |progress| shared.answer(Msg::Progress(generation, wrap(progress)))
    }
}

impl Effects {
    /// Starts a task.
    pub(super) fn start_task(&mut self, generation: Generation, task: Task) {
        match task {
            Task::Prepare(tree, request) => self.prepare(generation, tree, request),
            Task::Apply(approval) => self.apply(generation, approval),
            Task::Create(tree, new) => self.create(generation, tree, new),
            Task::Merge(tree, revisions, new) => self.merge(generation, tree, revisions, new),
            Task::Compare(tree, pairs) => self.compare_branches(generation, tree, pairs),
            Task::ProveRebase(tree, revision, onto) => self.prove_rebase(generation, tree, revision, onto),
            Task::WriteRebase(planned) => self.write_rebase(generation, planned),
            Task::Stamp { tree, targets, purge } => self.stamp(generation, tree, targets, purge),
            Task::Verify(tree, revisions) => self.verify(generation, tree, revisions),
            Task::Drift(tree) => self.drift(generation, tree),
            Task::DriftForDialog(tree, at) => self.drift_for_dialog(generation, tree, at),
            Task::Check { tree, consent } => self.check(generation, tree, consent),
            Task::ListBackups => self.list_backups(generation),
            Task::Backup => self.back_up(generation),
            Task::ListCopies => self.list_copies(generation),
            Task::ReadRuns => self.read_runs(generation),
            Task::ChangeCopy(id, action) => self.change_copy(generation, id, action),
            Task::Generate(tree, request) => self.generate(generation, tree, *request),
            Task::ReadScript(path, line) => self.read_script(generation, path, line),
            Task::SaveScript { path, text, known } => self.save_script(generation, path, text, known),
            Task::Examine(language, text) => self.examine(generation, language, text),
            Task::Prove(revision, text) => self.prove(generation, revision, text),
        }
    }

    /// Runs a task. Its result is its end message.
    fn run_task<F>(
        &mut self,
        generation: Generation,
        kind: TaskKind,
        mode: TaskMode,
        work: impl FnOnce(TaskContext) -> F + Send + 'static,
    ) -> AbortHandle
    where
        F: Future<Output = ScreenMsg> + Send + 'static,
    {
        let cancel = match mode {
            TaskMode::Job => self.new_job_token(),
            TaskMode::ForDialog => self.new_dialog_token(),
            TaskMode::ShortJob | TaskMode::Read => CancellationToken::new(),
        };
        let connect = self.options.clone();
        let takes_turn = matches!(mode, TaskMode::Job | TaskMode::ShortJob);
        self.spawn(kind, async move |shared: Arc<Shared>| {
            let turn = Arc::clone(&shared);
            let _turn = if takes_turn { Some(turn.job.lock().await) } else { None };
            let context = TaskContext { shared: Arc::clone(&shared), connect, generation, cancel };
            let message = Box::pin(work(context)).await;
            shared.answer(Msg::Ended(generation, message));
        })
    }
}

/// Runs blocking work on another thread.
async fn run_blocking<T: Send + 'static>(
    what_failed: &'static str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(Error::new(what_failed).because(error)))
}
