//! Finds the comment lines that separate the sections of a script. The same text inside quotes, block comments or COPY data
//! is not a separator.

use super::SplitError;
use super::boundary::{Boundary, TokenRole};
use super::lexer::{Lexer, TokenKind};

/// Returns the byte ranges of the lines, with their newlines, that contain only a line comment which `is_separator`
/// accepts. It receives the comment without surrounding whitespace. Such a line also ends the statement before it.
///
/// # Errors
/// If a quote, block comment or dollar quote is not closed, or if COPY data has no closing line.
pub fn separator_lines(sql: &str, is_separator: impl Fn(&str) -> bool) -> Result<Vec<(usize, usize)>, SplitError> {
    let mut lexer = Lexer::new(sql);
    let mut boundary = Boundary::default();
    let mut found = Vec::new();
    while let Some(token) = lexer.next_token()? {
        if boundary.advance(sql, token) == TokenRole::EndBeforeCopyData {
            lexer.copy_data()?;
        }
        if token.kind != TokenKind::LineComment || !is_separator(token.text(sql).trim()) {
            continue;
        }
        let start = sql.get(..token.start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let after = sql.get(token.end..).unwrap_or_default();
        let end = after.find('\n').map_or(sql.len(), |newline| token.end + newline + 1);
        let rest_of_line = [sql.get(start..token.start), sql.get(token.end..end)];
        if rest_of_line.into_iter().flatten().all(|text| text.trim().is_empty()) {
            found.push((start, end));
            boundary = Boundary::default();
        }
    }
    Ok(found)
}
