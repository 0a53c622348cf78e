//! Parses one statement. Only `core::statement` calls the parser.

use squawk_syntax::ast::{AstNode, SourceFile, Stmt};
use squawk_syntax::syntax_error::SyntaxError;

use super::depth::is_too_deep;

/// The syntax tree of one statement.
pub(super) struct Tree {
    /// The statement's root node.
    pub statement: Stmt,
    /// Whether the parser understood the whole text. Otherwise the tree may lack parts of the text.
    pub complete: bool,
    /// If it did not: the byte at which it stopped.
    pub stopped_at: Option<usize>,
}

/// Parses a statement. `None` if the parser understands no part of it, or if its nesting would overflow the stack.
pub(super) fn parse(statement: &str) -> Option<Tree> {
    if is_too_deep(statement) {
        return None;
    }
    let parsed = SourceFile::parse(statement);
    let mut statements = parsed.tree().stmts().filter(|statement| !matches!(statement, Stmt::EmptyStmt(_)));
    let first = statements.next()?;
    let second = statements.next();
    let errors = parsed.errors();
    let complete = second.is_none() && errors.is_empty();
    let stops = errors.iter().map(SyntaxError::range).chain(second.map(|second| second.syntax().text_range()));
    let stopped_at = stops.map(|range| usize::from(range.start())).min();
    Some(Tree { statement: first, complete, stopped_at })
}
