//! The strings in a Python file.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::parse_statements;

/// The texts of the strings of a file between their quotes, as written, without docstrings.
#[must_use]
pub fn string_texts(text: &str) -> Vec<&str> {
    let (body, _) = parse_statements(text);
    let mut finder = Finder { text, found: Vec::new() };
    finder.visit_body(&body);
    finder.found
}

struct Finder<'t> {
    text: &'t str,
    found: Vec<&'t str>,
}

impl<'a> Visitor<'a> for Finder<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let is_docstring = matches!(statement, Stmt::Expr(alone) if alone.value.is_string_literal_expr());
        if !is_docstring {
            walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if matches!(expression, Expr::StringLiteral(_) | Expr::FString(_)) {
            let source = self.text.get(expression.start().to_usize()..expression.end().to_usize()).unwrap_or_default();
            let quoted = source.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            self.found.push(quoted.trim_matches(['"', '\'']));
        }
        walk_expr(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docstrings_are_left_out() {
        let text = "'''create user table'''\nNAME = 'a'\n\ndef upgrade():\n    'create role'\n    \
                    op.execute(f\"CREATE ROLE {NAME}\")\n    op.execute(r'''DROP\nROLE x''')\n";
        assert_eq!(string_texts(text), ["a", "CREATE ROLE {NAME}", "DROP\nROLE x"]);
    }
}
