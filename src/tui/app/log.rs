//! The command log: every statement that ran, and other changes of the database or the scripts.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::civil::Time;

use crate::core::text::one_line;

/// The maximum number of entries.
const LIMIT: usize = 5000;

/// The state of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogState {
    Running,
    Done,
    Failed,
    /// Its transaction was rolled back because another statement failed, or it was cancelled.
    Undone,
    /// A message, not a statement.
    Note,
    Warning,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub at: Time,
    pub state: LogState,
    /// What it belongs to, for example `upgrade 8e10f3b7`.
    pub what: String,
    /// The statement on one line, or the message.
    pub text: String,
    pub rows: Option<u64>,
    pub elapsed: Option<Duration>,
}

/// The log. The newest entry is the last one.
#[derive(Debug, Clone, Default)]
pub struct Log {
    entries: VecDeque<LogEntry>,
    /// The number of lines scrolled up from the newest.
    pub back: usize,
    pub large: bool,
}

impl Log {
    /// Adds an entry. If there are too many, the oldest is removed.
    pub fn push(&mut self, entry: LogEntry) {
        if self.entries.len() >= LIMIT {
            self.entries.pop_front();
        }
        if self.back > 0 {
            self.back += 1;
        }
        self.entries.push_back(entry);
    }

    /// Adds a message.
    pub fn note(&mut self, at: Time, state: LogState, what: &str, text: &str) {
        self.push(LogEntry { at, state, what: what.to_owned(), text: one_line(text), rows: None, elapsed: None });
    }

    /// Ends the running entry.
    pub fn finish(&mut self, state: LogState, rows: Option<u64>, elapsed: Option<Duration>) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.state == LogState::Running) {
            (entry.state, entry.rows, entry.elapsed) = (state, rows, elapsed);
        }
    }

    /// Marks the finished entries of these steps of the current run as rolled back.
    pub fn roll_back(&mut self, steps: &[String]) {
        let ends = |entry: &LogEntry| matches!(entry.what.as_str(), "done" | "failed" | "cancelled");
        let current_run = self.entries.iter_mut().rev().take_while(|entry| !ends(entry));
        for entry in current_run.filter(|entry| entry.state == LogState::Done && steps.contains(&entry.what)) {
            entry.state = LogState::Undone;
        }
    }

    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &VecDeque<LogEntry> {
        &self.entries
    }

    /// Scrolls up (positive) or down by lines.
    pub fn scroll(&mut self, up: isize, height: usize) {
        self.back = self.back.saturating_add_signed(up).min(self.entries.len().saturating_sub(height));
    }
}
