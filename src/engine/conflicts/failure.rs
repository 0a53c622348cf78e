//! Which statement of a branch failed.

use super::OrderFailure;
use crate::core::graph::{Direction, RevisionId};
use crate::core::sql;
use crate::core::text::one_line;
use crate::engine::Error;
use crate::engine::project::ScriptTree;

/// Describes a script that failed. `last_sent` is the last statement that a Python script has sent. `other` is the head of
/// the other branch, if that has run before.
pub(super) fn describe_failure(
    tree: &ScriptTree,
    revision: &RevisionId,
    mut error: Error,
    last_sent: Option<String>,
    other: Option<&RevisionId>,
) -> OrderFailure {
    let file = tree.script(revision.as_str());
    let is_statement = error.causes.iter().any(|cause| cause.starts_with("SQLSTATE "));
    let statement = match file.and_then(|file| file.script.sql()) {
        Some(code) => {
            let section = code.section(Direction::Upgrade);
            let line = error.line.map(|line| (line + 1).saturating_sub(section.line));
            line.and_then(|line| statement_at(&section.sql, line))
        }
        None => failed_in_python(&error, last_sent).filter(|_| is_statement),
    };
    if let Some(other) = other {
        error.hint =
            Some(format!("it fails after the branch of {other}: change one of the scripts so that both orders run"));
    }
    // The scratch database is dropped, so its state is of no interest.
    error.causes.retain(|cause| !cause.contains("the scratch database is at "));
    OrderFailure {
        revision: revision.clone(),
        path: file.map(|file| file.path.clone()),
        line: error.line,
        statement: statement.map(|statement| one_line(&statement)),
        error,
    }
}

/// The statement of a Python script: the last one that is known, if it has the line of the error. Queries that change
/// nothing are not known.
fn failed_in_python(error: &Error, last_sent: Option<String>) -> Option<String> {
    let shown = error.excerpt.as_deref()?.lines().find_map(|line| {
        let (number, text) = line.split_once('|')?;
        number.trim().parse::<usize>().is_ok().then(|| text.trim().to_owned())
    })?;
    last_sent.filter(|last| last.contains(&shown)).or(Some(shown))
}

/// The statement on a line of a section, from 1.
fn statement_at(section: &str, line: usize) -> Option<String> {
    let statements = sql::split(section).ok()?;
    statements.into_iter().take_while(|statement| statement.line <= line).last().map(|statement| statement.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_on_a_line_is_found() {
        let section = "SELECT 1;\n\nSELECT\n  2;\nSELECT 3;\n";
        for (line, expected) in [
            (1, Some("SELECT 1")),
            (2, Some("SELECT 1")),
            (3, Some("SELECT\n  2")),
            (4, Some("SELECT\n  2")),
            (5, Some("SELECT 3")),
            (0, None),
        ] {
            let found = statement_at(section, line);
            assert_eq!(found.as_deref().map(|text| text.trim_end_matches(';')), expected, "{line}");
        }
    }
}
