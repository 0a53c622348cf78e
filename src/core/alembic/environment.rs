//! What `env.py` says about the version table and the database URL, as far as its code can be read.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{self as ast, Expr, Stmt};

use crate::core::python::{Module, Modules, Names, Unreadable, Value, evaluate, parse_statements};
use crate::core::text::line_at;

/// The name that `env.py` gives to the version table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionTableName {
    Known {
        schema: Option<String>,
        table: String,
    },
    /// The 1-based line of an argument that cannot be read.
    Unreadable {
        line: usize,
        argument: String,
    },
}

/// Where `env.py` takes the database URL from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentUrl {
    /// `sqlalchemy.url` of `alembic.ini`.
    Ini,
    Known(String),
    /// The 1-based line of code that computes the URL.
    Computed {
        line: usize,
    },
}

/// The facts of an `env.py`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentFacts {
    pub version_table: VersionTableName,
    pub url: EnvironmentUrl,
}

impl Default for EnvironmentFacts {
    fn default() -> Self {
        let version_table = VersionTableName::Known { schema: None, table: "alembic_version".to_owned() };
        Self { version_table, url: EnvironmentUrl::Ini }
    }
}

/// Reads an `env.py`. `option` returns the value of an option of `alembic.ini`, `variable` an environment variable.
#[must_use]
pub fn read_environment(
    text: &str,
    modules: &dyn Modules,
    option: &dyn Fn(&str) -> Option<String>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> EnvironmentFacts {
    let module = Module::read(text, modules);
    let (body, _) = parse_statements(text);
    let mut found = Finder::default();
    found.visit_body(&body);
    let names = EnvironmentNames { module: &module, locals: &found.locals, option, variable };
    EnvironmentFacts { version_table: version_table(text, &found, &names), url: url(text, &found, &names) }
}

/// The parts of `env.py` that matter, wherever they are.
#[derive(Default)]
struct Finder<'a> {
    /// Calls of `….configure(…)`.
    configure: Vec<&'a ast::ExprCall>,
    /// What `sqlalchemy.url` is set to, and the URLs of `create_engine`.
    urls: Vec<&'a Expr>,
    /// Assignments of names, also inside functions, in their order.
    locals: Vec<(&'a str, &'a Expr)>,
}

impl<'a> Visitor<'a> for Finder<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::Assign(assignment) = statement {
            for target in &assignment.targets {
                match target {
                    Expr::Name(name) => self.locals.push((name.id.as_str(), &assignment.value)),
                    // configuration["sqlalchemy.url"] = …
                    Expr::Subscript(subscript) if is_url_option(&subscript.slice) => self.urls.push(&assignment.value),
                    _ => {}
                }
            }
        }
        if let Stmt::AnnAssign(assignment) = statement
            && let (Expr::Name(name), Some(value)) = (&*assignment.target, &assignment.value)
        {
            self.locals.push((name.id.as_str(), value));
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression {
            let arguments = &call.arguments.args;
            match function_name(&call.func) {
                Some("configure") => self.configure.push(call),
                Some("set_main_option") if arguments.first().is_some_and(is_url_option) => {
                    self.urls.extend(arguments.get(1));
                }
                Some("set_section_option") if arguments.get(1).is_some_and(is_url_option) => {
                    self.urls.extend(arguments.get(2));
                }
                Some("create_engine" | "create_async_engine") => {
                    self.urls.extend(arguments.first().filter(|url| !reads_url_option(url)));
                }
                _ => {}
            }
        }
        walk_expr(self, expression);
    }
}

/// The last part of the name of a function.
fn function_name(function: &Expr) -> Option<&str> {
    match function {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// Whether an expression is `config.get_main_option("sqlalchemy.url")`.
fn reads_url_option(expression: &Expr) -> bool {
    let Expr::Call(call) = expression else { return false };
    function_name(&call.func) == Some("get_main_option") && call.arguments.args.first().is_some_and(is_url_option)
}

fn is_url_option(expression: &Expr) -> bool {
    matches!(expression, Expr::StringLiteral(literal) if literal.value.to_str() == "sqlalchemy.url")
}

/// The names of `env.py`, with the options of `alembic.ini` and the environment.
struct EnvironmentNames<'a> {
    module: &'a Module<'a>,
    locals: &'a [(&'a str, &'a Expr)],
    option: &'a dyn Fn(&str) -> Option<String>,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Names for EnvironmentNames<'_> {
    fn value(&self, dotted: &str) -> Option<Value> {
        if let Some(value) = self.module.value(dotted) {
            return Some(value);
        }
        // A name with several assignments depends on the order in which the code runs.
        let mut assignments = self.locals.iter().enumerate().filter(|(_, (name, _))| *name == dotted);
        let ((index, (_, value)), None) = (assignments.next()?, assignments.next()) else { return None };
        // Only earlier assignments are visible, so that the evaluation ends.
        let earlier = EnvironmentNames { locals: self.locals.get(..index).unwrap_or_default(), ..*self };
        evaluate(value, &earlier).ok()
    }

    fn call(&self, dotted: &str, arguments: &[Value]) -> Option<Value> {
        let name = arguments.first().and_then(Value::as_text);
        let default = || arguments.get(1).cloned().unwrap_or(Value::None);
        match (dotted, name) {
            ("os.getenv" | "getenv" | "os.environ.get" | "environ.get", Some(name)) => {
                Some((self.variable)(name).map_or_else(default, Value::Text))
            }
            ("os.environ[]" | "environ[]", Some(name)) => (self.variable)(name).map(Value::Text),
            ("config.get_main_option" | "context.config.get_main_option", Some(name)) => {
                Some((self.option)(name).map_or_else(default, Value::Text))
            }
            _ => None,
        }
    }
}

fn version_table(text: &str, found: &Finder<'_>, names: &EnvironmentNames<'_>) -> VersionTableName {
    let keyword = |call: &'_ ast::ExprCall, name: &str| {
        call.arguments
            .keywords
            .iter()
            .find(|keyword| keyword.arg.as_deref() == Some(name))
            .map(|keyword| keyword.value.clone())
    };
    // The call of the online branch has a connection.
    let names_table = |call: &&&ast::ExprCall| {
        keyword(call, "version_table").is_some() || keyword(call, "version_table_schema").is_some()
    };
    let calls: Vec<_> = found.configure.iter().filter(names_table).collect();
    let online = calls.iter().find(|call| keyword(call, "connection").is_some());
    let Some(call) = online.or_else(|| calls.first()) else { return EnvironmentFacts::default().version_table };
    let read = |argument: &str| match keyword(call, argument) {
        None => Ok(None),
        Some(expression) => match evaluate(&expression, names) {
            Ok(Value::None) => Ok(None),
            Ok(Value::Text(text)) => Ok(Some(text)),
            Ok(_) => Err((expression_place(&expression), argument.to_owned())),
            Err(Unreadable { offset, .. }) => Err((offset, argument.to_owned())),
        },
    };
    match (read("version_table"), read("version_table_schema")) {
        (Ok(table), Ok(schema)) => VersionTableName::Known {
            schema: schema.filter(|schema| !schema.is_empty()),
            table: table.unwrap_or_else(|| "alembic_version".to_owned()),
        },
        (Err((offset, argument)), _) | (_, Err((offset, argument))) => {
            VersionTableName::Unreadable { line: line_at(text, offset), argument }
        }
    }
}

fn expression_place(expression: &Expr) -> usize {
    ruff_text_size::Ranged::range(expression).start().to_usize()
}

fn url(text: &str, found: &Finder<'_>, names: &EnvironmentNames<'_>) -> EnvironmentUrl {
    let mut known = None;
    for expression in &found.urls {
        match evaluate(expression, names) {
            // configparser would replace '%(…)s', so code that sets the option doubles each '%'.
            Ok(Value::Text(url)) => known = Some(url.replace("%%", "%")),
            Ok(_) | Err(_) => return EnvironmentUrl::Computed { line: line_at(text, expression_place(expression)) },
        }
    }
    known.map_or(EnvironmentUrl::Ini, EnvironmentUrl::Known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::python::NoModules;

    fn read(text: &str) -> EnvironmentFacts {
        let option = |name: &str| (name == "sqlalchemy.url").then(|| "from-ini".to_owned());
        let variable = |name: &str| (name == "DATABASE_URL").then(|| "from-env".to_owned());
        read_environment(text, &NoModules, &option, &variable)
    }

    fn table(text: &str) -> Result<String, usize> {
        match read(text).version_table {
            VersionTableName::Known { schema: Some(schema), table } => Ok(format!("{schema}.{table}")),
            VersionTableName::Known { schema: None, table } => Ok(table),
            VersionTableName::Unreadable { line, .. } => Err(line),
        }
    }

    #[test]
    fn the_version_table_is_read_from_configure() {
        for (text, expected) in [
            ("context.configure(connection=c)", Ok("alembic_version")),
            ("context.configure(version_table='v')", Ok("v")),
            (
                "S = 'app'\ndef f():\n    context.configure(connection=c, version_table_schema=S)",
                Ok("app.alembic_version"),
            ),
            ("def f():\n    s = 'app'\n    context.configure(version_table='v', version_table_schema=s)", Ok("app.v")),
            ("context.configure(version_table_schema=None)", Ok("alembic_version")),
            (
                "context.configure(url=u, version_table='off')\ncontext.configure(connection=c, version_table='on')",
                Ok("on"),
            ),
            ("context.configure(\n  version_table_schema=metadata.schema)", Err(2)),
            ("not python (", Ok("alembic_version")),
        ] {
            assert_eq!(table(text).as_deref(), expected.as_ref().copied(), "{text}");
        }
    }

    #[test]
    fn the_url_is_read_if_the_code_is_simple() {
        let known = |url: &str| EnvironmentUrl::Known(url.to_owned());
        for (text, expected) in [
            ("engine_from_config(config.get_section('alembic'))", EnvironmentUrl::Ini),
            ("config.set_main_option('sqlalchemy.url', os.environ['DATABASE_URL'])", known("from-env")),
            (
                "url = os.getenv('DATABASE_URL')\nconfig.set_main_option('sqlalchemy.url', url.replace('%', '%%'))",
                known("from-env"),
            ),
            ("config.set_main_option('sqlalchemy.url', os.getenv('NOPE', 'other'))", known("other")),
            ("section['sqlalchemy.url'] = 'postgresql://' + 'h/d'", known("postgresql://h/d")),
            ("create_engine(config.get_main_option('sqlalchemy.url'))", EnvironmentUrl::Ini),
            (
                "config.set_main_option('sqlalchemy.url', 'set')\ncreate_engine(config.get_main_option('sqlalchemy.url'))",
                known("set"),
            ),
            ("u = config.get_main_option('sqlalchemy.url')\ncreate_engine(u)", known("from-ini")),
            ("\nconfig.set_main_option('sqlalchemy.url', settings.url)", EnvironmentUrl::Computed { line: 2 }),
            ("config.set_main_option('sqlalchemy.url', os.environ['NOPE'])", EnvironmentUrl::Computed { line: 1 }),
            ("create_engine(get_url())", EnvironmentUrl::Computed { line: 1 }),
        ] {
            assert_eq!(read(text).url, expected, "{text}");
        }
    }

    #[test]
    fn a_name_that_refers_to_itself_is_not_read() {
        let text = "def f():\n    url = url + 'x'\n    config.set_main_option('sqlalchemy.url', url)";
        assert_eq!(read(text).url, EnvironmentUrl::Computed { line: 3 });
    }
}
