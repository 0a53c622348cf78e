//! The plan screen: what would run and at what cost, then what runs, then what came of it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;

use super::confirm::Confirm;
use super::plan_rows::{self, Row};
use super::{connected, planning, writable};
use crate::core::graph::RevisionId;
use crate::core::plan::{Approval, Plan, TransactionMode};
use crate::engine::Error;
use crate::engine::apply::{Blocker, Outcome};
use crate::engine::prepare::Request;
use crate::engine::project::ScriptTree;
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::model::{Job, Model};

/// The plan and how far it has come.
#[derive(Debug, Clone)]
pub struct PlanScreen {
    pub plan: Arc<Plan>,
    /// What was asked for, to ask again.
    pub request: Request,
    pub rows: Vec<Row>,
    pub cursor: usize,
    pub top: usize,
    pub left: usize,
    /// Every statement in full.
    pub full: bool,
    pub run: Run,
    /// Why the plan no longer holds.
    pub stale: Option<&'static str>,
}

/// How far the plan has come.
#[derive(Debug, Clone)]
pub enum Run {
    Reviewing,
    Applying(Running),
    Done(Outcome, Running),
    /// It failed or was cancelled; the error says how the database was left.
    Failed(Box<Error>, Running),
}

/// What is known of a run.
#[derive(Debug, Clone)]
pub struct Running {
    pub started: Time,
    pub steps: Vec<StepState>,
    pub statements: HashMap<(usize, usize), StatementState>,
    pub waiting: Option<Waiting>,
}

/// One step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    Waiting,
    Running,
    Done(Duration),
    Failed,
    /// It went back with the transaction that it shared.
    RolledBack,
}

/// One statement of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementState {
    /// Since when it runs.
    Running(Time),
    Done(Option<u64>, Duration),
    Failed,
    /// It was running when the run was cancelled.
    Cancelled,
    /// It was done, and went back with its transaction.
    RolledBack,
}

/// What the run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    Migrator { holder: String, waited: Duration },
    Blockers(Vec<Blocker>),
}

impl PlanScreen {
    /// Shows a plan for review.
    #[must_use]
    pub fn new(plan: Arc<Plan>, request: Request) -> Self {
        let rows = plan_rows::rows(&plan, false);
        Self { plan, request, rows, cursor: 0, top: 0, left: 0, full: false, run: Run::Reviewing, stale: None }
    }

    /// Whether it has not run yet.
    #[must_use]
    pub const fn is_reviewing(&self) -> bool {
        matches!(self.run, Run::Reviewing)
    }

    /// What is known of its run.
    #[must_use]
    pub const fn running(&self) -> Option<&Running> {
        match &self.run {
            Run::Reviewing => None,
            Run::Applying(running) | Run::Done(_, running) | Run::Failed(_, running) => Some(running),
        }
    }

    /// Shows every statement in full, or only its first line; the cursor stays on its statement.
    pub fn toggle_full(&mut self) {
        let at = self.rows.get(self.cursor).map(Row::key);
        self.full = !self.full;
        self.rows = plan_rows::rows(&self.plan, self.full);
        self.cursor = self.rows.iter().position(|row| Some(row.key()) == at).unwrap_or(0);
    }

    /// The script under the cursor and the line there.
    #[must_use]
    pub fn place_in_script(&self) -> Option<(PathBuf, Option<usize>)> {
        let (step, statement) = self.rows.get(self.cursor)?.key();
        let step = self.plan.steps.get(step)?;
        let line = statement.and_then(|statement| step.statements.get(statement)).map(|statement| statement.line);
        Some((step.path.clone()?, line))
    }

    /// The statement under the cursor, or all of the step's.
    #[must_use]
    pub fn statement_text(&self) -> Option<String> {
        let (step, statement) = self.rows.get(self.cursor)?.key();
        let statements = &self.plan.steps.get(step)?.statements;
        let wanted: Vec<String> = match statement {
            Some(statement) => vec![format!("{};", statements.get(statement)?.sql())],
            None => statements.iter().map(|statement| format!("{};", statement.sql())).collect(),
        };
        (!wanted.is_empty()).then(|| wanted.join("\n"))
    }

    /// Notes whether database and scripts are still those that the plan was made from.
    pub fn look_again(&mut self, heads: Option<&[RevisionId]>, tree: Option<&ScriptTree>) {
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
            (true, _) => Some("the database has moved since this plan was made"),
            (_, true) => Some("the scripts have changed since this plan was made"),
            _ => None,
        };
    }
}

impl Running {
    /// A run in which nothing has happened yet.
    #[must_use]
    pub fn new(started: Time, steps: usize) -> Self {
        Self { started, steps: vec![StepState::Waiting; steps], statements: HashMap::new(), waiting: None }
    }
}

/// Decides the plan screen's own commands.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    let Some(screen) = &model.plan else { return no("there is no plan") };
    if command == Command::FullSql {
        return Ok(|model| {
            if let Some(screen) = &mut model.plan {
                screen.toggle_full();
            }
            Vec::new()
        });
    }
    if command == Command::Apply && matches!(screen.run, Run::Done(..) | Run::Failed(..)) {
        return Ok(|model| {
            model.plan = None;
            Vec::new()
        });
    }
    writable(model)?;
    if !screen.is_reviewing() {
        return no("the plan has run");
    }
    if command == Command::Transaction {
        return Ok(|model| {
            let Some(screen) = &model.plan else { return Vec::new() };
            let mode = match screen.plan.mode {
                TransactionMode::Each => TransactionMode::All,
                TransactionMode::All => TransactionMode::Each,
            };
            let request = Request { mode: Some(mode), ..screen.request.clone() };
            planning::prepare(model, request)
        });
    }
    connected(model)?;
    match screen.stale {
        Some(reason) => no(format!("{reason}: {} makes it again", model.preferences.keymap.shown(Command::Refresh))),
        None => Ok(apply),
    }
}

/// Applies the plan, or asks first where something needs approval.
fn apply(model: &mut Model) -> Vec<Effect> {
    let Some(screen) = &model.plan else { return Vec::new() };
    let plan = screen.plan.clone();
    if let Ok(approval) = Approval::not_required(plan.clone()) {
        return start(model, approval);
    }
    model.dialogs.push(Dialog::Confirm(Confirm::new(plan)));
    Vec::new()
}

/// Starts the run that was approved.
pub fn start(model: &mut Model, approval: Approval) -> Vec<Effect> {
    let now = model.now;
    let Some(screen) = &mut model.plan else { return Vec::new() };
    screen.run = Run::Applying(Running::new(now, screen.plan.steps.len()));
    screen.cursor = 0;
    model.job = Some(Job::Applying);
    model.cancelling = false;
    vec![Effect::Apply(approval)]
}
