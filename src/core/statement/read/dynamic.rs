//! Reads the SQL text that PL/pgSQL's EXECUTE runs, if it is constant.

use squawk_syntax::ast::{AstNode, Literal};
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// An SQL text that is known, completely or in part, before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dynamic {
    /// The whole text.
    Constant(String),
    /// The text, with `"%I"` and `'%L'` in place of names and values. A quoted name or value cannot add a statement.
    Template(String),
}

/// The text of an expression that is a string constant, or a call of `format()` with a constant format string that quotes
/// all arguments.
pub fn text(expression: &SyntaxNode) -> Option<Dynamic> {
    let inner = innermost(expression);
    if let Some(literal) = Literal::cast(inner.clone()) {
        return Some(Dynamic::Constant(value(&literal)?));
    }
    let mut children = inner.children();
    let (function, arguments) = (children.next()?, children.next()?);
    let formats = inner.kind() == SyntaxKind::CALL_EXPR
        && function.kind() == SyntaxKind::NAME_REF
        && function.text().to_string().eq_ignore_ascii_case("format");
    if !formats {
        return None;
    }
    let first = innermost(&arguments.children().next()?);
    replace_placeholders(&value(&Literal::cast(first)?)?).map(Dynamic::Template)
}

/// The innermost node that covers the same text.
fn innermost(node: &SyntaxNode) -> SyntaxNode {
    let mut node = node.clone();
    loop {
        let only = { node.children().next().filter(|child| child.text_range() == node.text_range()) };
        match only {
            Some(child) => node = child,
            None => return node,
        }
    }
}

fn value(literal: &Literal) -> Option<String> {
    literal.decoded_value().map(|decoded| decoded.text().to_owned())
}

/// The format string of `format()`, with `%I` and `%L` replaced. `None` if it contains other placeholders, which can insert
/// any SQL.
fn replace_placeholders(template: &str) -> Option<String> {
    let mut pieces = template.split('%');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    while let Some(piece) = pieces.next() {
        if piece.is_empty() {
            text.push('%');
            text.push_str(pieces.next()?);
            continue;
        }
        let numbered = piece.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('$');
        let kind = numbered.unwrap_or(piece);
        let rest = kind.get(1..)?;
        match kind.chars().next()? {
            'I' => text.push_str("\"%I\""),
            'L' => text.push_str("'%L'"),
            _ => return None,
        }
        text.push_str(rest);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::replace_placeholders;
    use crate::core::hazard::cases::check;

    #[test]
    fn only_quoting_placeholders_are_replaced() {
        for (template, expected) in [
            ("GRANT a TO %I", Some("GRANT a TO \"%I\"")),
            ("%1$I.%2$I = %L", Some("\"%I\".\"%I\" = '%L'")),
            ("100%% %I", Some("100% \"%I\"")),
            ("nothing", Some("nothing")),
            ("%s", None),
            ("%-10I", None),
            ("%1$s", None),
            ("%", None),
            ("%é", None),
        ] {
            assert_eq!(replace_placeholders(template).as_deref(), expected, "{template}");
        }
    }

    #[test]
    fn findings() {
        check(&[
            ("DO $$ BEGIN EXECUTE format('GRANT a TO %I', current_user); END $$", &[]),
            ("DO $$ BEGIN EXECUTE format('CREATE TABLE %I (a int DEFAULT %L)', a, b); END $$", &[]),
            ("DO $$ BEGIN EXECUTE format('GRANT a TO %s', b); END $$", &["DL190 EXECUTE format('GRANT a TO %s', b)"]),
            ("DO $$ BEGIN EXECUTE format('TRUNCATE %I', b); END $$", &["DL190 EXECUTE format('TRUNCATE %I', b)"]),
            ("DO $$ BEGIN EXECUTE f('GRANT a TO %I', b); END $$", &["DL190 EXECUTE f('GRANT a TO %I', b)"]),
            ("DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'a'; END $$", &["DL190 EXECUTE 'DROP TABLE ' || 'a'"]),
        ]);
    }
}
