//! The lines of a script that messages point at.

use super::{Script, ScriptCode};
use crate::core::graph::Direction;

impl Script {
    /// The 1-based line of the header that names the parents; 1 if there is none. `text` is the text of the file.
    #[must_use]
    pub fn parents_line(&self, text: &str) -> usize {
        let names_parents = |line: &str| match self.code {
            ScriptCode::Sql(_) => {
                line.strip_prefix("--").is_some_and(|rest| rest.trim_start().to_lowercase().starts_with("revises:"))
            }
            ScriptCode::Python(_) => line.starts_with("down_revision"),
        };
        text.lines().position(names_parents).map_or(1, |index| index + 1)
    }

    /// The 1-based line on which the code of a direction starts. A direction without code has the line of the upgrade.
    #[must_use]
    pub fn direction_line(&self, direction: Direction) -> usize {
        let line = match (&self.code, direction) {
            (ScriptCode::Sql(code), _) if code.section(direction).sql.is_empty() => 0,
            (ScriptCode::Sql(code), _) => code.section(direction).line,
            (ScriptCode::Python(code), _) => code.function(direction).map_or(0, |span| span.line),
        };
        if line == 0 { self.upgrade_line().max(1) } else { line }
    }
}

/// The 1-based line at which two texts differ first, in the first text. Line endings do not count.
#[must_use]
pub fn first_different_line(text: &str, other: &str) -> usize {
    let mut others = other.lines();
    let same = text.lines().take_while(|line| others.next() == Some(line)).count();
    (same + 1).min(text.lines().count().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_header_and_of_the_sections() {
        let text =
            "-- m\n--\n-- Revision ID: b\n-- Revises: a\n\n-- @upgrade\nSELECT 1;\n\n-- @downgrade\n\nSELECT 2;\n";
        let script = Script::parse(text).unwrap();
        assert_eq!(script.parents_line(text), 4);
        assert_eq!(script.direction_line(Direction::Upgrade), 7);
        assert_eq!(script.direction_line(Direction::Downgrade), 11);
        let text = "-- m\n--\n-- Revision ID: b\n\n-- @upgrade\nSELECT 1;\n-- @downgrade\n";
        let script = Script::parse(text).unwrap();
        assert_eq!(script.parents_line(text), 1);
        assert_eq!(script.direction_line(Direction::Downgrade), 6);
    }

    #[test]
    fn the_first_different_line_is_a_line_of_the_first_text() {
        for (text, other, expected) in
            [("a\nb\nc", "a\nx\nc", 2), ("a\r\nb\r\n", "a\nb\n", 2), ("a\nb", "a", 2), ("a", "a\nb", 1), ("", "a", 1)]
        {
            assert_eq!(first_different_line(text, other), expected, "{text:?} {other:?}");
        }
    }
}
