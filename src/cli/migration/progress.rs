//! Prints the progress of a run to standard error.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::output::plan as plan_text;
use crate::cli::output::rehearsal;
use crate::cli::terminal::Terminal;
use crate::core::plan::Plan;
use crate::core::text::{capitalize, plural};
use crate::engine::apply::Progress;
use crate::engine::state::lock::without_age;

/// Prints progress as lines. Prints a repeated wait only once.
pub struct ApplyReporter {
    terminal: Terminal,
    plan: Arc<Plan>,
    verbose: bool,
    last_wait: Mutex<String>,
    /// Whether the run has started a step.
    has_started: AtomicBool,
}

impl ApplyReporter {
    /// Creates a reporter for one run of a plan.
    #[must_use]
    pub fn new(terminal: Terminal, plan: Arc<Plan>, verbose: bool) -> Self {
        Self { terminal, plan, verbose, last_wait: Mutex::default(), has_started: AtomicBool::new(false) }
    }

    /// Prints one event.
    pub fn report(&self, progress: &Progress) {
        match progress {
            Progress::StepStarted { step } => self.report_step(*step),
            Progress::StatementStarted { step, statement } if self.verbose => self.report_statement(*step, *statement),
            Progress::StatementDone { rows, elapsed, .. } if self.verbose => {
                let rows = rows.map_or_else(String::new, |rows| format!(", {}", plural(rows, "row")));
                self.terminal.print_note(&format!("         done in {:.3} s{rows}", elapsed.as_secs_f64()));
            }
            Progress::StepDone { elapsed, .. } if self.verbose => {
                self.terminal.print_note(&format!("  committed in {:.3} s", elapsed.as_secs_f64()));
            }
            Progress::Unplanned { line, sql, .. } if self.verbose => {
                self.terminal.print_note(&format!("  {line:>5}  {}", sql.lines().next().unwrap_or_default()));
            }
            Progress::StatementStarted { .. }
            | Progress::StatementDone { .. }
            | Progress::StepDone { .. }
            | Progress::Unplanned { .. } => {}
            Progress::WaitingForMigrator { holder, .. } => {
                self.report_wait(without_age(holder), |_| format!("Waiting for another migrator: {holder}"));
            }
            Progress::Blocked { blockers, .. } => {
                let sessions = rehearsal::blockers(blockers);
                self.report_wait(&sessions, |sessions| format!("Waiting for a lock held by {sessions}"));
            }
            Progress::Output { text } => self.terminal.print_note(text),
            Progress::Notice { severity, message } => self.terminal.print_note(&format!("{severity}: {message}")),
            Progress::StepRetried { attempt, conflict, .. } => self.terminal.print_note(&format!(
                "{}: the revision was rolled back; retrying (attempt {attempt})",
                capitalize(conflict.name())
            )),
            Progress::Kept { kept, .. } => self.terminal.print_note(&plan_text::kept(kept)),
            Progress::Restored { restored, .. } => self.terminal.print_note(&plan_text::restored(restored)),
            Progress::CopyStays { object, why, .. } => {
                self.terminal.print_note(&format!("The copy of {object} was not restored: {why} (see `limbeck kept`)"));
            }
            Progress::Cancelling => self.terminal.print_note("Cancelling; waiting for the server"),
        }
    }

    /// Whether this run has started a step.
    #[must_use]
    pub fn has_started(&self) -> bool {
        self.has_started.load(Ordering::Relaxed)
    }

    fn report_step(&self, step: usize) {
        self.has_started.store(true, Ordering::Relaxed);
        if let Some(step) = self.plan.steps.get(step) {
            self.terminal.print_note(&plan_text::step_title(step));
        }
    }

    fn report_statement(&self, step: usize, statement: usize) {
        let Some(statement) = self.plan.steps.get(step).and_then(|step| step.statements.get(statement)) else {
            return;
        };
        let first = statement.sql().lines().next().unwrap_or_default();
        self.terminal.print_note(&format!("  {:>5}  {first}", statement.line));
    }

    /// Prints a line if the run waits for something else than before.
    fn report_wait(&self, waits_for: &str, line: impl FnOnce(&str) -> String) {
        let mut last = self.last_wait.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != waits_for {
            self.terminal.print_note(&line(waits_for));
            waits_for.clone_into(&mut last);
        }
    }
}
