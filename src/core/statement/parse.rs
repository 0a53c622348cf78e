//! The syntax tree of one statement. Nothing outside `core::statement` calls the parser.

use squawk_syntax::ast::{SourceFile, Stmt};

use super::depth::is_too_deep;

/// One statement as a syntax tree.
pub(super) struct Tree {
    /// The statement's root node.
    pub statement: Stmt,
    /// Whether the parser understood the whole text. If not, the tree may contain less than the text.
    pub complete: bool,
}

/// The tree of a statement. `None` if the parser understands nothing of it, or would run out of stack.
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
