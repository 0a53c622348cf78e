//! Whether Python source defines a table with SQLAlchemy.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{self as ast, Expr, Stmt};

use super::parse_statements;

/// A file that defines a table contains at least one of these words.
const WORDS: [&str; 5] = ["__tablename__", "__table__", "Table(", "table=True", ".Model"];

/// Whether a file defines a table: a mapped class, or a call of `Table`.
#[must_use]
pub fn defines_table(text: &str) -> bool {
    // Most files contain none of the words and need not be parsed.
    if !WORDS.iter().any(|word| text.contains(word)) {
        return false;
    }
    let (body, _) = parse_statements(text);
    let mut finder = TableFinder::default();
    finder.visit_body(&body);
    finder.found
}

#[derive(Default)]
struct TableFinder {
    found: bool,
}

impl<'a> Visitor<'a> for TableFinder {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::ClassDef(class) = statement {
            self.found |= is_mapped(class);
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression {
            // Table("users", metadata, …)
            let arguments = &call.arguments.args;
            self.found |= last_name(&call.func) == Some("Table")
                && matches!(arguments.first(), Some(Expr::StringLiteral(_) | Expr::FString(_)))
                && arguments.len() > 1;
        }
        walk_expr(self, expression);
    }
}

/// Whether a class has a table of its own.
fn is_mapped(class: &ast::StmtClassDef) -> bool {
    let is_true = |expression: &Expr| matches!(expression, Expr::BooleanLiteral(literal) if literal.value);
    let attribute = |name: &str| class.body.iter().find_map(|statement| value_of(statement, name));
    if attribute("__abstract__").is_some_and(is_true) {
        return false;
    }
    let arguments = class.arguments.as_deref();
    // SQLModel: class Hero(SQLModel, table=True)
    let is_table = arguments.is_some_and(|arguments| {
        let mut keywords = arguments.keywords.iter();
        keywords.any(|keyword| keyword.arg.as_deref() == Some("table") && is_true(&keyword.value))
    });
    // Flask-SQLAlchemy names the table of a class that has columns.
    let is_flask = arguments.is_some_and(|arguments| arguments.args.iter().any(is_flask_model))
        && class.body.iter().any(has_column);
    let has_name = ["__tablename__", "__table__"].into_iter().any(|name| attribute(name).is_some());
    has_name || is_table || is_flask
}

/// The value that a statement assigns to a name.
fn value_of<'a>(statement: &'a Stmt, name: &str) -> Option<&'a Expr> {
    let is_name = |target: &Expr| matches!(target, Expr::Name(found) if found.id.as_str() == name);
    match statement {
        Stmt::Assign(assignment) if assignment.targets.iter().any(is_name) => Some(&assignment.value),
        Stmt::AnnAssign(assignment) if is_name(&assignment.target) => assignment.value.as_deref(),
        _ => None,
    }
}

fn is_flask_model(base: &Expr) -> bool {
    matches!(base, Expr::Attribute(attribute) if attribute.attr.as_str() == "Model")
}

fn has_column(statement: &Stmt) -> bool {
    let value = match statement {
        Stmt::Assign(assignment) => Some(&*assignment.value),
        Stmt::AnnAssign(assignment) => assignment.value.as_deref(),
        _ => None,
    };
    let Some(Expr::Call(call)) = value else { return false };
    matches!(last_name(&call.func), Some("Column" | "mapped_column"))
}

/// The last part of a dotted name.
fn last_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_classes_and_tables_are_found() {
        for (text, expected) in [
            ("class User(Base):\n    __tablename__ = 'users'", true),
            ("class User(Base):\n    __tablename__: str = 'users'", true),
            ("if True:\n    class User(Base):\n        __tablename__ = 'users'", true),
            ("class User(Base):\n    __table__ = users", true),
            ("class Hero(SQLModel, table=True):\n    id: int", true),
            ("class Hero(SQLModel):\n    id: int  # table=True", false),
            ("users = Table('users', metadata, Column('id', Integer))", true),
            ("users = sa.Table('users', Base.metadata)", true),
            ("def make(name):\n    return sa.Table(f'{name}_x', metadata)", true),
            ("class A(db.Model):\n    id = db.Column(db.Integer, primary_key=True)", true),
            ("class A(db.Model):\n    id: Mapped[int] = mapped_column(primary_key=True)", true),
            ("class A(models.Model):\n    name = models.CharField()", false),
            ("class Mixin:\n    __abstract__ = True\n    __tablename__ = 'x'", false),
            ("from rich import Table\nTable('title')", false),
            ("Table(title='x')", false),
            ("text = \"class User(Base):\\n    __tablename__ = 'users'\"", false),
            ("# __tablename__ = 'users'", false),
            ("class Mixin:\n    @declared_attr\n    def __tablename__(cls):\n        return 'x'", false),
            ("", false),
            ("class User(Base):\n    __tablename__ = 'users'\n\ndef broken(:", true),
        ] {
            assert_eq!(defines_table(text), expected, "{text}");
        }
    }
}
