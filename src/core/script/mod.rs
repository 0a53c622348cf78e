//! A revision script: its header and its two sections of SQL, as text and as data.

mod ascii;
mod header;
mod parse;
mod render;
mod sections;
#[cfg(test)]
mod tests;

pub use ascii::{from_ascii, to_ascii};
pub use parse::with_unix_line_endings;

use crate::core::graph::{Direction, RevisionId};

/// A script as read from a file. `parse(render(script))` returns the same script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The comment lines before `Revision ID:`, joined by newlines. The first line is the summary.
    pub message: String,
    pub revision: RevisionId,
    pub down_revisions: Vec<RevisionId>,
    pub branch_labels: Vec<String>,
    pub depends_on: Vec<String>,
    /// As written in the script, e.g. `2026-11-22 10:00:00+00:00`.
    pub create_date: Option<String>,
    /// Header lines with unknown keys, without `-- `.
    pub other_header: Vec<String>,
    pub upgrade: Section,
    pub downgrade: Section,
}

/// The upgrade or the downgrade section of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The SQL between the marker and the next one, without blank lines before it and whitespace after it.
    pub sql: String,
    /// False with `transaction=off`.
    pub transactional: bool,
    /// The 1-based line of the file on which `sql` starts; 0 if the section is missing.
    pub line: usize,
}

/// A missing section: no SQL, transactional.
impl Default for Section {
    fn default() -> Self {
        Self { sql: String::new(), transactional: true, line: 0 }
    }
}

/// Why a file is not a valid script: the line and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScriptError {
    /// 1-based.
    pub line: Option<usize>,
    pub message: String,
    pub hint: Option<String>,
}

impl Script {
    /// Parses the text of a script. Accepts CRLF, a BOM and trailing whitespace.
    ///
    /// # Errors
    /// The line and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        parse::parse(text)
    }

    /// The script in canonical form.
    #[must_use]
    pub fn render(&self) -> String {
        render::render(self)
    }

    /// The first line of the message.
    #[must_use]
    pub fn summary(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// The section that a direction runs.
    #[must_use]
    pub fn section(&self, direction: Direction) -> &Section {
        match direction {
            Direction::Upgrade => &self.upgrade,
            Direction::Downgrade => &self.downgrade,
        }
    }
}

impl ScriptError {
    fn at(line: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { line: Some(line), message: message.into(), hint: Some(hint.into()) }
    }
}
