//! Listens to the progress of a rehearsal, so that each statement's time and waits can be told at the end.

use std::sync::{Mutex, PoisonError};

use super::RehearsedStatement;
use crate::engine::apply::{Blocker, Progress, Tell};

/// Passes progress on and remembers what belongs to the statement that runs.
pub struct Watch<'a> {
    tell: Tell<'a>,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    seconds: f64,
    rows: Option<u64>,
    waited_for: Vec<Blocker>,
}

impl<'a> Watch<'a> {
    pub fn new(tell: Tell<'a>) -> Self {
        Self { tell, heard: Mutex::default() }
    }

    pub fn tell(&self, progress: Progress) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match &progress {
            Progress::StatementStarted { .. } => *heard = Heard::default(),
            Progress::StatementDone { rows, elapsed, .. } => {
                heard.seconds = elapsed.as_secs_f64();
                heard.rows = *rows;
            }
            Progress::Blocked { blockers, .. } => {
                for blocker in blockers {
                    if heard.waited_for.iter().all(|known| known.pid != blocker.pid) {
                        heard.waited_for.push(blocker.clone());
                    }
                }
            }
            _ => {}
        }
        drop(heard);
        (self.tell)(progress);
    }

    /// What was heard of the statement that has just ended.
    pub fn statement(&self, statement: usize, line: usize) -> RehearsedStatement {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        let Heard { seconds, rows, waited_for } = heard;
        RehearsedStatement { statement, line, seconds, rows, waited_for }
    }
}
