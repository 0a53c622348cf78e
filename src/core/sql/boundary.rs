//! Where a statement ends: at a semicolon that no parenthesis and no `BEGIN ATOMIC … END` body encloses.

use super::lexer::{Token, TokenKind};

/// What a token means for the statement that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRole {
    /// It belongs to the statement.
    Inside,
    /// It is the semicolon that ends it.
    End,
    /// It is the semicolon of `COPY … FROM stdin`; rows follow on the next line.
    EndBeforeRows,
}

/// Follows the tokens of one statement after the other.
#[derive(Debug, Default)]
pub struct Boundary<'a> {
    /// The first significant tokens, to tell `COPY` and `CREATE FUNCTION`.
    opening: Vec<&'a str>,
    previous: Option<Token>,
    parentheses: usize,
    /// `BEGIN ATOMIC` and every `CASE` in it that is still open.
    blocks: usize,
    from_stdin: bool,
}

/// `CREATE OR REPLACE FUNCTION` is the longest opening that is looked at.
const OPENING: usize = 4;

impl<'a> Boundary<'a> {
    /// Takes the next token of `source`. After an end the next statement begins by itself.
    pub fn advance(&mut self, source: &'a str, token: Token) -> TokenRole {
        if !token.kind.is_significant() {
            return TokenRole::Inside;
        }
        match token.kind {
            TokenKind::Semicolon if self.parentheses == 0 && self.blocks == 0 => {
                let rows = self.from_stdin;
                *self = Self::default();
                return if rows { TokenRole::EndBeforeRows } else { TokenRole::End };
            }
            TokenKind::OpenParenthesis => self.parentheses += 1,
            TokenKind::CloseParenthesis => self.parentheses = self.parentheses.saturating_sub(1),
            TokenKind::Word => self.word(source, token),
            _ => {}
        }
        if self.opening.len() < OPENING {
            self.opening.push(token.text(source));
        }
        self.previous = Some(token);
        TokenRole::Inside
    }

    fn word(&mut self, source: &str, token: Token) {
        let is = |word| token.is_word(source, word);
        let after = |word| self.previous.is_some_and(|previous| previous.is_word(source, word));
        if is("stdin") && after("from") && self.parentheses == 0 && self.opens_with("copy") {
            self.from_stdin = true;
        } else if is("atomic") && after("begin") && self.blocks == 0 && self.creates_routine() {
            self.blocks = 1;
        } else if self.blocks > 0 && !self.is_label(source) {
            if is("case") {
                self.blocks += 1;
            } else if is("end") {
                self.blocks -= 1;
            }
        }
    }

    /// Behind `AS` or a dot even a reserved word is only a name.
    fn is_label(&self, source: &str) -> bool {
        self.previous.is_some_and(|previous| previous.is_word(source, "as") || previous.text(source) == ".")
    }

    fn opens_with(&self, word: &str) -> bool {
        self.opening.first().is_some_and(|first| first.eq_ignore_ascii_case(word))
    }

    fn creates_routine(&self) -> bool {
        self.opens_with("create")
            && self
                .opening
                .iter()
                .skip(1)
                .any(|word| word.eq_ignore_ascii_case("function") || word.eq_ignore_ascii_case("procedure"))
    }
}
