//! What stands behind USING: a chain of casts of the column, or anything else.

use squawk_syntax::ast::{AstNode, Expr, SelectInto, Stmt, normalize_name_node};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::core::hazard::context::type_text;
use crate::core::sql::tree;

/// The types that a column is cast to one after the other: of `a::text::uuid` text and uuid, of `a` none. `None`: the
/// expression is something else.
pub fn chain(expression: &str) -> Option<Vec<String>> {
    casts(expression).map(|(_, chain)| chain)
}

/// The same, behind the name of the column.
pub fn casts(expression: &str) -> Option<(String, Vec<String>)> {
    let tree = tree::parse(&format!("SELECT {expression}")).filter(|tree| tree.complete)?;
    let Stmt::Select(select) = tree.statement else { return None };
    if SelectInto::can_cast(select.syntax().kind()) || select.from_clause().is_some() {
        return None;
    }
    let mut targets = select.select_clause()?.syntax().descendants().filter_map(Expr::cast);
    let first = targets.next()?;
    let whole = expression.trim();
    if first.syntax().text().to_string().trim() != whole {
        return None;
    }
    let mut types = Vec::new();
    let mut node: SyntaxNode = first.syntax().clone();
    loop {
        match node.kind() {
            SyntaxKind::NAME_REF => {
                types.reverse();
                return Some((normalize_name_node(&node), types));
            }
            SyntaxKind::PAREN_EXPR => node = inner(&node)?,
            SyntaxKind::CAST_EXPR => {
                types.push(type_text(&node.children().find_map(squawk_syntax::ast::Type::cast)?));
                node = inner(&node)?;
            }
            _ => return None,
        }
    }
}

fn inner(node: &SyntaxNode) -> Option<SyntaxNode> {
    node.children().find_map(Expr::cast).map(|expression| expression.syntax().clone())
}
