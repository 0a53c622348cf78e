//! Finds the end of each statement: a semicolon outside parentheses and outside a `BEGIN ATOMIC … END` body.

use super::lexer::{Token, TokenKind};

/// The role of a token in its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRole {
    /// The token is a part of the statement.
    Inside,
    /// The token is the semicolon that ends the statement.
    End,
    /// The token is the semicolon that ends `COPY … FROM stdin`. The data starts on the next line.
    EndBeforeCopyData,
}

/// The state that is needed to find the end of the current statement.
#[derive(Debug, Default)]
pub struct Boundary<'a> {
    /// The first significant tokens, which identify `COPY` and `CREATE FUNCTION`.
    opening: Vec<&'a str>,
    previous: Option<Token>,
    parentheses: usize,
    /// The number of open blocks: `BEGIN ATOMIC` and each `CASE` in it.
    blocks: usize,
    from_stdin: bool,
}

/// The number of words in `CREATE OR REPLACE FUNCTION`, the longest opening that matters.
const OPENING: usize = 4;

impl<'a> Boundary<'a> {
    /// Processes the next token of `source`. After the end of a statement, the next token starts a new statement.
    pub fn advance(&mut self, source: &'a str, token: Token) -> TokenRole {
        if !token.kind.is_significant() {
            return TokenRole::Inside;
        }
        match token.kind {
            TokenKind::Semicolon if self.parentheses == 0 && self.blocks == 0 => {
                let has_copy_data = self.from_stdin;
                *self = Self::default();
                return if has_copy_data { TokenRole::EndBeforeCopyData } else { TokenRole::End };
            }
            TokenKind::OpenParenthesis => self.parentheses += 1,
            TokenKind::CloseParenthesis => self.parentheses = self.parentheses.saturating_sub(1),
            TokenKind::Word => self.process_word(source, token),
            _ => {}
        }
        if self.opening.len() < OPENING {
            self.opening.push(token.text(source));
        }
        self.previous = Some(token);
        TokenRole::Inside
    }

    fn process_word(&mut self, source: &str, token: Token) {
        let is = |word| token.is_word(source, word);
        let after = |word| self.previous.is_some_and(|previous| previous.is_word(source, word));
        if is("stdin") && after("from") && self.parentheses == 0 && self.opens_with("copy") {
            self.from_stdin = true;
        } else if is("atomic") && after("begin") && self.blocks == 0 && self.creates_routine() {
            self.blocks = 1;
        } else if self.blocks > 0 && !self.is_name(source) {
            if is("case") {
                self.blocks += 1;
            } else if is("end") {
                self.blocks -= 1;
            }
        }
    }

    /// Whether the current word is a name: after `AS` or a dot, even a reserved word is a name.
    fn is_name(&self, source: &str) -> bool {
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
