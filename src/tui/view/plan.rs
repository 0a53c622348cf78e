//! The plan screen: steps, statements, hazards with their evidence, and the progress of the run.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::history::shifted;
use super::pane;
use super::pen::{Paint, Pen};
use crate::core::graph::Direction;
use crate::core::hazard::{Class, Hazard};
use crate::core::plan::{Plan, Step, TransactionMode};
use crate::core::text::one_line;
use crate::core::text::plural;
use crate::engine::ErrorKind;
use crate::tui::app::command::Command;
use crate::tui::app::format::{describe_evidence, describe_target, format_duration, join_ids};
use crate::tui::app::layout::Areas;
use crate::tui::app::model::Model;
use crate::tui::app::screen::plan::rows::PlanRow;
use crate::tui::app::screen::plan::{PlanScreen, RunState, StatementState, StepState, WaitingFor};
use crate::tui::app::theme::Role;

/// Draws the screen if it is open.
pub fn draw(model: &Model, areas: &Areas, paint: &mut Paint) {
    let Some(screen) = model.screens.get::<PlanScreen>().filter(|_| areas.plan.height > 0) else { return };
    pane::titled(paint, areas.plan, &title(&screen.plan));
    for row in 0..areas.plan_body.height {
        let index = screen.top + usize::from(row);
        let Some(entry) = screen.rows.get(index) else { break };
        let mut pen = paint.pen(shifted(areas.plan_body, row));
        if index == screen.cursor {
            pen.over(Role::Selection);
        }
        pen.put(if index == screen.cursor { ">" } else { " " }, Role::Current);
        draw_row(model, screen, *entry, &mut pen);
    }
    draw_status(model, screen, areas.plan_status, paint);
}

fn title(plan: &Plan) -> Vec<(String, Role)> {
    let name = format!("Plan: {}", describe_target(plan.direction, &plan.target));
    let mode = match plan.mode {
        TransactionMode::Each => "each in its own transaction",
        TransactionMode::All => "all in one transaction",
    };
    let counted = format!(
        " ─ {} · {} · {mode}",
        plural(plan.steps.len() as u64, "revision"),
        plural(plan.statement_count() as u64, "statement")
    );
    let mut pieces = vec![(name, Role::BorderFocused), (counted, Role::Muted)];
    if let Some(name) = plan.environment.name.as_ref().filter(|_| plan.environment.protected) {
        pieces.push((format!(" ─ {name} is protected"), Role::Warning));
    }
    pieces
}

fn draw_row(model: &Model, screen: &PlanScreen, row: PlanRow, pen: &mut Pen) {
    match row {
        PlanRow::Step { step } => {
            if let Some(planned) = screen.plan.steps.get(step) {
                draw_step(model, screen, (step, planned), pen);
            }
        }
        PlanRow::NoStatement { step } => {
            pen.skip(7);
            pen.put(describe_no_statement(screen, step), Role::Muted);
        }
        PlanRow::Sql { step, statement, line } => draw_statement(model, screen, (step, statement, line), pen),
        PlanRow::Hazard { step, statement, hazard } => {
            let found = screen.plan.steps.get(step).and_then(|step| step.statements.get(statement));
            if let Some(hazard) = found.and_then(|statement| statement.hazards.get(hazard)) {
                draw_hazard(hazard, &screen.plan, pen);
            }
        }
    }
}

fn draw_step(model: &Model, screen: &PlanScreen, (number, step): (usize, &Step), pen: &mut Pen) {
    let numbers = screen.plan.steps.len().to_string().len();
    let right = describe_step(screen, number, step);
    if pen.left() > right.0.width() + 34 {
        pen.right(&format!("{} ", right.0), right.1);
    }
    let state = screen.progress().and_then(|running| running.steps.get(number)).copied();
    let (glyph, role) = step_glyph(model, step, state);
    pen.put(glyph, role);
    pen.put(&format!(" {:>numbers$} ", number + 1), Role::Muted);
    pen.put(screen.plan.short_id(step), Role::Id);
    pen.skip(2);
    pen.put(step.message.lines().next().unwrap_or_default(), Role::Title);
}

/// Why a step has no statements.
fn describe_no_statement(screen: &PlanScreen, step: usize) -> &'static str {
    let python = screen.plan.steps.get(step).and_then(|step| step.python.as_ref());
    match python {
        Some(python) if python.failure.is_some() => {
            "the script did not run on a scratch copy; its statements are checked when it runs"
        }
        Some(python) if python.depends_on_data => {
            "no statements on a scratch copy without rows; others are checked when they arrive"
        }
        _ => "no statements; only the version table changes",
    }
}

/// What a step does to the database, or its result.
fn describe_step(screen: &PlanScreen, number: usize, step: &Step) -> (String, Role) {
    match screen.progress().and_then(|running| running.steps.get(number)) {
        Some(StepState::Running) => (String::from("running"), Role::Current),
        Some(StepState::Done(elapsed)) => (format!("done in {}", format_duration(*elapsed)), Role::Good),
        Some(StepState::Failed) => (String::from("stopped here"), Role::Danger),
        Some(StepState::RolledBack) => (String::from("rolled back"), Role::Warning),
        Some(StepState::Waiting) if screen.progress().is_some() => (String::from("not run"), Role::Muted),
        _ if step.path.is_none() => (String::from("script from the ledger"), Role::Warning),
        _ if !step.transactional => (String::from(step.words_outside_transaction()), Role::Warning),
        _ if step.python.as_ref().is_some_and(|python| python.failure.is_some()) => {
            (String::from("not known before it runs"), Role::Warning)
        }
        _ if step.python.as_ref().is_some_and(|python| python.depends_on_data) => {
            (format!("{}, depends on data", plural(step.statements.len() as u64, "statement")), Role::Warning)
        }
        _ if step.statements.is_empty() => (String::new(), Role::Muted),
        _ => (plural(step.statements.len() as u64, "statement"), Role::Muted),
    }
}

const fn step_glyph(model: &Model, step: &Step, state: Option<StepState>) -> (&'static str, Role) {
    let ascii = model.preferences.ascii;
    match (state, step.direction) {
        (Some(StepState::Running), _) => (if ascii { ">" } else { "▸" }, Role::Current),
        (Some(StepState::Done(_)), _) => (if ascii { "*" } else { "✓" }, Role::Good),
        (Some(StepState::Failed), _) => (if ascii { "x" } else { "✗" }, Role::Danger),
        (Some(StepState::RolledBack), _) => (if ascii { "<" } else { "↶" }, Role::Warning),
        (_, Direction::Upgrade) => (if ascii { "^" } else { "↑" }, Role::Pending),
        (_, Direction::Downgrade) => (if ascii { "v" } else { "↓" }, Role::Warning),
    }
}

fn draw_statement(model: &Model, screen: &PlanScreen, (step, statement, line): (usize, usize, usize), pen: &mut Pen) {
    let Some(planned) = screen.plan.steps.get(step).and_then(|step| step.statements.get(statement)) else { return };
    let mut text = if screen.full {
        planned.sql().lines().nth(line).unwrap_or_default().to_owned()
    } else {
        one_line(planned.sql())
    };
    if !screen.full || line + 1 >= planned.sql().lines().count() {
        text.push(';');
        if let Some(data) = planned.copy_data() {
            text = format!("{text} with {}", plural(data.lines().count() as u64, "row"));
        }
    }
    let state = screen.progress().and_then(|running| running.statements.get(&(step, statement)));
    if line == 0 {
        if let Some(state) = state {
            let (words, role) = describe_statement(*state, model.now);
            pen.right(&format!("{words} "), role);
        }
        pen.put(&format!("{:>5} ", planned.line), Role::LineNumber);
    } else {
        pen.skip(6);
    }
    let cut: String = text.replace('\t', "    ").chars().skip(screen.left).collect();
    pen.put(&cut, if matches!(state, Some(StatementState::Failed)) { Role::Danger } else { Role::Text });
}

fn describe_statement(state: StatementState, now: jiff::civil::Time) -> (String, Role) {
    match state {
        StatementState::Running(since) => {
            let running = now.duration_since(since);
            let running = if running.is_negative() { std::time::Duration::ZERO } else { running.unsigned_abs() };
            (format!("running {} s", running.as_secs()), Role::Current)
        }
        StatementState::Done(Some(rows), elapsed) => {
            (format!("{}  {}", plural(rows, "row"), format_duration(elapsed)), Role::Good)
        }
        StatementState::Done(None, elapsed) => (format_duration(elapsed), Role::Good),
        StatementState::Failed => (String::from("failed"), Role::Danger),
        StatementState::Cancelled => (String::from("cancelled"), Role::Warning),
        StatementState::RolledBack => (String::from("rolled back"), Role::Warning),
    }
}

fn draw_hazard(hazard: &Hazard, plan: &Plan, pen: &mut Pen) {
    let asks = plan.confirm.contains(&hazard.class) && !hazard.affects_nothing();
    let role = match hazard.class {
        _ if hazard.affects_nothing() => Role::Muted,
        Class::DataLoss | Class::Fails => Role::Danger,
        _ => Role::Warning,
    };
    pen.skip(6);
    pen.put(if asks { "! " } else { "· " }, role);
    pen.put(hazard.class.word(), role);
    pen.put("  ", Role::Text);
    pen.put(&hazard.object, Role::Title);
    pen.put("  ", Role::Text);
    let evidence = describe_evidence(hazard);
    if !evidence.is_empty() {
        pen.put(&evidence, role);
        pen.put("  ", Role::Text);
    }
    pen.put(&format!("{} · {}", hazard.title, hazard.code), Role::Muted);
    if let Some(reason) = &hazard.allowed {
        pen.put(&format!("  (because {reason})"), Role::Muted);
    }
}

/// The status line: what Enter does, what the run waits for, or its result.
fn draw_status(model: &Model, screen: &PlanScreen, area: Rect, paint: &mut Paint) {
    let (text, role) = match &screen.run {
        RunState::Reviewing => describe_review(model, screen),
        RunState::Applying(running) => match &running.waiting {
            Some(WaitingFor::Migrator { holder, waited }) => {
                (format!("waiting for another migrator: {holder}, for {}", format_duration(*waited)), Role::Warning)
            }
            Some(WaitingFor::Blockers(blockers)) => (describe_blockers(blockers), Role::Warning),
            None if model.jobs.is_cancelling() => {
                (String::from("cancelling: waiting for the server's answer …"), Role::Warning)
            }
            None => (describe_progress(model, screen), Role::Current),
        },
        RunState::Done(outcome, _) => {
            let seconds: f64 = outcome.steps.iter().map(|step| step.seconds).sum();
            let elapsed = format_duration(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default());
            let steps = plural(outcome.steps.len() as u64, "revision");
            let words = format!("done: {} → {}, {steps} in {elapsed}", join_ids(&outcome.from), join_ids(&outcome.to));
            (words, Role::Good)
        }
        RunState::Failed(error, _) if error.kind == ErrorKind::Interrupted => (error.message.clone(), Role::Warning),
        RunState::Failed(error, _) => (error.message.clone(), Role::Danger),
    };
    let mut pen = paint.pen(area);
    pen.put(" ", role);
    pen.put(&text, role);
}

fn describe_review(model: &Model, screen: &PlanScreen) -> (String, Role) {
    let keys = &model.preferences.keymap;
    if let Some(reason) = screen.stale {
        return (format!("{reason}; {} prepares it again", keys.shown(Command::Refresh)), Role::Warning);
    }
    let change = format!("{} → {}", join_ids(&screen.plan.from), join_ids(&screen.plan.to));
    let first = screen
        .plan
        .outdated_environments
        .iter()
        .map(|outdated| format!("   upgrade {} first: {}", outdated.environment, outdated.state));
    let notes = screen.plan.notes.iter().map(|note| format!("   note: {note}"));
    let change = first.chain(notes).fold(change, |words, more| words + &more);
    let asks = screen.plan.losses_to_approve().count();
    match (asks, screen.plan.environment_to_confirm()) {
        (0, None) if !screen.plan.outdated_environments.is_empty() => (change, Role::Warning),
        (0, None) => (change, Role::Muted),
        (0, Some(_)) => (format!("{change}   the environment must be confirmed"), Role::Warning),
        (asks, _) => (format!("{change}   {} to approve", plural(asks as u64, "hazard")), Role::Danger),
    }
}

fn describe_progress(model: &Model, screen: &PlanScreen) -> String {
    let Some(running) = screen.progress() else { return String::new() };
    let done = running.steps.iter().filter(|step| matches!(step, StepState::Done(_))).count();
    let since = model.now.duration_since(running.started);
    let seconds = if since.is_negative() { 0 } else { since.unsigned_abs().as_secs() };
    format!("applying: {done} of {}, {seconds} s", plural(running.steps.len() as u64, "revision"))
}

fn describe_blockers(blockers: &[crate::engine::apply::Blocker]) -> String {
    let names: Vec<String> = blockers
        .iter()
        .map(|blocker| {
            let query = one_line(&blocker.query);
            format!(
                "pid {} ({}, {}, {}) {query}",
                blocker.pid,
                blocker.user,
                blocker.application,
                format_duration(blocker.age)
            )
        })
        .collect();
    format!("waiting for a lock held by {}", names.join("; "))
}
