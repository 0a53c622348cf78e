//! Reads the words of a statement: keywords and unquoted names.

use super::lexer::{Lexer, Token, TokenKind};

/// The words before the first token that is not a word, in lower case.
#[must_use]
pub fn leading_words(statement: &str) -> Vec<String> {
    significant_tokens(statement)
        .take_while(|token| token.kind == TokenKind::Word)
        .map(|token| token.text(statement).to_lowercase())
        .collect()
}

/// All keywords and unquoted names of a statement, in lower case, with their byte offsets.
pub fn words_with_offsets(statement: &str) -> impl Iterator<Item = (usize, String)> {
    significant_tokens(statement)
        .filter(|token| token.kind == TokenKind::Word)
        .map(|token| (token.start, token.text(statement).to_lowercase()))
}

/// The tokens of a statement without whitespace and comments.
pub(super) fn significant_tokens(statement: &str) -> impl Iterator<Item = Token> {
    let mut lexer = Lexer::new(statement);
    std::iter::from_fn(move || lexer.next_token().ok().flatten()).filter(|token| token.kind.is_significant())
}
