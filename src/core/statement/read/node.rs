//! Helpers that read nodes of the syntax tree.

use squawk_syntax::ast::{AstNode, IfNotExists, Type};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::core::statement::Name;

/// The name in a node that may be missing.
pub fn name<N: AstNode>(node: Option<N>) -> Option<Name> {
    Name::read(node?.syntax())
}

/// The names in a list of nodes.
pub fn names<N: AstNode>(nodes: impl Iterator<Item = N>) -> Vec<Name> {
    nodes.filter_map(|node| Name::read(node.syntax())).collect()
}

/// The text of a node.
pub fn text(node: &SyntaxNode) -> String {
    node.text().to_string().trim().to_owned()
}

/// The text of a node on one line.
pub fn one_line(node: &SyntaxNode) -> String {
    node.text().to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text of a type on one line, in lower case unless a part of it is quoted.
pub fn type_text(ty: &Type) -> String {
    let line = one_line(ty.syntax());
    if line.contains('"') { line } else { line.to_lowercase() }
}

/// Whether a direct child is `IF NOT EXISTS`.
pub fn has_if_not_exists(node: &SyntaxNode) -> bool {
    node.children().any(|child| IfNotExists::can_cast(child.kind()))
}

/// Whether a direct child has this kind.
pub fn has_child(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    node.children_with_tokens().any(|child| child.kind() == kind)
}

/// Whether an expression is the constant NULL.
pub fn is_null(value: &SyntaxNode) -> bool {
    let text = value.text().to_string().to_lowercase();
    text.trim() == "null" || text.trim().starts_with("null::")
}
