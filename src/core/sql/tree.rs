//! squawk's syntax tree of one statement.

use squawk_syntax::ast::{SourceFile, Stmt};

use super::lexer::{Lexer, Token, TokenKind};

/// The deepest nesting of parentheses and brackets that is given to the parser, which is recursive.
const MAX_DEPTH: usize = 500;

/// One statement as a tree.
pub struct Tree {
    /// The statement's root node.
    pub statement: Stmt,
    /// Whether the parser took the whole text; when it did not, the tree may hold less than the text says.
    pub complete: bool,
}

/// The tree of a statement; `None` where the parser makes nothing of it.
pub fn parse(statement: &str) -> Option<Tree> {
    if depth(statement) > MAX_DEPTH {
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

/// Every keyword and unquoted name of a statement, in lower case.
pub fn words(statement: &str) -> impl Iterator<Item = String> {
    significant(statement)
        .filter(|token| token.kind == TokenKind::Word)
        .map(|token| token.text(statement).to_lowercase())
}

fn significant(statement: &str) -> impl Iterator<Item = Token> {
    let mut lexer = Lexer::new(statement);
    std::iter::from_fn(move || lexer.next_token().ok().flatten()).filter(|token| token.kind.is_significant())
}

fn depth(statement: &str) -> usize {
    let mut lexer = Lexer::new(statement);
    let (mut depth, mut deepest) = (0_usize, 0);
    while let Ok(Some(token)) = lexer.next_token() {
        match (token.kind, token.text(statement)) {
            (TokenKind::OpenParenthesis, _) | (TokenKind::Other, "[") => depth += 1,
            (TokenKind::CloseParenthesis, _) | (TokenKind::Other, "]") => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
