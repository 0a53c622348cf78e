//! Finds the names that statements bind: by assignments, loops, imports, definitions, `with`, `except`, `match` and `del`.

use ruff_python_ast::visitor::{Visitor, walk_except_handler, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{self as ast, ExceptHandler, Expr, ExprContext, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// The names that statements bind.
#[derive(Default)]
pub(super) struct BoundNames<'a> {
    /// Each name with the place where it is bound.
    pub names: Vec<(String, TextRange)>,
    pub functions: Vec<&'a ast::StmtFunctionDef>,
}

impl<'a> BoundNames<'a> {
    /// The names that statements bind in their own scope, not inside functions and classes.
    pub fn of(body: &'a [Stmt]) -> Self {
        let mut bound = Self::default();
        bound.visit_body(body);
        bound
    }

    /// The names that an expression binds (`:=`).
    pub fn of_expression(expression: &'a Expr) -> Self {
        let mut bound = Self::default();
        bound.visit_expr(expression);
        bound
    }

    fn add(&mut self, name: &str, place: &impl Ranged) {
        self.names.push((name.to_owned(), place.range()));
    }

    fn add_identifier(&mut self, name: Option<&ast::Identifier>) {
        if let Some(name) = name {
            self.add(name.as_str(), name);
        }
    }
}

impl<'a> Visitor<'a> for BoundNames<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.functions.push(function),
            Stmt::ClassDef(class) => self.add(class.name.as_str(), class),
            Stmt::Import(ast::StmtImport { names, .. }) | Stmt::ImportFrom(ast::StmtImportFrom { names, .. }) => {
                for alias in names {
                    let first = alias.name.as_str().split('.').next().unwrap_or_default();
                    self.add(alias.asname.as_ref().map_or(first, ast::Identifier::as_str), alias);
                }
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression
            && name.ctx != ExprContext::Load
        {
            self.add(name.id.as_str(), name);
        }
        walk_expr(self, expression);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(except) = handler;
        self.add_identifier(except.name.as_ref());
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchAs(matched) => self.add_identifier(matched.name.as_ref()),
            Pattern::MatchStar(matched) => self.add_identifier(matched.name.as_ref()),
            Pattern::MatchMapping(matched) => self.add_identifier(matched.rest.as_ref()),
            _ => {}
        }
        walk_pattern(self, pattern);
    }
}
