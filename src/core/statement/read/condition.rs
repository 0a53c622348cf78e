//! Decides whether the condition of an UPDATE requires that a column is NULL.

use squawk_syntax::ast::{AstNode, Update, normalize_name_node};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::core::statement::Name;

/// Whether the UPDATE changes only rows in which the column is NULL: its condition is `column IS NULL`, or a conjunction
/// (AND) that contains it.
pub fn requires_null(update: &Update, table: &Name, column: &Name) -> bool {
    let alias =
        update.alias().and_then(|alias| alias.syntax().children().last()).map(|name| normalize_name_node(&name));
    let row = alias.as_ref().unwrap_or(&table.name);
    let Some(condition) = update.where_clause_or_current_of() else { return false };
    condition.syntax().children().any(|expression| requires(&expression, row, &column.name))
}

fn requires(expression: &SyntaxNode, row: &str, column: &str) -> bool {
    let operands: Vec<SyntaxNode> = expression.children().collect();
    let has = |kind| expression.children_with_tokens().any(|element| element.kind() == kind);
    match (expression.kind(), operands.as_slice()) {
        (SyntaxKind::PAREN_EXPR, [inner]) => requires(inner, row, column),
        (SyntaxKind::BIN_EXPR, [left, right]) if has(SyntaxKind::AND_KW) => {
            requires(left, row, column) || requires(right, row, column)
        }
        (SyntaxKind::BIN_EXPR, [left, right]) if has(SyntaxKind::IS_KW) => {
            let null = right.first_token().is_some_and(|token| token.kind() == SyntaxKind::NULL_KW);
            null && is_column(left, row, column)
        }
        _ => false,
    }
}

fn is_column(expression: &SyntaxNode, row: &str, column: &str) -> bool {
    let names: Vec<String> = match expression.kind() {
        SyntaxKind::NAME_REF => vec![normalize_name_node(expression)],
        SyntaxKind::FIELD_EXPR => expression.children().map(|name| normalize_name_node(&name)).collect(),
        _ => return false,
    };
    match names.as_slice() {
        [name] => name == column,
        [of, name] => of == row && name == column,
        _ => false,
    }
}
