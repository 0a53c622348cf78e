//! Records the progress of a rehearsal: the time, rows and lock waits of each statement.

use std::sync::{Mutex, PoisonError};

use super::RehearsedStatement;
use crate::engine::apply::{Blocker, Progress, ReportProgress};

/// Forwards progress events, and records those of the current statement.
pub struct StatementRecorder<'a> {
    report: ReportProgress<'a>,
    recorded: Mutex<Recorded>,
}

#[derive(Default)]
struct Recorded {
    seconds: f64,
    rows: Option<u64>,
    waited_for: Vec<Blocker>,
}

impl<'a> StatementRecorder<'a> {
    pub fn new(report: ReportProgress<'a>) -> Self {
        Self { report, recorded: Mutex::default() }
    }

    pub fn report(&self, progress: Progress) {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        match &progress {
            Progress::StatementStarted { .. } => *recorded = Recorded::default(),
            Progress::StatementDone { rows, elapsed, .. } => {
                recorded.seconds = elapsed.as_secs_f64();
                recorded.rows = *rows;
            }
            Progress::Blocked { blockers, .. } => {
                for blocker in blockers {
                    if recorded.waited_for.iter().all(|known| known.pid != blocker.pid) {
                        recorded.waited_for.push(blocker.clone());
                    }
                }
            }
            _ => {}
        }
        drop(recorded);
        (self.report)(progress);
    }

    /// Returns the record of the statement that has just ended.
    pub fn take_record(&self, statement: usize, line: usize) -> RehearsedStatement {
        let recorded = std::mem::take(&mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner));
        let Recorded { seconds, rows, waited_for } = recorded;
        RehearsedStatement { statement, line, seconds, rows, waited_for }
    }
}
