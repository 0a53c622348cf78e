//! The plan screen: review, then the progress of the run, then its result.

pub mod confirm;
pub mod progress;
pub mod rows;
pub mod target;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;
use ratatui::layout::Rect;

use self::confirm::Confirm;
use self::rows::PlanRow;
use crate::core::graph::RevisionId;
use crate::core::hazard::Hazard;
use crate::core::plan::{Approval, Plan, TransactionMode};
use crate::engine::Error;
use crate::engine::apply::{Blocker, Outcome, Progress};
use crate::engine::prepare::PlanRequest;
use crate::engine::project::ScriptTree;
use crate::tui::app::command::{Command, KeyContext};
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::format::describe_target;
use crate::tui::app::job::{JobSpec, OnCancel, ShownBy};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::screen::{Layer, Screen, ScriptLocation};
use crate::tui::app::motion::Motion;
use crate::tui::app::question::Question;
use crate::tui::app::scroll;

/// The name of the job that prepares a plan.
const PREPARE: &str = "prepare";
/// The name of the job that applies a plan.
const APPLY: &str = "apply";

/// The messages of the tasks.
#[derive(Debug, Clone)]
pub enum PlanMsg {
    Prepared(PlanRequest, Result<Arc<Plan>, Error>),
    Progress(Progress),
    Applied(Result<Outcome, Error>),
}

/// The screen: the plan, and the progress of its run.
#[derive(Debug, Clone)]
pub struct PlanScreen {
    pub plan: Arc<Plan>,
    /// The request, to prepare the plan again.
    pub request: PlanRequest,
    pub rows: Vec<PlanRow>,
    pub cursor: usize,
    pub top: usize,
    pub left: usize,
    /// Shows every line of the statements.
    pub full: bool,
    pub run: RunState,
    /// The reason why the plan is out of date.
    pub stale: Option<&'static str>,
}

/// The state of the run.
#[derive(Debug, Clone)]
pub enum RunState {
    Reviewing,
    Applying(RunProgress),
    Done(Outcome, RunProgress),
    /// It failed or was cancelled. The error describes the state of the database.
    Failed(Box<Error>, RunProgress),
}

/// The progress of a run.
#[derive(Debug, Clone)]
pub struct RunProgress {
    pub started: Time,
    pub steps: Vec<StepState>,
    pub statements: HashMap<(usize, usize), StatementState>,
    pub waiting: Option<WaitingFor>,
}

/// The state of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    Waiting,
    Running,
    Done(Duration),
    Failed,
    /// Rolled back with the transaction that it shared.
    RolledBack,
}

/// The state of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementState {
    /// Since this time.
    Running(Time),
    Done(Option<u64>, Duration),
    Failed,
    /// It ran when the run was cancelled.
    Cancelled,
    /// It was done, and then rolled back with its transaction.
    RolledBack,
}

/// What the run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitingFor {
    Migrator { holder: String, waited: Duration },
    Blockers(Vec<Blocker>),
}

impl PlanScreen {
    /// Shows a plan for review.
    #[must_use]
    pub fn new(plan: Arc<Plan>, request: PlanRequest) -> Self {
        let rows = rows::rows(&plan, false);
        Self { plan, request, rows, cursor: 0, top: 0, left: 0, full: false, run: RunState::Reviewing, stale: None }
    }

    /// Whether the plan has not run yet.
    #[must_use]
    pub const fn is_reviewing(&self) -> bool {
        matches!(self.run, RunState::Reviewing)
    }

    /// The progress of the run.
    #[must_use]
    pub const fn progress(&self) -> Option<&RunProgress> {
        match &self.run {
            RunState::Reviewing => None,
            RunState::Applying(progress) | RunState::Done(_, progress) | RunState::Failed(_, progress) => {
                Some(progress)
            }
        }
    }

    /// The hazards of statements that the plan does not contain, at which its runs stopped.
    fn unplanned(&self) -> Vec<Hazard> {
        let stopped: &[Hazard] = match &self.run {
            RunState::Failed(error, _) => &error.unplanned,
            _ => &[],
        };
        if stopped.is_empty() { Vec::new() } else { self.plan.unplanned.iter().chain(stopped).cloned().collect() }
    }

    /// Shows every line of the statements, or only the first. The cursor stays on its statement.
    pub fn toggle_full(&mut self) {
        let at = self.rows.get(self.cursor).map(PlanRow::key);
        self.full = !self.full;
        self.rows = rows::rows(&self.plan, self.full);
        self.cursor = self.rows.iter().position(|row| Some(row.key()) == at).unwrap_or(0);
    }

    /// The script under the cursor, and the line in it.
    fn file_at_cursor(&self) -> Option<(PathBuf, Option<usize>)> {
        let (step, statement) = self.rows.get(self.cursor)?.key();
        let step = self.plan.steps.get(step)?;
        let line = statement.and_then(|statement| step.statements.get(statement)).map(|statement| statement.line);
        Some((step.path.clone()?, line))
    }

    /// The statement under the cursor, or all statements of the step.
    fn statement_text(&self) -> Option<String> {
        let (step, statement) = self.rows.get(self.cursor)?.key();
        let statements = &self.plan.steps.get(step)?.statements;
        let wanted: Vec<String> = match statement {
            Some(statement) => vec![format!("{};", statements.get(statement)?.sql())],
            None => statements.iter().map(|statement| format!("{};", statement.sql())).collect(),
        };
        (!wanted.is_empty()).then(|| wanted.join("\n"))
    }

    /// Checks whether the database and the scripts are still those that the plan was made from.
    pub fn check_stale(&mut self, heads: Option<&[RevisionId]>, tree: Option<&ScriptTree>) {
        if !self.is_reviewing() {
            return;
        }
        let mut from = self.plan.from.clone();
        from.sort();
        let moved = heads.is_some_and(|heads| {
            let mut heads = heads.to_vec();
            heads.sort();
            heads != from
        });
        let edited = tree.is_some_and(|tree| {
            self.plan.steps.iter().any(|step| {
                step.path.is_some() && tree.scripts.get(&step.revision).is_none_or(|file| *file.text != *step.script)
            })
        });
        self.stale = match (moved, edited) {
            (true, _) => Some("the database has changed since this plan was prepared"),
            (_, true) => Some("the scripts have changed since this plan was prepared"),
            _ => None,
        };
    }
}

impl RunProgress {
    /// A run that has just started.
    #[must_use]
    pub fn new(started: Time, steps: usize) -> Self {
        Self { started, steps: vec![StepState::Waiting; steps], statements: HashMap::new(), waiting: None }
    }
}

impl Screen for PlanScreen {
    fn layer(&self) -> Layer {
        Layer::Plan
    }

    fn key_context(&self) -> KeyContext {
        KeyContext::Plan
    }

    fn update_window(&mut self, _model: &Model, area: Rect) {
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.top = scroll::follow(self.top, self.cursor, usize::from(area.height), self.rows.len());
    }

    fn on_change(&mut self, model: &Model) {
        self.check_stale(model.heads(), model.tree.as_deref());
    }

    fn move_cursor(&mut self, motion: Motion, page: usize) {
        self.cursor = motion.apply(self.cursor, self.rows.len(), page);
    }

    fn click(&mut self, row: usize) {
        self.cursor = self.top + row;
    }

    fn scroll_offset(&mut self) -> Option<&mut usize> {
        Some(&mut self.left)
    }

    fn back(&self, model: &Model) -> Decision {
        if model.jobs.runs(APPLY) {
            return refuse("the plan is running; ^c cancels it");
        }
        act(close)
    }

    fn refresh(&self, model: &Model) -> Decision {
        model.require_idle()?;
        if matches!(self.run, RunState::Applying(_) | RunState::Done(..)) {
            return refuse("the plan has already run");
        }
        let request = self.request.clone();
        act(move |model| prepare(model, request))
    }

    fn script(&self, model: &Model) -> Option<ScriptLocation> {
        let (path, line) = self.file_at_cursor()?;
        let file = model.tree.as_ref()?.scripts.values().find(|file| file.path == path);
        Some(file.map_or(ScriptLocation::File(path, line), |file| ScriptLocation::Script(file.clone(), line)))
    }

    fn copyable(&self, _model: &Model) -> Option<(String, String)> {
        Some((self.statement_text()?, String::from("the statement")))
    }

    fn error(&self) -> Option<Error> {
        match &self.run {
            RunState::Failed(error, _) => Some((**error).clone()),
            _ => None,
        }
    }

    fn title_of(&self, _model: &Model, command: Command) -> Option<&'static str> {
        let may_continue = !self.unplanned().is_empty();
        (command == Command::Apply && !self.is_reviewing()).then_some(if may_continue { "plan again" } else { "close" })
    }
}

fn close(model: &mut Model) -> Vec<Effect> {
    model.screens.close(Layer::Plan);
    Vec::new()
}

/// Decides the commands of the plan screen.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    let Some(screen) = model.screens.get::<PlanScreen>() else { return refuse("there is no plan") };
    if command == Command::FullSql {
        return act(|model| {
            if let Some(screen) = model.screens.get_mut::<PlanScreen>() {
                screen.toggle_full();
            }
            Vec::new()
        });
    }
    if command == Command::Apply && matches!(screen.run, RunState::Done(..) | RunState::Failed(..)) {
        let request = (!screen.unplanned().is_empty()).then(|| screen.request.clone());
        return act(|model| match request {
            Some(request) => prepare(model, request),
            None => close(model),
        });
    }
    model.require_writable()?;
    if !screen.is_reviewing() {
        return refuse("the plan has already run");
    }
    if command == Command::Transaction {
        let mode = match screen.plan.mode {
            TransactionMode::Each => TransactionMode::All,
            TransactionMode::All => TransactionMode::Each,
        };
        let request = PlanRequest { mode: Some(mode), ..screen.request.clone() };
        return act(move |model| prepare(model, request));
    }
    model.require_connected()?;
    if let Some(reason) = screen.stale {
        return refuse(format!("{reason}; {} prepares it again", model.preferences.keymap.shown(Command::Refresh)));
    }
    let plan = screen.plan.clone();
    act(|model| apply(model, plan))
}

/// Applies the plan. If it needs an approval, the confirmation opens first.
fn apply(model: &mut Model, plan: Arc<Plan>) -> Vec<Effect> {
    match Approval::not_required(plan.clone()) {
        Ok(approval) => start(model, approval),
        Err(_) => model.open_dialog(Confirm::new(plan)),
    }
}

/// Starts the approved run.
fn start(model: &mut Model, approval: Approval) -> Vec<Effect> {
    let now = model.now;
    let Some(screen) = model.screens.get_mut::<PlanScreen>() else { return Vec::new() };
    screen.run = RunState::Applying(RunProgress::new(now, screen.plan.steps.len()));
    screen.cursor = 0;
    let spec = JobSpec {
        name: APPLY,
        doing: String::from("applying the plan"),
        on_cancel: OnCancel::Stop,
        shown_by: ShownBy::Plan,
        writes: true,
        quit_warning: "A plan is being applied. Cancelling it rolls back what is not committed.",
    };
    model.start_job(spec, Task::Apply(approval))
}

/// Prepares a plan.
fn prepare(model: &mut Model, request: PlanRequest) -> Vec<Effect> {
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    let spec = JobSpec {
        name: PREPARE,
        doing: format!("planning: {}", describe_target(request.direction, &request.target)),
        on_cancel: OnCancel::Abandon,
        shown_by: ShownBy::Footer,
        writes: false,
        quit_warning: "",
    };
    model.start_job(spec, Task::Prepare(tree, request))
}

/// Takes the end of a task.
pub(super) fn on_end(model: &mut Model, message: PlanMsg, was_cancelled: bool) -> Vec<Effect> {
    match message {
        PlanMsg::Prepared(request, answer) => on_prepared(model, request, answer),
        PlanMsg::Applied(answer) => progress::on_applied(model, answer, was_cancelled),
        PlanMsg::Progress(_) => Vec::new(),
    }
}

fn on_prepared(model: &mut Model, request: PlanRequest, answer: Result<Arc<Plan>, Error>) -> Vec<Effect> {
    match answer {
        Ok(plan) if plan.is_empty() => model.notify(format!("nothing to {}", plan.direction.word())),
        Ok(plan) => {
            let unplanned = model.screens.get::<PlanScreen>().map(PlanScreen::unplanned).unwrap_or_default();
            let plan = if unplanned.is_empty() { plan } else { Arc::new(plan.with_unplanned(unplanned)) };
            let mut screen = PlanScreen::new(plan, request);
            if model.screens.get::<PlanScreen>().is_some_and(|before| before.full) {
                screen.toggle_full();
            }
            screen.check_stale(model.heads(), model.tree.as_deref());
            model.screens.open(Box::new(screen));
        }
        Err(error) if error.needs_consent.is_some() => {
            return model.open_dialog(Question::run_command(&error, |model| prepare(model, request)));
        }
        Err(error) => model.show_error(error),
    }
    Vec::new()
}
