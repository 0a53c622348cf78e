//! Tells on standard error what a run is doing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::plan_text;
use super::terminal::Terminal;
use crate::core::plan::Plan;
use crate::engine::apply::{Blocker, Progress};

/// Prints progress as lines; what repeats while it lasts is printed once.
pub struct Reporter {
    terminal: Terminal,
    plan: Arc<Plan>,
    verbose: bool,
    last_wait: Mutex<String>,
    /// It waited for another migrator, and no step of this run has started.
    only_waited: AtomicBool,
}

impl Reporter {
    /// A reporter for one run of a plan.
    #[must_use]
    pub fn new(terminal: Terminal, plan: Arc<Plan>, verbose: bool) -> Self {
        Self { terminal, plan, verbose, last_wait: Mutex::default(), only_waited: AtomicBool::new(false) }
    }

    /// Prints what happened.
    pub fn tell(&self, progress: &Progress) {
        match progress {
            Progress::StepStarted { step } => {
                self.only_waited.store(false, Ordering::Relaxed);
                if let Some(step) = self.plan.steps.get(*step) {
                    self.terminal.note(&plan_text::running(step));
                }
            }
            Progress::StatementStarted { step, statement } if self.verbose => self.statement(*step, *statement),
            Progress::StatementDone { rows, elapsed, .. } if self.verbose => {
                let rows = rows.map_or_else(String::new, |rows| format!(", {rows} rows"));
                self.terminal.note(&format!("         done in {:.3} s{rows}", elapsed.as_secs_f64()));
            }
            Progress::StepDone { elapsed, .. } if self.verbose => {
                self.terminal.note(&format!("  committed in {:.3} s", elapsed.as_secs_f64()));
            }
            Progress::StatementStarted { .. } | Progress::StatementDone { .. } | Progress::StepDone { .. } => {}
            Progress::WaitingForMigrator { holder, .. } => {
                self.only_waited.store(true, Ordering::Relaxed);
                self.once(holder.split(", connected for").next().unwrap_or_default(), |_| {
                    format!("Waiting for another migrator: {holder}")
                });
            }
            Progress::Blocked { blockers, .. } => {
                self.once(&describe(blockers), |names| format!("Waiting for a lock held by {names}"));
            }
            Progress::Notice { severity, message } => self.terminal.note(&format!("{severity}: {message}")),
            Progress::StepRetried { attempt, .. } => {
                self.terminal.note(&format!("Rolled back, because a lock was not had in time; attempt {attempt}"));
            }
            Progress::Kept { kept, .. } => self.terminal.note(&plan_text::kept(kept)),
            Progress::Restored { restored, .. } => self.terminal.note(&plan_text::restored(restored)),
            Progress::CopyStays { object, why, .. } => {
                self.terminal.note(&format!("The copy of {object} stays: {why} (see limbeck kept)"));
            }
            Progress::Cancelling => self.terminal.note("Cancelling; waiting for the server"),
        }
    }

    fn statement(&self, step: usize, statement: usize) {
        let Some(statement) = self.plan.steps.get(step).and_then(|step| step.statements.get(statement)) else {
            return;
        };
        let first = statement.sql.lines().next().unwrap_or_default();
        self.terminal.note(&format!("  {:>5}  {first}", statement.line));
    }

    /// Whether all that this run did was to wait for another migrator.
    #[must_use]
    pub fn only_waited(&self) -> bool {
        self.only_waited.load(Ordering::Relaxed)
    }

    /// Prints a line when what is waited for is another than before.
    fn once(&self, waited_for: &str, line: impl FnOnce(&str) -> String) {
        let mut last = self.last_wait.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != waited_for {
            self.terminal.note(&line(waited_for));
            waited_for.clone_into(&mut last);
        }
    }
}

/// Sessions that stand in the way, in a line.
#[must_use]
pub fn describe(blockers: &[Blocker]) -> String {
    let name = |blocker: &Blocker| {
        let query = blocker.query.lines().next().unwrap_or_default();
        format!("{} (user {}, {}): {query}", blocker.pid, blocker.user, blocker.application)
    };
    blockers.iter().map(name).collect::<Vec<_>>().join("; ")
}
