//! Reads the actions of a statement from its syntax tree.

mod actions;
mod condition;
mod constraint;
mod dynamic;
pub(super) mod maintenance;
mod node;
mod objects;
mod rewrite_rule;
mod rows;
mod session;
mod table;
mod using;
mod volatile;
mod walk;

use squawk_syntax::ast::AstNode;

use super::ScriptState;
use super::parse::Tree;
pub(super) use node::{name as node_name, text};
pub use rewrite_rule::rule_actions;
pub(super) use walk::plain_insert;

pub(super) use walk::StatementContents;

/// Reads a statement. `tree` is `None` if it cannot be parsed.
pub(super) fn read(statement: &str, tree: Option<&Tree>, state: &ScriptState) -> StatementContents {
    let mut read = walk::walk(statement, tree, state);
    let Some(tree) = tree else { return read };
    let own = session::session(&tree.statement).or_else(|| walk::routine(tree.statement.syntax(), state));
    if let Some(own) = own {
        read.actions.insert(0, own);
        read.has_own_action = true;
    }
    read
}
