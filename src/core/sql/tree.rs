//! squawk's syntax tree of one statement.

use squawk_syntax::ast::{SourceFile, Stmt};

use super::depth::is_too_deep;
use super::lexer::{Lexer, Token, TokenKind};

/// One statement as a tree.
pub struct Tree {
    /// The statement's root node.
    pub statement: Stmt,
    /// Whether the parser took the whole text; when it did not, the tree may hold less than the text says.
    pub complete: bool,
}

/// The tree of a statement; `None` where the parser makes nothing of it, or would run out of stack.
pub fn parse(statement: &str) -> Option<Tree> {
    if is_too_deep(statement) {
        return None;
    }
    let parsed = SourceFile::parse(statement);
    let mut statements = parsed.tree().stmts().filter(|statement| !matches!(statement, Stmt::EmptyStmt(_)));
    let first = statements.next()?;
    let complete = statements.next().is_none() && parsed.errors().is_empty();
    Some(Tree { statement: first, complete })
}

/// The first words of a statement in lower case, as far as they follow each other without anything between.
#[must_use]
pub fn leading_words(statement: &str) -> Vec<String> {
    significant(statement)
        .take_while(|token| token.kind == TokenKind::Word)
        .map(|token| token.text(statement).to_lowercase())
        .collect()
}

/// Every keyword and unquoted name of a statement, in lower case, with its byte offset.
pub fn word_places(statement: &str) -> impl Iterator<Item = (usize, String)> {
    significant(statement)
        .filter(|token| token.kind == TokenKind::Word)
        .map(|token| (token.start, token.text(statement).to_lowercase()))
}

fn significant(statement: &str) -> impl Iterator<Item = Token> {
    let mut lexer = Lexer::new(statement);
    std::iter::from_fn(move || lexer.next_token().ok().flatten()).filter(|token| token.kind.is_significant())
}
