//! Executes the statements of a file's top level, as far as their values can be read.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

use super::bound_names::BoundNames;
use super::evaluate::unreadable;
use super::module::Binding;
use super::{FunctionSpan, Module, Unreadable, Value, evaluate};

impl Module<'_> {
    /// Executes statements as far as their values can be read.
    pub(super) fn run(&mut self, body: &[Stmt]) {
        for statement in body {
            self.run_statement(statement);
        }
    }

    fn run_statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Assign(assignment) => {
                let value = evaluate(&assignment.value, self);
                for target in &assignment.targets {
                    self.assign(target, value.clone());
                }
            }
            Stmt::AnnAssign(assignment) => {
                if let Some(value) = &assignment.value {
                    let value = evaluate(value, self);
                    self.assign(&assignment.target, value);
                }
            }
            Stmt::AugAssign(assignment) => self.assign_operation(assignment),
            Stmt::If(condition) => self.run_if(condition),
            Stmt::Try(attempt) => {
                self.run(&attempt.body);
                self.run(&attempt.orelse);
                self.run(&attempt.finalbody);
            }
            Stmt::With(block) => {
                for target in block.items.iter().filter_map(|item| item.optional_vars.as_deref()) {
                    self.assign(target, Err(unreadable(target)));
                }
                self.run(&block.body);
            }
            Stmt::For(_) | Stmt::While(_) | Stmt::Match(_) => self.forget_bound(std::slice::from_ref(statement)),
            Stmt::FunctionDef(function) => self.define(function),
            Stmt::ClassDef(class) => self.forget(class.name.as_str(), statement),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Delete(deletion) => self.delete(deletion),
            _ => {}
        }
    }

    /// `name += value` and the like.
    fn assign_operation(&mut self, assignment: &ast::StmtAugAssign) {
        let operation = ast::ExprBinOp {
            node_index: ast::AtomicNodeIndex::default(),
            range: assignment.range,
            left: assignment.target.clone(),
            op: assignment.op,
            right: assignment.value.clone(),
        };
        let value = evaluate(&Expr::BinOp(operation), self);
        self.assign(&assignment.target, value);
    }

    fn delete(&mut self, deletion: &ast::StmtDelete) {
        for target in &deletion.targets {
            if let Expr::Name(name) = target {
                self.bindings.remove(name.id.as_str());
            }
        }
    }

    fn assign(&mut self, target: &Expr, value: Result<Value, Unreadable>) {
        match target {
            Expr::Name(name) => {
                let binding = match value {
                    Ok(value) => Binding::Value(value),
                    Err(unreadable) => Binding::Unreadable(unreadable),
                };
                self.bindings.insert(name.id.to_string(), binding);
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                let values = value.as_ref().ok().and_then(|value| value.items());
                let values = values.filter(|values| values.len() == elts.len());
                for (index, element) in elts.iter().enumerate() {
                    let value = values.and_then(|values| values.get(index)).cloned();
                    self.assign(element, value.ok_or_else(|| unreadable(element)));
                }
            }
            _ => {}
        }
    }

    /// Runs the branch that Python would run. If that is not known, the names of all branches are not known either.
    fn run_if(&mut self, condition: &ast::StmtIf) {
        let branches = std::iter::once((Some(&*condition.test), &condition.body))
            .chain(condition.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &clause.body)));
        let branches: Vec<_> = branches.collect();
        for (index, (test, body)) in branches.iter().enumerate() {
            if let Some(test) = test {
                self.forget_names(BoundNames::of_expression(test));
            }
            match test.map(|test| self.holds(test)) {
                None | Some(Some(true)) => return self.run(body),
                Some(Some(false)) => {}
                Some(None) => {
                    for (_, body) in branches.iter().skip(index) {
                        self.forget_bound(body);
                    }
                    return;
                }
            }
        }
    }

    /// Whether a condition is true. Code for type checkers and for running the file as a program does not run.
    fn holds(&self, test: &Expr) -> Option<bool> {
        match super::evaluate::dotted_name(test).as_deref() {
            Some("TYPE_CHECKING" | "typing.TYPE_CHECKING" | "t.TYPE_CHECKING") => Some(false),
            _ => evaluate(test, self).ok().map(|value| value.is_true()),
        }
    }

    /// The values of the names that the statements bind are not known any more.
    fn forget_bound(&mut self, body: &[Stmt]) {
        self.forget_names(BoundNames::of(body));
    }

    fn forget_names(&mut self, bound: BoundNames<'_>) {
        for (name, range) in bound.names {
            let unreadable = Unreadable { offset: range.start().to_usize(), end: range.end().to_usize() };
            self.bindings.insert(name, Binding::Unreadable(unreadable));
        }
        for function in bound.functions {
            self.define(function);
        }
    }

    fn forget(&mut self, name: &str, statement: &Stmt) {
        let range = statement.range();
        let unreadable = Unreadable { offset: range.start().to_usize(), end: range.end().to_usize() };
        self.bindings.insert(name.to_owned(), Binding::Unreadable(unreadable));
    }

    fn define(&mut self, function: &ast::StmtFunctionDef) {
        let range = function.range;
        let start = function.decorator_list.first().map_or(range.start(), Ranged::start);
        let span = FunctionSpan {
            start: start.to_usize(),
            end: range.end().to_usize(),
            is_empty: function.body.iter().all(does_nothing),
            uses_results: ResultUse::is_in(&function.body),
        };
        self.functions.insert(function.name.to_string(), span);
        let unreadable = Unreadable { offset: span.start, end: span.end };
        self.bindings.insert(function.name.to_string(), Binding::Unreadable(unreadable));
    }

    fn import(&mut self, import: &ast::StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            let (name, target) = if let Some(name) = &alias.asname {
                (name.as_str(), module)
            } else {
                let first = module.split('.').next().unwrap_or(module);
                (first, first)
            };
            self.bindings.insert(name.to_owned(), Binding::Module(target.to_owned()));
        }
    }

    fn import_from(&mut self, import: &ast::StmtImportFrom) {
        let Some(module) = self.absolute(import.module.as_deref().unwrap_or_default(), import.level) else { return };
        for alias in &import.names {
            let member = alias.name.as_str();
            if member == "*" {
                self.stars.push(module.clone());
                continue;
            }
            let name = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
            self.bindings.insert(name, Binding::Member(module.clone(), member.to_owned()));
        }
    }
}

fn does_nothing(statement: &Stmt) -> bool {
    match statement {
        Stmt::Pass(_) => true,
        Stmt::Expr(expression) => matches!(&*expression.value, Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)),
        _ => false,
    }
}

/// Finds loops with a condition, and uses of row counts.
#[derive(Default)]
struct ResultUse(bool);

impl ResultUse {
    fn is_in(body: &[Stmt]) -> bool {
        let mut found = Self::default();
        found.visit_body(body);
        found.0
    }
}

impl<'a> Visitor<'a> for ResultUse {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.0 |= matches!(statement, Stmt::While(_));
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.0 |= matches!(expression, Expr::Attribute(attribute) if attribute.attr.as_str() == "rowcount");
        walk_expr(self, expression);
    }
}
