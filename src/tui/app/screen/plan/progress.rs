//! The progress and the result of a run, in the plan screen and in the log.

use std::time::Duration;

use super::rows::PlanRow;
use super::{PlanMsg, PlanScreen, RunProgress, RunState, StatementState, StepState, WaitingFor};
use crate::core::plan::Plan;
use crate::core::text::one_line;
use crate::engine::apply::{Blocker, Conflict, Outcome, Progress};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::Effect;
use crate::tui::app::format::{format_duration, join_ids};
use crate::tui::app::log::{LogEntry, LogState};
use crate::tui::app::model::{Connection, Model};

/// Takes a progress message.
pub fn on_progress(model: &mut Model, message: PlanMsg) {
    let PlanMsg::Progress(progress) = message else { return };
    let now = model.now;
    match progress {
        Progress::WaitingForMigrator { holder, waited } => {
            update_progress(model, |progress| progress.waiting = Some(WaitingFor::Migrator { holder, waited }));
        }
        Progress::Blocked { blockers, .. } => blocked(model, blockers),
        Progress::StepStarted { step } => step_started(model, step),
        Progress::StatementStarted { step, statement } => statement_started(model, step, statement),
        Progress::StatementDone { step, statement, rows, elapsed } => {
            update_progress(model, |progress| {
                progress.waiting = None;
                progress.statements.insert((step, statement), StatementState::Done(rows, elapsed));
            });
            model.log.finish(LogState::Done, rows, Some(elapsed));
        }
        Progress::Notice { severity, message } => {
            let state = if severity == "WARNING" { LogState::Warning } else { LogState::Note };
            model.log.note(now, state, &severity.to_lowercase(), &message);
        }
        Progress::Unplanned { line, sql, .. } => {
            model.log.note(now, LogState::Note, "not in the plan", &format!("line {line}: {}", one_line(&sql)));
        }
        Progress::Output { text } => model.log.note(now, LogState::Note, "python", &text),
        Progress::StepDone { step, elapsed } => step_done(model, step, elapsed),
        Progress::StepRetried { step, attempt, conflict } => step_retried(model, step, (attempt, conflict)),
        Progress::Kept { .. } | Progress::Restored { .. } | Progress::CopyStays { .. } => {
            on_copy_progress(model, &progress);
        }
        Progress::Cancelling => model.jobs.mark_cancelling(),
    }
}

/// Copies that were made, restored or kept.
fn on_copy_progress(model: &mut Model, progress: &Progress) {
    let now = model.now;
    match progress {
        Progress::Kept { kept, .. } => {
            let words = format!("a copy of {}: {}", kept.object, kept.kind.describe_contents(kept.rows));
            model.log.note(now, LogState::Note, "kept", &words);
        }
        Progress::Restored { restored, .. } => {
            let left =
                if restored.not_restored == 0 { String::new() } else { format!(", {} not", restored.not_restored) };
            let words = format!("{}: {}{left}", restored.object, restored.kind.describe_contents(restored.rows));
            model.log.note(now, LogState::Note, "restored", &words);
        }
        Progress::CopyStays { object, why, .. } => {
            model.log.note(now, LogState::Warning, "kept", &format!("the copy of {object} is kept: {why}"));
        }
        _ => {}
    }
}

/// Takes the result of a run.
pub fn on_applied(model: &mut Model, answer: Result<Outcome, Error>, was_cancelled: bool) -> Vec<Effect> {
    model.changed_heads = true;
    match answer {
        Ok(outcome) => on_success(model, outcome, was_cancelled),
        Err(error) => on_failure(model, error),
    }
    match model.server.connection {
        Connection::Unreachable(_) | Connection::NoDatabase(_) => vec![model.connect()],
        _ => vec![model.read_status()],
    }
}

fn update_progress(model: &mut Model, change: impl FnOnce(&mut RunProgress)) {
    if let Some(PlanScreen { run: RunState::Applying(progress), .. }) = model.screens.get_mut() {
        change(progress);
    }
}

fn set_step(model: &mut Model, step: usize, state: StepState) {
    update_progress(model, |progress| {
        if let Some(found) = progress.steps.get_mut(step) {
            *found = state;
        }
    });
}

/// Moves the cursor to a row.
fn follow(model: &mut Model, wanted: impl Fn(&PlanRow) -> bool) {
    if let Some(screen) = model.screens.get_mut::<PlanScreen>()
        && let Some(row) = screen.rows.iter().position(wanted)
    {
        screen.cursor = row;
    }
}

fn blocked(model: &mut Model, blockers: Vec<Blocker>) {
    for blocker in &blockers {
        let words = format!(
            "waiting for pid {} ({}, {}, open for {}): {}",
            blocker.pid,
            blocker.user,
            blocker.application,
            format_duration(blocker.age),
            one_line(&blocker.query)
        );
        let is_logged = model.log.entries().iter().rev().take(blockers.len()).any(|entry| entry.text == words);
        if !is_logged {
            model.log.note(model.now, LogState::Warning, "lock", &words);
        }
    }
    update_progress(model, |progress| progress.waiting = Some(WaitingFor::Blockers(blockers)));
}

fn step_started(model: &mut Model, step: usize) {
    update_progress(model, |progress| progress.waiting = None);
    set_step(model, step, StepState::Running);
    follow(model, |row| *row == PlanRow::Step { step });
}

fn statement_started(model: &mut Model, step: usize, statement: usize) {
    let now = model.now;
    update_progress(model, |progress| {
        progress.statements.insert((step, statement), StatementState::Running(now));
    });
    follow(
        model,
        |row| matches!(row, PlanRow::Sql { step: s, statement: n, line: 0 } if (*s, *n) == (step, statement)),
    );
    let Some(planned) = plan(model).and_then(|plan| plan.steps.get(step)) else { return };
    let Some(sql) = planned.statements.get(statement).map(|statement| one_line(statement.sql())) else { return };
    let what = step_name(model, step);
    model.log.push(LogEntry { at: now, state: LogState::Running, what, text: sql, rows: None, elapsed: None });
}

fn step_done(model: &mut Model, step: usize, elapsed: Duration) {
    set_step(model, step, StepState::Done(elapsed));
    let Some(planned) = plan(model).and_then(|plan| plan.steps.get(step)) else { return };
    let what = step_name(model, step);
    let text = if planned.message.is_empty() { String::from("done") } else { planned.message.clone() };
    let entry = LogEntry {
        at: model.now,
        state: LogState::Done,
        what,
        text: one_line(&text),
        rows: None,
        elapsed: Some(elapsed),
    };
    model.log.push(entry);
}

fn step_retried(model: &mut Model, step: usize, (attempt, conflict): (u32, Conflict)) {
    model.log.finish(LogState::Undone, None, None);
    model.log.roll_back(&[step_name(model, step)]);
    update_progress(model, |progress| progress.statements.retain(|(s, _), _| *s != step));
    set_step(model, step, StepState::Running);
    let words = format!("{}; rolled back and retried, attempt {attempt}", conflict.name());
    model.log.note(model.now, LogState::Warning, "lock", &words);
}

fn on_success(model: &mut Model, outcome: Outcome, was_cancelled: bool) {
    let words = format!("{} → {}", join_ids(&outcome.from), join_ids(&outcome.to));
    let done = if was_cancelled { "the run had finished before the cancel" } else { "done" };
    model.notify(format!("{done}: {words}"));
    model.log.note(model.now, LogState::Note, "done", &words);
    if let Some(screen) = model.screens.get_mut::<PlanScreen>() {
        let progress = take_progress(screen);
        screen.run = RunState::Done(outcome, progress);
        screen.cursor = 0;
    }
}

fn on_failure(model: &mut Model, error: Error) {
    let interrupted = error.kind == ErrorKind::Interrupted;
    let error = if error.unplanned.is_empty() {
        error
    } else {
        error.hint("Enter plans again; then approve this statement with the plan")
    };
    model.log.finish(if interrupted { LogState::Undone } else { LogState::Failed }, None, None);
    if let Some(screen) = model.screens.get_mut::<PlanScreen>() {
        let mut progress = take_progress(screen);
        let undone = mark_stopped(&screen.plan, &mut progress, &error);
        progress.waiting = None;
        screen.run = RunState::Failed(Box::new(error.clone()), progress);
        let undone: Vec<String> = undone.into_iter().map(|step| step_name(model, step)).collect();
        model.log.roll_back(&undone);
    }
    let state = if interrupted { LogState::Note } else { LogState::Failed };
    model.log.note(model.now, state, if interrupted { "cancelled" } else { "failed" }, &error.message);
    model.show_error(error);
}

/// Marks the steps and statements that had started. Returns the steps that were rolled back.
fn mark_stopped(plan: &Plan, progress: &mut RunProgress, error: &Error) -> Vec<usize> {
    let interrupted = error.kind == ErrorKind::Interrupted;
    let started: Vec<usize> =
        (0..progress.steps.len()).filter(|step| progress.steps.get(*step) == Some(&StepState::Running)).collect();
    for (step, state) in progress.steps.iter_mut().enumerate().filter(|(step, _)| started.contains(step)) {
        // Several running steps share one transaction: the last one stopped, the others are rolled back with it.
        *state = if started.last() == Some(&step) { StepState::Failed } else { StepState::RolledBack };
    }
    // After a lost connection only the error says whether they were committed.
    let rolled_back = |step: &usize| {
        error.kind != ErrorKind::Connection && plan.steps.get(*step).is_some_and(|step| step.transactional)
    };
    let undone: Vec<usize> = started.into_iter().filter(rolled_back).collect();
    for ((step, _), state) in &mut progress.statements {
        match state {
            StatementState::Running(_) if interrupted => *state = StatementState::Cancelled,
            StatementState::Running(_) => *state = StatementState::Failed,
            StatementState::Done(..) if undone.contains(step) => *state = StatementState::RolledBack,
            _ => {}
        }
    }
    undone
}

fn plan(model: &Model) -> Option<&Plan> {
    model.screens.get::<PlanScreen>().map(|screen| &*screen.plan)
}

/// The name of a step in the log, for example `upgrade 8e10f3b7`.
fn step_name(model: &Model, step: usize) -> String {
    let planned = plan(model).and_then(|plan| Some((plan, plan.steps.get(step)?)));
    planned.map_or_else(String::new, |(plan, step)| format!("{} {}", step.direction.word(), plan.short_id(step)))
}

fn take_progress(screen: &mut PlanScreen) -> RunProgress {
    match std::mem::replace(&mut screen.run, RunState::Reviewing) {
        RunState::Applying(progress) => progress,
        _ => RunProgress::new(jiff::civil::Time::midnight(), screen.plan.steps.len()),
    }
}
