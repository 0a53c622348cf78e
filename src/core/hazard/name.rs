//! Names of objects as the tree holds them, with and without their quotes.

use std::fmt;

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{AstNode, PathRef, normalize_name_node};
use squawk_syntax::quote::quote_ident;

/// A name without quotes, folded as the server folds it. Displays with quotes where it needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub schema: Option<String>,
    pub name: String,
}

impl Name {
    /// The first name that stands in a node: a path with dots, or the node itself where it holds none.
    pub fn of(node: &SyntaxNode) -> Option<Self> {
        let Some(path) = node.descendants().find_map(PathRef::cast) else {
            let name = normalize_name_node(node);
            return (!name.is_empty()).then_some(Self { schema: None, name });
        };
        let schema = path.qualifier().and_then(|qualifier| last_segment(&qualifier));
        Some(Self { schema, name: last_segment(&path)? })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quote_ident(schema))?;
        }
        f.write_str(&quote_ident(&self.name))
    }
}

fn last_segment(path: &PathRef) -> Option<String> {
    path.segment().map(|segment| normalize_name_node(segment.syntax()))
}
