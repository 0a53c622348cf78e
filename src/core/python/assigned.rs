//! The places of values in the text of a file.

use std::ops::Range;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::bound_names::BoundNames;
use super::parse_statements;

/// The text of a value that is assigned to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedText {
    /// In bytes, with the parentheses around the value.
    pub range: Range<usize>,
    /// The quotes of its first string.
    pub quote: Option<char>,
}

/// The value of the only assignment to a name, if it is at the top level and assigns to this name alone.
#[must_use]
pub fn assigned_text(text: &str, name: &str) -> Option<AssignedText> {
    let (body, errors) = parse_statements(text);
    if !errors.is_empty() {
        return None;
    }
    let mut found = None;
    for statement in &body {
        let value = match statement {
            Stmt::Assign(assignment) => match assignment.targets.as_slice() {
                [target] if is_name(target, name) => Some((target.end().to_usize(), &*assignment.value)),
                _ => None,
            },
            Stmt::AnnAssign(assignment) if is_name(&assignment.target, name) => {
                let value = assignment.value.as_deref()?;
                Some((assignment.annotation.end().to_usize(), value))
            }
            _ => None,
        };
        match value {
            Some(_) if found.is_some() => return None,
            Some(value) => found = Some((value, statement.end().to_usize())),
            None if binds(statement, name) => return None,
            None => {}
        }
    }
    let ((before, value), end) = found?;
    // Parentheses around a value are not a part of its range.
    let sign = before + text.get(before..value.start().to_usize())?.find('=')? + 1;
    let blanks = text.get(sign..end)?.len() - text.get(sign..end)?.trim_start().len();
    let range = sign + blanks..end;
    let quote = text.get(range.clone())?.chars().find(|letter| ['"', '\''].contains(letter));
    Some(AssignedText { range, quote })
}

/// The place of the module's docstring, with its quotes.
#[must_use]
pub fn docstring_text(text: &str) -> Option<Range<usize>> {
    let (body, _) = parse_statements(text);
    match body.first() {
        Some(Stmt::Expr(first)) if first.value.is_string_literal_expr() => {
            Some(first.start().to_usize()..first.end().to_usize())
        }
        _ => None,
    }
}

fn is_name(target: &Expr, name: &str) -> bool {
    matches!(target, Expr::Name(found) if found.id.as_str() == name)
}

fn binds(statement: &Stmt, name: &str) -> bool {
    match statement {
        // The names of a function are its own.
        Stmt::FunctionDef(function) => function.name.as_str() == name,
        Stmt::ClassDef(class) => class.name.as_str() == name,
        _ => BoundNames::of(std::slice::from_ref(statement)).names.iter().any(|(bound, _)| bound == name),
    }
}
