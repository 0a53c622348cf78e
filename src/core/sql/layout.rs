//! The text of a statement in a script: with a semicolon, and without whitespace at line ends.

use super::SplitError;
use super::lexer::{Lexer, TokenKind};

/// Returns a statement with a semicolon at its end. Whitespace at the ends of lines is removed, but not inside strings and
/// quoted names.
///
/// # Errors
/// If a quote or a block comment is not closed.
pub fn terminate_statement(sql: &str) -> Result<String, SplitError> {
    let sql = sql.trim();
    let mut text = String::with_capacity(sql.len() + 2);
    let mut lexer = Lexer::new(sql);
    let mut ends_with_comment = false;
    while let Some(token) = lexer.next_token()? {
        let part = token.text(sql);
        match token.kind {
            TokenKind::Blank => {
                let (line_ends, rest) = part.rsplit_once('\n').map_or(("", part), |(before, rest)| (before, rest));
                if rest.len() < part.len() {
                    text.extend(std::iter::repeat_n('\n', line_ends.matches('\n').count() + 1));
                }
                text.push_str(rest);
            }
            TokenKind::LineComment => text.push_str(part.trim_end()),
            _ => text.push_str(part),
        }
        if token.kind != TokenKind::Blank {
            ends_with_comment = token.kind == TokenKind::LineComment;
        }
    }
    text.push_str(if ends_with_comment { "\n;" } else { ";" });
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whitespace_outside_quotes_is_removed() {
        for (sql, expected) in [
            ("SELECT 1", "SELECT 1;"),
            ("CREATE TABLE t (\n\ta INTEGER, \n\tb TEXT \n)\n\n", "CREATE TABLE t (\n\ta INTEGER,\n\tb TEXT\n);"),
            ("SELECT 'a  \nb', $$c  \nd$$, \"e  \nf\"  \n, 1", "SELECT 'a  \nb', $$c  \nd$$, \"e  \nf\"\n, 1;"),
            ("SELECT 1 -- one  \n", "SELECT 1 -- one\n;"),
            ("SELECT 1 -- one  \n + 2", "SELECT 1 -- one\n + 2;"),
            ("SELECT 1 \r\n \r\n  + 2", "SELECT 1\n\n  + 2;"),
        ] {
            assert_eq!(terminate_statement(sql).unwrap(), expected, "{sql}");
        }
        assert!(terminate_statement("SELECT 'a").is_err());
    }
}
