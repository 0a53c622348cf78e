//! The words of a statement: keywords and unquoted names.

use super::lexer::{Lexer, Token, TokenKind};

/// The words at the start of a statement, in lower case, up to the first token that is not a word.
#[must_use]
pub fn leading_words(statement: &str) -> Vec<String> {
    significant_tokens(statement)
        .take_while(|token| token.kind == TokenKind::Word)
        .map(|token| token.text(statement).to_lowercase())
        .collect()
}

/// Every keyword and unquoted name of a statement, in lower case, with its byte offset.
pub fn word_places(statement: &str) -> impl Iterator<Item = (usize, String)> {
    significant_tokens(statement)
        .filter(|token| token.kind == TokenKind::Word)
        .map(|token| (token.start, token.text(statement).to_lowercase()))
}

fn significant_tokens(statement: &str) -> impl Iterator<Item = Token> {
    let mut lexer = Lexer::new(statement);
    std::iter::from_fn(move || lexer.next_token().ok().flatten()).filter(|token| token.kind.is_significant())
}
