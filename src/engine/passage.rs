//! Positions in SQL source, shown as file, line, column, and a caret below the character.

use std::path::Path;

use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use super::Error;
use super::connection::server_hint;
use crate::core::escape::{escape_line, escape_text};

/// A part of a SQL file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passage<'a> {
    /// The name of the file in messages.
    pub file: &'a str,
    pub sql: &'a str,
    /// Line and column of its first character, in characters, starting at 1.
    pub line: usize,
    pub column: usize,
}

impl Passage<'_> {
    /// Converts a server error into an error with the position. The server received the text from character `start` on,
    /// counted from 0.
    pub fn refused(&self, answer: &DbError, start: usize) -> Error {
        let offset = match answer.position() {
            Some(ErrorPosition::Original(position)) => (*position as usize).saturating_sub(1),
            _ => self.find_untranslatable(answer, start).unwrap_or(0),
        };
        let mut error = self.error(answer.message(), start + offset);
        if let Some(detail) = answer.detail() {
            error = error.because(format!("detail: {detail}"));
        }
        if let Some(context) = answer.where_() {
            error = error.because(format!("context: {context}"));
        }
        error.causes.push(format!("SQLSTATE {}", answer.code().code()));
        error.hint = answer.hint().map_or_else(|| server_hint(answer), |hint| Some(hint.to_owned()));
        error
    }

    /// Returns the position of the first character that the encoding of the database does not have. The server names its
    /// bytes only in the message, e.g. `0xed 0x95 0x9c`.
    fn find_untranslatable(&self, answer: &DbError, start: usize) -> Option<usize> {
        if *answer.code() != SqlState::UNTRANSLATABLE_CHARACTER {
            return None;
        }
        let words = answer.message().split_whitespace().filter_map(|word| word.strip_prefix("0x"));
        let bytes: Vec<u8> = words.map_while(|digits| u8::from_str_radix(digits, 16).ok()).collect();
        let character = std::str::from_utf8(&bytes).ok()?.chars().next()?;
        self.sql.chars().skip(start).position(|one| one == character)
    }

    /// Returns an error at a character of the passage, counted from 0.
    pub fn error(&self, message: impl Into<String>, offset: usize) -> Error {
        let place = SourcePosition::of(self, offset);
        let mut error = Error::new(message);
        error.line = Some(place.line);
        error.excerpt = Some(place.excerpt(self.file));
        error
    }
}

/// Returns a path relative to the working directory, if it is below it.
pub(super) fn display_path(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

/// Returns an excerpt for another file in which the line is `down` lines further down. `None` when the text is not an
/// excerpt.
pub(super) fn relocate_excerpt(excerpt: &str, file: &str, offset: usize) -> Option<String> {
    let mut lines = excerpt.lines();
    let (_, place) = lines.next()?.split_once("--> ")?;
    let mut parts = place.rsplitn(3, ':');
    let (column, line): (&str, usize) = (parts.next()?, parts.next()?.parse().ok()?);
    let line = line + offset;
    let pad = " ".repeat(line.to_string().len() + 1);
    let mut relocate_excerpt = format!("{pad}--> {file}:{line}:{column}");
    for (number, shown) in lines.enumerate() {
        let (_, text) = shown.split_once('|')?;
        let gutter = if number == 1 { format!("{line} ") } else { pad.clone() };
        relocate_excerpt.extend(["\n", &gutter, "|", text]);
    }
    Some(relocate_excerpt)
}

/// A position in a file, with the text of its line.
struct SourcePosition<'a> {
    line: usize,
    column: usize,
    text: &'a str,
    /// The text before the position. Its tabs are repeated so that the caret is in the right column.
    before: &'a str,
}

impl<'a> SourcePosition<'a> {
    /// `offset` counts the characters of the passage from 0.
    fn of(passage: &Passage<'a>, offset: usize) -> Self {
        let sql = passage.sql;
        let at = sql.char_indices().nth(offset).map_or(sql.len(), |(byte, _)| byte);
        let start = sql[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = sql[at..].find('\n').map_or(sql.len(), |newline| at + newline);
        let line_in_passage = sql[..at].matches('\n').count();
        let column_in_line = sql[start..at].chars().count() + 1;
        let column = if line_in_passage == 0 { column_in_line + passage.column - 1 } else { column_in_line };
        Self { line: passage.line + line_in_passage, column, text: sql[start..end].trim_end(), before: &sql[start..at] }
    }

    fn excerpt(&self, file: &str) -> String {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let pad: String = escape_text(self.before).chars().map(blank).collect();
        let file = escape_line(file);
        format!(
            "{margin} --> {file}:{}:{}\n{margin} |\n{number} | {}\n{margin} | {pad}^",
            self.line,
            self.column,
            escape_text(self.text)
        )
    }
}

/// Returns spaces with the display width of a character.
fn blank(character: char) -> String {
    use unicode_width::UnicodeWidthChar;
    if character == '\t' { "\t".into() } else { " ".repeat(character.width().unwrap_or(0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(sql: &str) -> Passage<'_> {
        Passage { file: "v/a.sql", sql, line: 12, column: 3 }
    }

    #[test]
    fn the_caret_is_below_the_character() {
        let error = passage("ALTER TABLE nope ADD x int").error("no", 12);
        let far = "    --> d/b.sql:102:15\n    |\n102 | ALTER TABLE nope ADD x int\n    |             ^";
        let excerpt = "   --> v/a.sql:12:15\n   |\n12 | ALTER TABLE nope ADD x int\n   |             ^";
        assert_eq!((error.line, error.excerpt.as_deref()), (Some(12), Some(excerpt)));
        assert_eq!(relocate_excerpt(excerpt, "d/b.sql", 90).as_deref(), Some(far));
        assert_eq!(relocate_excerpt("no excerpt", "f", 1), None);
    }

    #[test]
    fn the_caret_is_below_the_character_after_escaped_ones() {
        let error = passage("SELECT '\x1b\u{202e}', nope").error("no", 13);
        let excerpt = "   --> v/a.sql:12:16\n   |\n12 | SELECT '\\x1B\\u202E', nope\n   |                      ^";
        assert_eq!(error.excerpt.as_deref(), Some(excerpt));
    }

    #[test]
    fn later_lines_wide_characters_and_the_end_are_found() {
        let passage = passage("SELECT\n  '한글', nope");
        let place = SourcePosition::of(&passage, "SELECT\n  '한글', ".chars().count());
        assert_eq!((place.line, place.column), (13, 9));
        assert!(place.excerpt("f").ends_with(&format!("| {}^", " ".repeat(10))));
        assert_eq!(SourcePosition::of(&passage, 999).line, 13);
    }
}
