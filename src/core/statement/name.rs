//! The names of objects, as read from the syntax tree.

use std::fmt;

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{AstNode, Path, PathRef, normalize_name_node};
use squawk_syntax::quote::quote_ident;

/// A name without quotes; unquoted names are folded to lower case, as the server does. `Display` quotes it if necessary.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    pub schema: Option<String>,
    pub name: String,
}

impl Name {
    /// Reads the first name in a node: a dotted path, or the text of the node if it contains no path.
    pub(super) fn read(node: &SyntaxNode) -> Option<Self> {
        let path = node.descendants().find(|node| PathRef::can_cast(node.kind()) || Path::can_cast(node.kind()));
        let Some(path) = path else {
            let name = normalize_name_node(node);
            return (!name.is_empty()).then_some(Self { schema: None, name });
        };
        let (qualifier, segment) = if let Some(path) = Path::cast(path.clone()) {
            (path.qualifier(), path.segment().map(|segment| segment.syntax().clone()))
        } else {
            let path = PathRef::cast(path)?;
            (path.qualifier(), path.segment().map(|segment| segment.syntax().clone()))
        };
        let schema = qualifier.and_then(|qualifier| Some(normalize_name_node(qualifier.segment()?.syntax())));
        Some(Self { schema, name: normalize_name_node(&segment?) })
    }

    /// The name with another last part, and with another schema if one is given.
    #[must_use]
    pub fn with(&self, schema: Option<String>, name: String) -> Self {
        Self { schema: schema.or_else(|| self.schema.clone()), name }
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
