//! A revision script: its header, and its code in SQL or Python.

mod ascii;
mod header;
mod lines;
mod parents;
mod parse;
mod python;
mod render;
mod sections;
#[cfg(test)]
mod tests;

pub use ascii::{from_ascii, to_ascii};
pub use lines::first_different_line;
pub use parents::with_sql_parents;
pub use parse::with_unix_line_endings;
pub use python::{CodeSpan, DocstringFault, PythonCode};
pub use sections::{SectionPart, join_parts};

use crate::core::graph::{Direction, RevisionId};

/// A script as read from a file. For SQL, `parse(render(script))` returns the same script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The lines before `Revision ID:`, joined by newlines. The first line is the summary.
    pub message: String,
    pub revision: RevisionId,
    pub down_revisions: Vec<RevisionId>,
    pub branch_labels: Vec<String>,
    pub depends_on: Vec<String>,
    /// As written in the script, e.g. `2026-11-22 10:00:00+00:00`.
    pub create_date: Option<String>,
    pub code: ScriptCode,
}

/// The language of a script.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    #[default]
    Sql,
    Python,
}

impl Language {
    /// The language of a script file, by the ending of its name.
    #[must_use]
    pub fn of(path: &std::path::Path) -> Self {
        if path.extension().is_some_and(|extension| extension == "py") { Self::Python } else { Self::Sql }
    }
}

/// What a script runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptCode {
    /// A script of limbeck.
    Sql(SqlCode),
    /// A script of Alembic.
    Python(PythonCode),
}

/// The code of a SQL script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SqlCode {
    /// Header lines with unknown keys, without `-- `.
    pub other_header: Vec<String>,
    pub upgrade: Section,
    pub downgrade: Section,
}

/// The upgrade or the downgrade section of a script.
///
/// A section may have several parts, each with a marker line of its own: some run in a transaction, others outside one.
/// The marker lines between the parts are comments in `sql`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The SQL below the first marker of the direction, without blank lines before it and whitespace after it.
    pub sql: String,
    /// False if the first part has `transaction=off`.
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
    /// Parses the text of a SQL script. Accepts CRLF, a BOM and trailing whitespace.
    ///
    /// # Errors
    /// The line and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        parse::parse(text)
    }

    /// The script in canonical form. A Python script has none.
    #[must_use]
    pub fn render(&self) -> Option<String> {
        Some(render::render(self, self.sql()?))
    }

    /// The first line of the message.
    #[must_use]
    pub fn summary(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// The code of a SQL script.
    #[must_use]
    pub fn sql(&self) -> Option<&SqlCode> {
        match &self.code {
            ScriptCode::Sql(code) => Some(code),
            ScriptCode::Python(_) => None,
        }
    }

    /// The code of a Python script.
    #[must_use]
    pub fn python(&self) -> Option<&PythonCode> {
        match &self.code {
            ScriptCode::Sql(_) => None,
            ScriptCode::Python(code) => Some(code),
        }
    }

    /// The 1-based line on which the code of the upgrade starts; 0 if there is none.
    #[must_use]
    pub fn upgrade_line(&self) -> usize {
        match &self.code {
            ScriptCode::Sql(code) => code.upgrade.line,
            ScriptCode::Python(code) => code.upgrade.map_or(0, |span| span.line),
        }
    }
}

impl SqlCode {
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
