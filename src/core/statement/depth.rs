//! Limits the nesting depth of a text. The parser and the destructor of its tree are recursive, so thousands of nested
//! levels would overflow the stack. Such a text is not parsed.

use crate::core::sql::lexer::{Lexer, Token, TokenKind};

/// The limits are half of what works with a stack of 2 MB in a debug build.
const MAX_CHAIN: usize = 4_000;
const MAX_PARENTHESES: usize = 300;
const MAX_BLOCKS: usize = 1_000;
/// Function bodies are also parsed. Bodies inside bodies are checked to this depth.
const MAX_BODIES: usize = 8;

/// Whether a statement, or a function body in it, may be nested too deeply for the parser.
pub fn is_too_deep(text: &str) -> bool {
    exceeds(text, MAX_BODIES)
}

fn exceeds(text: &str, bodies: usize) -> bool {
    let mut lexer = Lexer::new(text);
    let mut depth = Depth::default();
    while let Ok(Some(token)) = lexer.next_token() {
        if !token.kind.is_significant() {
            continue;
        }
        depth.take(text, token);
        if depth.is_too_much()
            || (may_be_deep_body(token) && (bodies == 0 || exceeds(inner(token.text(text)), bodies - 1)))
        {
            return true;
        }
    }
    false
}

/// The current nesting. A chain is a sequence of tokens without a comma: the tree of a chain of operators is as deep as the
/// chain is long.
#[derive(Default)]
struct Depth {
    closed_chains: Vec<usize>,
    open: usize,
    chain: usize,
    blocks: usize,
}

impl Depth {
    fn take(&mut self, text: &str, token: Token) {
        self.chain += 1;
        match (token.kind, token.text(text)) {
            (TokenKind::OpenParenthesis, _) | (TokenKind::Other, "[") => {
                self.closed_chains.push(self.chain);
                self.open += self.chain;
                self.chain = 0;
            }
            (TokenKind::CloseParenthesis, _) | (TokenKind::Other, "]") => {
                self.chain = self.closed_chains.pop().unwrap_or(self.chain);
                self.open = self.open.saturating_sub(self.chain);
            }
            (TokenKind::Semicolon, _) | (TokenKind::Other, ",") => self.chain = 0,
            (TokenKind::Word, word)
                if ["begin", "if", "loop", "case"].iter().any(|open| word.eq_ignore_ascii_case(open)) =>
            {
                self.blocks += 1;
            }
            _ => {}
        }
    }

    fn is_too_much(&self) -> bool {
        self.open + self.chain > MAX_CHAIN || self.closed_chains.len() > MAX_PARENTHESES || self.blocks > MAX_BLOCKS
    }
}

/// Whether a string may be a function body that is nested too deeply. A short string cannot be.
fn may_be_deep_body(token: Token) -> bool {
    matches!(token.kind, TokenKind::String | TokenKind::DollarString) && token.end - token.start > MAX_PARENTHESES
}

/// The text between the quotes of a string, of any kind.
fn inner(quoted: &str) -> &str {
    let start = quoted.find(['\'', '$']).map_or(0, |quote| quote + 1);
    let body = quoted.get(start..).unwrap_or_default();
    if !quoted.starts_with('$') {
        return body.trim_end_matches('\'');
    }
    let tag = body.find('$').map_or(0, |end| end + 1);
    body.get(tag..body.len().saturating_sub(tag + 1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::statement::{Action, Transaction, analyse_one};

    #[test]
    fn a_text_that_is_nested_too_deeply_is_unreadable() {
        let n = 200_000;
        for sql in [
            format!("DELETE FROM t WHERE a = {}1", "1+".repeat(n)),
            format!("DELETE FROM t WHERE {}a", "NOT ".repeat(n)),
            format!("DELETE FROM t WHERE a = {}1{}", "(".repeat(n), ")".repeat(n)),
            format!("DELETE FROM t WHERE a = {}1{}", "(b, ".repeat(n), ")".repeat(n)),
            format!("DELETE FROM t WHERE a = {}1{}", "array[".repeat(n), "]".repeat(n)),
            format!("DO $$ {} {} $$", "BEGIN ".repeat(n), "END; ".repeat(n)),
            format!("DO $$ BEGIN {} {} END $$", "IF a THEN ".repeat(n), "END IF; ".repeat(n)),
            format!("DO 'BEGIN a := {}1; END'", "- ".repeat(n)),
            format!("DO $$ BEGIN EXECUTE '{}a'; END $$", "NOT ".repeat(n)),
        ] {
            let statement = analyse_one(&sql);
            let is_unreadable = |action: &Action| matches!(action, Action::Unreadable { .. });
            assert!(statement.actions.iter().any(is_unreadable), "{}", &sql[..30]);
            assert_eq!(statement.transaction, Transaction::Allowed);
        }
        let body = format!("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $x$ SELECT {}1 $x$", "1+".repeat(n));
        assert!(is_too_deep(&body) && analyse_one(&body).actions.is_empty());
    }

    #[test]
    fn a_long_text_is_read() {
        let rows = "(1, 'a', now()), ".repeat(3_000);
        for sql in [
            format!("INSERT INTO t VALUES {rows}(1, 'b', now())"),
            format!("DELETE FROM t WHERE a IN ({}1)", "1, ".repeat(20_000)),
            format!("DELETE FROM t WHERE {}false", "a = 1 OR ".repeat(900)),
            format!("DO $$ BEGIN {} END $$", "INSERT INTO t VALUES (1, 2); ".repeat(900)),
        ] {
            assert!(!is_too_deep(&sql), "{}", &sql[..30]);
            let is_unreadable = |action: &Action| matches!(action, Action::Unreadable { .. });
            assert!(!analyse_one(&sql).actions.iter().any(is_unreadable), "{}", &sql[..30]);
        }
    }
}
