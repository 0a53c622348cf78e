//! The command log: every statement as it ran, and what else was done to the database or the scripts.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::civil::Time;

/// The most lines that are kept.
const LIMIT: usize = 5000;

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Running,
    Done,
    Failed,
    /// Its transaction was rolled back with another's fault, or it was cancelled.
    Undone,
    /// News, not a statement.
    Note,
    Warning,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: Time,
    pub state: State,
    /// What it belongs to, e.g. `upgrade 8e10f3b7`.
    pub what: String,
    /// The statement on one line, or the news.
    pub text: String,
    pub rows: Option<u64>,
    pub elapsed: Option<Duration>,
}

/// The log, its newest entry last.
#[derive(Debug, Clone, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    /// Lines scrolled up from the newest.
    pub back: usize,
    pub large: bool,
}

impl Log {
    /// Adds an entry; the oldest goes where there are too many.
    pub fn push(&mut self, entry: Entry) {
        if self.entries.len() >= LIMIT {
            self.entries.pop_front();
        }
        if self.back > 0 {
            self.back += 1;
        }
        self.entries.push_back(entry);
    }

    /// Adds a line of news.
    pub fn note(&mut self, at: Time, state: State, what: &str, text: &str) {
        self.push(Entry { at, state, what: what.to_owned(), text: one_line(text), rows: None, elapsed: None });
    }

    /// Ends the entry that runs.
    pub fn finish(&mut self, state: State, rows: Option<u64>, elapsed: Option<Duration>) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.state == State::Running) {
            (entry.state, entry.rows, entry.elapsed) = (state, rows, elapsed);
        }
    }

    /// Says of what these steps of the present run had done that it was rolled back.
    pub fn roll_back(&mut self, steps: &[String]) {
        let ends = |entry: &Entry| matches!(entry.what.as_str(), "done" | "failed" | "cancelled");
        let present = self.entries.iter_mut().rev().take_while(|entry| !ends(entry));
        for entry in present.filter(|entry| entry.state == State::Done && steps.contains(&entry.what)) {
            entry.state = State::Undone;
        }
    }

    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// Scrolls up (positive) or down by lines.
    pub fn scroll(&mut self, up: isize, height: usize) {
        self.back = self.back.saturating_add_signed(up).min(self.entries.len().saturating_sub(height));
    }
}

/// A text with every run of blanks and line breaks as one blank.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
