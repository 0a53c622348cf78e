//! What a run tells while it goes, and what came of it.

use std::time::Duration;

use super::Effect;
use super::log::{Entry, State, one_line};
use super::model::{Connection, Model};
use super::screen::plan::{PlanScreen, Run, Running, StatementState, StepState, Waiting};
use super::screen::plan_rows::{Row, count};
use crate::core::graph::RevisionId;
use crate::core::plan::Plan;
use crate::engine::apply::{Blocker, Outcome, Progress};
use crate::engine::{Error, ErrorKind};

/// Takes a piece of progress.
pub fn on_progress(model: &mut Model, progress: Progress) -> Vec<Effect> {
    let now = model.now;
    match progress {
        Progress::WaitingForMigrator { holder, waited } => {
            with_run(model, |running| running.waiting = Some(Waiting::Migrator { holder, waited }));
        }
        Progress::Blocked { blockers, .. } => blocked(model, blockers),
        Progress::StepStarted { step } => step_started(model, step),
        Progress::StatementStarted { step, statement } => statement_started(model, step, statement),
        Progress::StatementDone { step, statement, rows, elapsed } => {
            with_run(model, |running| {
                running.waiting = None;
                running.statements.insert((step, statement), StatementState::Done(rows, elapsed));
            });
            model.log.finish(State::Done, rows, Some(elapsed));
        }
        Progress::Notice { severity, message } => {
            let state = if severity == "WARNING" { State::Warning } else { State::Note };
            model.log.note(now, state, &severity.to_lowercase(), &message);
        }
        Progress::StepDone { step, elapsed } => step_done(model, step, elapsed),
        Progress::StepRetried { step, attempt } => step_retried(model, step, attempt),
        Progress::Kept { .. } | Progress::Restored { .. } | Progress::CopyStays { .. } => of_copies(model, &progress),
        Progress::Cancelling => model.cancelling = true,
    }
    Vec::new()
}

/// Copies that are made and put back.
fn of_copies(model: &mut Model, progress: &Progress) {
    let now = model.now;
    match progress {
        Progress::Kept { kept, .. } => {
            let words = format!("a copy of {}: {}", kept.object, count(kept.rows, "row"));
            model.log.note(now, State::Note, "kept", &words);
        }
        Progress::Restored { restored, .. } => {
            let left =
                if restored.not_restored == 0 { String::new() } else { format!(", {} not", restored.not_restored) };
            let words = format!("{}: {}{left}", restored.object, count(restored.rows, "row"));
            model.log.note(now, State::Note, "back", &words);
        }
        Progress::CopyStays { object, why, .. } => {
            model.log.note(now, State::Warning, "kept", &format!("the copy of {object} stays: {why}"));
        }
        _ => {}
    }
}

/// Takes what came of a run.
pub fn on_applied(model: &mut Model, answer: Result<Outcome, Error>) -> Vec<Effect> {
    model.job = None;
    let was_cancelled = std::mem::take(&mut model.cancelling);
    model.moved_by_us = true;
    match answer {
        Ok(outcome) => finished(model, outcome, was_cancelled),
        Err(error) => failed(model, error),
    }
    if model.quitting {
        return vec![Effect::Quit];
    }
    // The dialog that asked whether to quit has lost its ground.
    model.dialogs.retain(|dialog| !matches!(dialog, super::dialog::Dialog::Leaving(_)));
    match model.server.connection {
        Connection::Away(_) | Connection::Nowhere(_) => vec![model.connect()],
        _ => vec![model.read_status()],
    }
}

/// Revisions in a line, `<base>` when there are none.
#[must_use]
pub fn ids(ids: &[RevisionId]) -> String {
    if ids.is_empty() {
        return String::from("<base>");
    }
    ids.iter().map(RevisionId::short).collect::<Vec<_>>().join(", ")
}

/// A duration as people say it: `41 ms`, `1.2 s`, `3 min 5 s`.
#[must_use]
pub fn spell(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

fn with_run(model: &mut Model, change: impl FnOnce(&mut Running)) {
    if let Some(PlanScreen { run: Run::Applying(running), .. }) = &mut model.plan {
        change(running);
    }
}

fn set_step(model: &mut Model, step: usize, state: StepState) {
    with_run(model, |running| {
        if let Some(found) = running.steps.get_mut(step) {
            *found = state;
        }
    });
}

fn follow(model: &mut Model, wanted: impl Fn(&Row) -> bool) {
    if let Some(screen) = &mut model.plan
        && let Some(row) = screen.rows.iter().position(wanted)
    {
        screen.cursor = row;
    }
}

fn blocked(model: &mut Model, blockers: Vec<Blocker>) {
    for blocker in &blockers {
        let words = format!(
            "waits for pid {} ({}, {}, open for {}): {}",
            blocker.pid,
            blocker.user,
            blocker.application,
            spell(blocker.age),
            one_line(&blocker.query)
        );
        let told = model.log.entries().iter().rev().take(blockers.len()).any(|entry| entry.text == words);
        if !told {
            model.log.note(model.now, State::Warning, "lock", &words);
        }
    }
    with_run(model, |running| running.waiting = Some(Waiting::Blockers(blockers)));
}

fn step_started(model: &mut Model, step: usize) {
    with_run(model, |running| running.waiting = None);
    set_step(model, step, StepState::Running);
    follow(model, |row| *row == Row::Step { step });
}

fn statement_started(model: &mut Model, step: usize, statement: usize) {
    let now = model.now;
    with_run(model, |running| {
        running.statements.insert((step, statement), StatementState::Running(now));
    });
    follow(model, |row| matches!(row, Row::Sql { step: s, statement: n, line: 0 } if (*s, *n) == (step, statement)));
    let Some(planned) = model.plan.as_ref().and_then(|screen| screen.plan.steps.get(step)) else { return };
    let Some(sql) = planned.statements.get(statement).map(|statement| one_line(statement.sql())) else { return };
    let what = name_of(model, step);
    model.log.push(Entry { at: now, state: State::Running, what, text: sql, rows: None, elapsed: None });
}

fn step_done(model: &mut Model, step: usize, elapsed: Duration) {
    set_step(model, step, StepState::Done(elapsed));
    let Some(planned) = model.plan.as_ref().and_then(|screen| screen.plan.steps.get(step)) else { return };
    let what = name_of(model, step);
    let text = if planned.message.is_empty() { String::from("done") } else { planned.message.clone() };
    let entry =
        Entry { at: model.now, state: State::Done, what, text: one_line(&text), rows: None, elapsed: Some(elapsed) };
    model.log.push(entry);
}

fn step_retried(model: &mut Model, step: usize, attempt: u32) {
    model.log.finish(State::Undone, None, None);
    model.log.roll_back(&[name_of(model, step)]);
    with_run(model, |running| running.statements.retain(|(s, _), _| *s != step));
    set_step(model, step, StepState::Running);
    let words = format!("rolled back and started again, attempt {attempt}");
    model.log.note(model.now, State::Warning, "lock", &words);
}

fn finished(model: &mut Model, outcome: Outcome, was_cancelled: bool) {
    let words = format!("{} → {}", ids(&outcome.from), ids(&outcome.to));
    let done = if was_cancelled { "it was done before the cancel arrived" } else { "done" };
    model.say(format!("{done}: {words}"));
    model.log.note(model.now, State::Note, "done", &words);
    if let Some(screen) = &mut model.plan {
        let running = take_running(screen);
        screen.run = Run::Done(outcome, running);
        screen.cursor = 0;
    }
}

fn failed(model: &mut Model, error: Error) {
    let interrupted = error.kind == ErrorKind::Interrupted;
    model.log.finish(if interrupted { State::Undone } else { State::Failed }, None, None);
    if let Some(screen) = &mut model.plan {
        let mut running = take_running(screen);
        let undone = stopped(&screen.plan, &mut running, &error);
        running.waiting = None;
        screen.run = Run::Failed(Box::new(error.clone()), running);
        let undone: Vec<String> = undone.into_iter().map(|step| name_of(model, step)).collect();
        model.log.roll_back(&undone);
    }
    let state = if interrupted { State::Note } else { State::Failed };
    model.log.note(model.now, state, if interrupted { "cancelled" } else { "failed" }, &error.message);
    model.show_error(error);
}

/// Says of what had begun how it was left; gives back the steps whose statements went back.
fn stopped(plan: &Plan, running: &mut Running, error: &Error) -> Vec<usize> {
    let interrupted = error.kind == ErrorKind::Interrupted;
    let begun: Vec<usize> =
        (0..running.steps.len()).filter(|step| running.steps.get(*step) == Some(&StepState::Running)).collect();
    for (step, state) in running.steps.iter_mut().enumerate().filter(|(step, _)| begun.contains(step)) {
        // Several that run share one transaction: the last is where it stopped, the others go back with it.
        *state = if begun.last() == Some(&step) { StepState::Failed } else { StepState::RolledBack };
    }
    // After a lost connection only the error knows what became of them.
    let rolled_back = |step: &usize| {
        error.kind != ErrorKind::Connection && plan.steps.get(*step).is_some_and(|step| step.transactional)
    };
    let undone: Vec<usize> = begun.into_iter().filter(rolled_back).collect();
    for ((step, _), state) in &mut running.statements {
        match state {
            StatementState::Running(_) if interrupted => *state = StatementState::Cancelled,
            StatementState::Running(_) => *state = StatementState::Failed,
            StatementState::Done(..) if undone.contains(step) => *state = StatementState::RolledBack,
            _ => {}
        }
    }
    undone
}

/// What the log calls a step, e.g. `upgrade 8e10f3b7`.
fn name_of(model: &Model, step: usize) -> String {
    let planned = model.plan.as_ref().and_then(|screen| screen.plan.steps.get(step));
    planned.map_or_else(String::new, |step| format!("{} {}", step.direction.word(), step.revision.short()))
}

fn take_running(screen: &mut PlanScreen) -> Running {
    match std::mem::replace(&mut screen.run, Run::Reviewing) {
        Run::Applying(running) => running,
        _ => Running::new(jiff::civil::Time::midnight(), screen.plan.steps.len()),
    }
}
