//! Why a run stopped, told with the script, the line, a caret, and how the database was left.

use std::path::Path;

use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use crate::core::plan::{PlannedStatement, Step};
use crate::engine::postgres::database_error;
use crate::engine::{Error, ErrorKind};

/// Why a step did not come to its end.
pub(super) enum Stop {
    /// A lock was not had in time; the step may start again.
    LockTimeout(Error),
    /// The server refused a statement, or a check did not hold.
    Failed(Error),
    /// It was cancelled, between statements or in one.
    Cancelled,
    /// The connection went away before the commit.
    Lost(Error),
    /// It went away during the commit, so that nobody knows yet.
    CommitUnknown(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        if error.kind == ErrorKind::Connection { Self::Lost(error) } else { Self::Failed(error) }
    }
}

/// Sorts what the server answered to a statement.
pub(super) fn stop(
    error: &tokio_postgres::Error,
    step: &Step,
    statement: Option<&PlannedStatement>,
    cancelled: bool,
) -> Stop {
    let Some(answer) = error.as_db_error() else { return Stop::Lost(database_error(error)) };
    if *answer.code() == SqlState::QUERY_CANCELED && cancelled {
        return Stop::Cancelled;
    }
    let report = match statement {
        Some(statement) => explain(answer, step, statement),
        None => database_error(error),
    };
    if *answer.code() == SqlState::LOCK_NOT_AVAILABLE { Stop::LockTimeout(report) } else { Stop::Failed(report) }
}

/// A statement's failure with its place in the script.
fn explain(answer: &DbError, step: &Step, statement: &PlannedStatement) -> Error {
    let offset = match answer.position() {
        Some(ErrorPosition::Original(position)) => *position as usize - 1,
        _ => 0,
    };
    let place = Place::of(statement, offset);
    let file = step.path.as_ref().map_or_else(|| format!("ledger:{}", step.revision), |path| from_here(path));
    let mut error = Error::new(format!("revision {}: {}", step.revision, answer.message()));
    if let Some(detail) = answer.detail() {
        error = error.because(format!("detail: {detail}"));
    }
    if let Some(context) = answer.where_() {
        error = error.because(format!("context: {context}"));
    }
    error.causes.push(format!("SQLSTATE {}", answer.code().code()));
    error.hint = answer.hint().map(str::to_owned);
    error.revision = Some(step.revision.to_string());
    error.line = Some(place.line);
    error.excerpt = Some(place.excerpt(&file));
    error
}

/// A path as short as it can be said from the working directory.
fn from_here(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

/// A place in a script: a line of it, and where in the line.
struct Place<'a> {
    line: usize,
    column: usize,
    text: &'a str,
    /// The columns that a character's width moves the caret by are kept by repeating tabs.
    before: &'a str,
}

impl<'a> Place<'a> {
    /// `offset` counts characters of the statement from 0.
    fn of(statement: &'a PlannedStatement, offset: usize) -> Self {
        let sql = &statement.sql;
        let at = sql.char_indices().nth(offset).map_or(sql.len(), |(byte, _)| byte);
        let start = sql[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = sql[at..].find('\n').map_or(sql.len(), |newline| at + newline);
        let line_in_statement = sql[..at].matches('\n').count();
        let column_in_line = sql[start..at].chars().count() + 1;
        let column = if line_in_statement == 0 { column_in_line + statement.column - 1 } else { column_in_line };
        Self {
            line: statement.line + line_in_statement,
            column,
            text: sql[start..end].trim_end(),
            before: &sql[start..at],
        }
    }

    fn excerpt(&self, file: &str) -> String {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let pad: String = self.before.chars().map(blank).collect();
        format!(
            "{margin} --> {file}:{}:{}\n{margin} |\n{number} | {}\n{margin} | {pad}^",
            self.line, self.column, self.text
        )
    }
}

/// Blanks as wide as a character on the screen.
fn blank(character: char) -> String {
    use unicode_width::UnicodeWidthChar;
    if character == '\t' { "\t".into() } else { " ".repeat(character.width().unwrap_or(0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(sql: &str) -> PlannedStatement {
        PlannedStatement { line: 12, column: 3, sql: sql.into(), copy_data: None, hazards: Vec::new() }
    }

    #[test]
    fn the_caret_stands_below_the_character() {
        let statement = statement("ALTER TABLE nope ADD x int");
        let excerpt = Place::of(&statement, 12).excerpt("v/a.sql");
        assert_eq!(excerpt, "   --> v/a.sql:12:15\n   |\n12 | ALTER TABLE nope ADD x int\n   |             ^");
    }

    #[test]
    fn later_lines_wide_characters_and_the_end_are_found() {
        let statement = statement("SELECT\n  '한글', nope");
        let place = Place::of(&statement, "SELECT\n  '한글', ".chars().count());
        assert_eq!((place.line, place.column), (13, 9));
        assert!(place.excerpt("f").ends_with(&format!("| {}^", " ".repeat(10))));
        assert_eq!(Place::of(&statement, 999).line, 13);
    }
}
