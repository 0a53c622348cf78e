//! The plan screen: steps, statements, hazards with what was counted, and how far the run has come.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::history::shifted;
use super::pane;
use super::pen::{Paint, Pen};
use crate::core::graph::Direction;
use crate::core::hazard::{Class, Hazard};
use crate::core::plan::{Plan, Step, TransactionMode};
use crate::engine::ErrorKind;
use crate::tui::app::command::Command;
use crate::tui::app::layout::Areas;
use crate::tui::app::log::one_line;
use crate::tui::app::model::Model;
use crate::tui::app::run::{ids, spell};
use crate::tui::app::screen::plan::{PlanScreen, Run, StatementState, StepState, Waiting};
use crate::tui::app::screen::plan_rows::{Row, count, evidence_words};
use crate::tui::app::screen::planning::in_words;
use crate::tui::app::theme::Role;

/// Draws the screen, when there is a plan.
pub fn draw(model: &Model, areas: &Areas, paint: &mut Paint) {
    let Some(screen) = model.plan.as_ref().filter(|_| areas.plan.height > 0) else { return };
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
    status(model, screen, areas.plan_status, paint);
}

fn title(plan: &Plan) -> Vec<(String, Role)> {
    let name = format!("Plan: {}", in_words(plan.direction, &plan.target));
    let mode = match plan.mode {
        TransactionMode::Each => "each in its own transaction",
        TransactionMode::All => "all in one transaction",
    };
    let counted = format!(
        " ─ {} · {} · {mode}",
        count(plan.steps.len() as u64, "revision"),
        count(plan.statement_count() as u64, "statement")
    );
    let mut pieces = vec![(name, Role::BorderFocused), (counted, Role::Muted)];
    if let Some(name) = plan.environment.name.as_ref().filter(|_| plan.environment.protected) {
        pieces.push((format!(" ─ {name} is protected"), Role::Warning));
    }
    pieces
}

fn draw_row(model: &Model, screen: &PlanScreen, row: Row, pen: &mut Pen) {
    match row {
        Row::Step { step } => {
            if let Some(planned) = screen.plan.steps.get(step) {
                step_row(model, screen, (step, planned), pen);
            }
        }
        Row::Nothing { .. } => {
            pen.skip(7);
            pen.put("nothing to run; only the version table changes", Role::Muted);
        }
        Row::Sql { step, statement, line } => sql_row(model, screen, (step, statement, line), pen),
        Row::Hazard { step, statement, hazard } => {
            let found = screen.plan.steps.get(step).and_then(|step| step.statements.get(statement));
            if let Some(hazard) = found.and_then(|statement| statement.hazards.get(hazard)) {
                hazard_row(hazard, &screen.plan, pen);
            }
        }
    }
}

fn step_row(model: &Model, screen: &PlanScreen, (number, step): (usize, &Step), pen: &mut Pen) {
    let numbers = screen.plan.steps.len().to_string().len();
    let right = step_words(screen, number, step);
    if pen.left() > right.0.width() + 34 {
        pen.right(&format!("{} ", right.0), right.1);
    }
    let state = screen.running().and_then(|running| running.steps.get(number)).copied();
    let (glyph, role) = step_glyph(model, step, state);
    pen.put(glyph, role);
    pen.put(&format!(" {:>numbers$} ", number + 1), Role::Muted);
    pen.put(step.revision.short(), Role::Id);
    pen.skip(2);
    pen.put(step.message.lines().next().unwrap_or_default(), Role::Title);
}

/// What a step does to the database, or how it went.
fn step_words(screen: &PlanScreen, number: usize, step: &Step) -> (String, Role) {
    match screen.running().and_then(|running| running.steps.get(number)) {
        Some(StepState::Running) => (String::from("running"), Role::Current),
        Some(StepState::Done(elapsed)) => (format!("done in {}", spell(*elapsed)), Role::Good),
        Some(StepState::Failed) => (String::from("stopped here"), Role::Danger),
        Some(StepState::RolledBack) => (String::from("rolled back"), Role::Warning),
        Some(StepState::Waiting) if screen.running().is_some() => (String::from("not run"), Role::Muted),
        _ if step.path.is_none() => (String::from("script from the ledger"), Role::Warning),
        _ if !step.transactional => (String::from("outside a transaction"), Role::Warning),
        _ if step.statements.is_empty() => (String::new(), Role::Muted),
        _ => (count(step.statements.len() as u64, "statement"), Role::Muted),
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

fn sql_row(model: &Model, screen: &PlanScreen, (step, statement, line): (usize, usize, usize), pen: &mut Pen) {
    let Some(planned) = screen.plan.steps.get(step).and_then(|step| step.statements.get(statement)) else { return };
    let mut text = if screen.full {
        planned.sql().lines().nth(line).unwrap_or_default().to_owned()
    } else {
        one_line(planned.sql())
    };
    if !screen.full || line + 1 >= planned.sql().lines().count() {
        text.push(';');
        if let Some(data) = planned.copy_data() {
            text = format!("{text} with {}", count(data.lines().count() as u64, "row"));
        }
    }
    let state = screen.running().and_then(|running| running.statements.get(&(step, statement)));
    if line == 0 {
        if let Some(state) = state {
            let (words, role) = statement_words(*state, model.now);
            pen.right(&format!("{words} "), role);
        }
        pen.put(&format!("{:>5} ", planned.line), Role::LineNumber);
    } else {
        pen.skip(6);
    }
    let cut: String = text.replace('\t', "    ").chars().skip(screen.left).collect();
    pen.put(&cut, if matches!(state, Some(StatementState::Failed)) { Role::Danger } else { Role::Text });
}

fn statement_words(state: StatementState, now: jiff::civil::Time) -> (String, Role) {
    match state {
        StatementState::Running(since) => {
            let running = now.duration_since(since);
            let running = if running.is_negative() { std::time::Duration::ZERO } else { running.unsigned_abs() };
            (format!("running {} s", running.as_secs()), Role::Current)
        }
        StatementState::Done(Some(rows), elapsed) => {
            (format!("{}  {}", count(rows, "row"), spell(elapsed)), Role::Good)
        }
        StatementState::Done(None, elapsed) => (spell(elapsed), Role::Good),
        StatementState::Failed => (String::from("failed"), Role::Danger),
        StatementState::Cancelled => (String::from("cancelled"), Role::Warning),
        StatementState::RolledBack => (String::from("rolled back"), Role::Warning),
    }
}

fn hazard_row(hazard: &Hazard, plan: &Plan, pen: &mut Pen) {
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
    let evidence = evidence_words(hazard);
    if !evidence.is_empty() {
        pen.put(&evidence, role);
        pen.put("  ", Role::Text);
    }
    pen.put(&format!("{} · {}", hazard.title, hazard.code), Role::Muted);
    if let Some(reason) = &hazard.allowed {
        pen.put(&format!("  (because {reason})"), Role::Muted);
    }
}

/// The line at the bottom: what Enter would do, what is waited for, or what came of it.
fn status(model: &Model, screen: &PlanScreen, area: Rect, paint: &mut Paint) {
    let (text, role) = match &screen.run {
        Run::Reviewing => reviewing(model, screen),
        Run::Applying(running) => match &running.waiting {
            Some(Waiting::Migrator { holder, waited }) => {
                (format!("waits for another migrator: {holder}, {} so far", spell(*waited)), Role::Warning)
            }
            Some(Waiting::Blockers(blockers)) => (blockers_words(blockers), Role::Warning),
            None if model.cancelling => (String::from("cancelling: waiting for the server's answer …"), Role::Warning),
            None => (applying(model, screen), Role::Current),
        },
        Run::Done(outcome, _) => {
            let seconds: f64 = outcome.steps.iter().map(|step| step.seconds).sum();
            let elapsed = spell(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default());
            let steps = count(outcome.steps.len() as u64, "revision");
            let words = format!("done: {} → {}, {steps} in {elapsed}", ids(&outcome.from), ids(&outcome.to));
            (words, Role::Good)
        }
        Run::Failed(error, _) if error.kind == ErrorKind::Interrupted => (error.message.clone(), Role::Warning),
        Run::Failed(error, _) => (error.message.clone(), Role::Danger),
    };
    let mut pen = paint.pen(area);
    pen.put(" ", role);
    pen.put(&text, role);
}

fn reviewing(model: &Model, screen: &PlanScreen) -> (String, Role) {
    let keys = &model.preferences.keymap;
    if let Some(reason) = screen.stale {
        return (format!("{reason}: {} makes it again", keys.shown(Command::Refresh)), Role::Warning);
    }
    let change = format!("{} → {}", ids(&screen.plan.from), ids(&screen.plan.to));
    let first = screen
        .plan
        .outdated_environments
        .iter()
        .map(|outdated| format!("   {} should come first: {}", outdated.environment, outdated.state));
    let change = first.fold(change, |words, first| words + &first);
    let asks = screen.plan.hazards_to_approve().count();
    match (asks, screen.plan.environment_to_confirm()) {
        (0, None) if !screen.plan.outdated_environments.is_empty() => (change, Role::Warning),
        (0, None) => (change, Role::Muted),
        (0, Some(_)) => (format!("{change}   the environment has to be confirmed"), Role::Warning),
        (asks, _) => (format!("{change}   {} to approve", count(asks as u64, "hazard")), Role::Danger),
    }
}

fn applying(model: &Model, screen: &PlanScreen) -> String {
    let Some(running) = screen.running() else { return String::new() };
    let done = running.steps.iter().filter(|step| matches!(step, StepState::Done(_))).count();
    let since = model.now.duration_since(running.started);
    let seconds = if since.is_negative() { 0 } else { since.unsigned_abs().as_secs() };
    format!("applying: {done} of {}, {seconds} s", count(running.steps.len() as u64, "revision"))
}

fn blockers_words(blockers: &[crate::engine::apply::Blocker]) -> String {
    let names: Vec<String> = blockers
        .iter()
        .map(|blocker| {
            let query = one_line(&blocker.query);
            format!("pid {} ({}, {}, {}) {query}", blocker.pid, blocker.user, blocker.application, spell(blocker.age))
        })
        .collect();
    format!("waits for a lock held by {}", names.join("; "))
}
