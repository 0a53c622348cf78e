//! Parses one statement. Only `core::statement` calls the parser.

use squawk_syntax::ast::{SourceFile, Stmt};

use super::depth::is_too_deep;

/// The syntax tree of one statement.
pub(super) struct Tree {
    /// The statement's root node.
    pub statement: Stmt,
    /// Whether the parser understood the whole text. Otherwise the tree may lack parts of the text.
    pub complete: bool,
}

/// Parses a statement. `None` if the parser understands no part of it, or if its nesting would overflow the stack.
pub(super) fn parse(statement: &str) -> Option<Tree> {
    if is_too_deep(statement) {
        return None;
    }
    let parsed = SourceFile::parse(statement);
    let mut statements = parsed.tree().stmts().filter(|statement| !matches!(statement, Stmt::EmptyStmt(_)));
    let first = statements.next()?;
    let complete = statements.next().is_none() && parsed.errors().is_empty();
    Some(Tree { statement: first, complete })
}
