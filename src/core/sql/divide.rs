//! Comment lines that divide a text into parts, told from the same words in quotes, comments and COPY rows.

use super::SplitError;
use super::boundary::{Boundary, TokenRole};
use super::lexer::{Lexer, TokenKind};

/// The byte ranges of whole lines (newline included) that hold nothing but a line comment for which `divides`
/// is true; it gets the comment without the blanks around it. Each such line ends the statement before it.
///
/// # Errors
/// At an unterminated quote, comment or dollar quote, or COPY data without its end.
pub fn dividing_lines(sql: &str, divides: impl Fn(&str) -> bool) -> Result<Vec<(usize, usize)>, SplitError> {
    let mut lexer = Lexer::new(sql);
    let mut boundary = Boundary::default();
    let mut found = Vec::new();
    while let Some(token) = lexer.next_token()? {
        if boundary.advance(sql, token) == TokenRole::EndBeforeRows {
            lexer.copy_data()?;
        }
        if token.kind != TokenKind::LineComment || !divides(token.text(sql).trim()) {
            continue;
        }
        let start = sql.get(..token.start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let after = sql.get(token.end..).unwrap_or_default();
        let end = after.find('\n').map_or(sql.len(), |newline| token.end + newline + 1);
        let alone = [sql.get(start..token.start), sql.get(token.end..end)];
        if alone.into_iter().flatten().all(|beside| beside.trim().is_empty()) {
            found.push((start, end));
            boundary = Boundary::default();
        }
    }
    Ok(found)
}
