//! Reads the `USING` expression of `ALTER COLUMN … TYPE`: a chain of casts of a column, or another expression.

use squawk_syntax::ast::{AstNode, Expr, SetType, Type, normalize_name_node};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::node::type_text;
use crate::core::statement::action::{NewType, Using};

/// Reads the new type of a column.
pub fn new_type(change: &SetType) -> Option<NewType> {
    let ty = type_text(&change.ty()?);
    let using = match change.using_expr() {
        None => Using::Assignment,
        Some(using) => using.expr().and_then(|expression| casts(&expression)).unwrap_or(Using::Expression),
    };
    Some(NewType { ty, using })
}

/// The column and the types to which it is cast: text and uuid for `a::text::uuid`, no types for `a`. `None` for any other
/// expression.
fn casts(expression: &Expr) -> Option<Using> {
    let mut chain = Vec::new();
    let mut node: SyntaxNode = expression.syntax().clone();
    loop {
        match node.kind() {
            SyntaxKind::NAME_REF => {
                chain.reverse();
                return Some(Using::Casts { column: normalize_name_node(&node), chain });
            }
            SyntaxKind::PAREN_EXPR => node = operand(&node)?,
            SyntaxKind::CAST_EXPR => {
                chain.push(type_text(&node.children().find_map(Type::cast)?));
                node = operand(&node)?;
            }
            _ => return None,
        }
    }
}

fn operand(node: &SyntaxNode) -> Option<SyntaxNode> {
    node.children().find_map(Expr::cast).map(|expression| expression.syntax().clone())
}
