//! The top level of a Python file: its docstring, its functions, and the values of its names.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::nesting::find_deep_nesting;
use super::{Names, Unreadable, Value};

/// How many modules may import from each other.
const MAX_DEPTH: usize = 8;

/// The values of imported names, by module and name. `None` if a value is not known, or is being evaluated.
type ImportedValues = Rc<RefCell<HashMap<(String, String), Option<Value>>>>;

/// The text of a module of the project.
#[derive(Debug, Clone)]
pub struct ModuleText {
    pub text: Arc<str>,
    /// Whether the file is the `__init__.py` of a package.
    pub is_package: bool,
}

/// Finds modules by their dotted names.
pub trait Modules {
    /// The text of a module; `None` if it is not a file of the project.
    fn find(&self, name: &str) -> Option<ModuleText>;
}

/// No modules.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoModules;

impl Modules for NoModules {
    fn find(&self, _name: &str) -> Option<ModuleText> {
        None
    }
}

/// A syntax error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// In bytes from the start of the text.
    pub offset: usize,
    pub message: String,
}

/// A function at the top level, as offsets in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionSpan {
    /// From the first decorator or `def`.
    pub start: usize,
    pub end: usize,
    /// Whether the body does nothing: a docstring, `pass` or `...`.
    pub is_empty: bool,
    /// Whether the body repeats something until a condition holds, or uses the number of rows that a statement changed.
    pub uses_results: bool,
}

/// What a name is bound to.
#[derive(Debug, Clone)]
pub(super) enum Binding {
    Value(Value),
    Unreadable(Unreadable),
    /// `import module`, or `import module as name`.
    Module(String),
    /// `from module import name`.
    Member(String, String),
}

/// Parses a file. Returns no statements if they are nested too deeply to be walked.
#[must_use]
pub fn parse_statements(text: &str) -> (ast::Suite, Vec<SyntaxError>) {
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    if let Some(offset) = find_deep_nesting(parsed.tokens()) {
        // Freeing a deeply nested tree would need a large stack.
        std::mem::forget(parsed);
        return (ast::Suite::default(), vec![SyntaxError { offset, message: "too deeply nested".to_owned() }]);
    }
    let errors = parsed
        .errors()
        .iter()
        .map(|error| SyntaxError { offset: error.location.start().to_usize(), message: error.error.to_string() });
    let errors = errors.collect();
    match parsed.into_syntax() {
        ast::Mod::Module(module) => (module.body, errors),
        ast::Mod::Expression(_) => (ast::Suite::default(), errors),
    }
}

/// The top level of a file.
pub struct Module<'a> {
    /// The module's docstring.
    pub docstring: Option<String>,
    pub errors: Vec<SyntaxError>,
    pub(super) functions: HashMap<String, FunctionSpan>,
    pub(super) bindings: HashMap<String, Binding>,
    /// Modules of `from module import *`.
    pub(super) stars: Vec<String>,
    /// The dotted name of the package of this file; empty for a script.
    pub(super) package: String,
    modules: &'a dyn Modules,
    depth: usize,
    /// The values of the names of other modules. All modules that are read for one file share them, so that each is
    /// evaluated once.
    imported: ImportedValues,
}

impl<'a> Module<'a> {
    /// Reads the text of a file that belongs to no package.
    #[must_use]
    pub fn read(text: &str, modules: &'a dyn Modules) -> Self {
        Self::read_at(text, String::new(), modules, 0, ImportedValues::default())
    }

    fn read_at(text: &str, package: String, modules: &'a dyn Modules, depth: usize, imported: ImportedValues) -> Self {
        let (body, errors) = parse_statements(text);
        let mut module = Self {
            docstring: None,
            errors,
            functions: HashMap::new(),
            bindings: HashMap::new(),
            stars: Vec::new(),
            package,
            modules,
            depth,
            imported,
        };
        if let Some(Stmt::Expr(first)) = body.first()
            && let Expr::StringLiteral(literal) = &*first.value
        {
            module.docstring = Some(literal.value.to_str().to_owned());
        }
        module.run(&body);
        module
    }

    /// Whether the file assigns, imports or defines a name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.bindings.contains_key(name) || Names::value(self, name).is_some()
    }

    /// Whether an identifier of a script may come from another module: one of them is imported, or assigned from a name.
    #[must_use]
    pub fn imports_names(&self) -> bool {
        let is_imported = |name: &str| match self.bindings.get(name) {
            Some(Binding::Unreadable(_) | Binding::Member(..)) => true,
            Some(_) => false,
            None => !self.stars.is_empty(),
        };
        ["revision", "down_revision", "branch_labels", "depends_on"].into_iter().any(is_imported)
    }

    /// The value of a name.
    ///
    /// # Errors
    /// If the name is not assigned a constant.
    pub fn value_of(&self, name: &str) -> Result<Value, Option<Unreadable>> {
        match self.bindings.get(name) {
            Some(Binding::Unreadable(unreadable)) => Err(Some(unreadable.clone())),
            _ => Names::value(self, name).ok_or(None),
        }
    }

    /// A function of the top level.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<FunctionSpan> {
        self.functions.get(name).copied()
    }

    /// The absolute name of an imported module. `level` is the number of leading dots.
    pub(super) fn absolute(&self, module: &str, level: u32) -> Option<String> {
        if level == 0 {
            return Some(module.to_owned());
        }
        let mut package = self.package.as_str();
        for _ in 1..level {
            package = package.rsplit_once('.')?.0;
        }
        match (package.is_empty(), module.is_empty()) {
            (true, _) => None,
            (false, true) => Some(package.to_owned()),
            (false, false) => Some(format!("{package}.{module}")),
        }
    }

    /// The value of a name in another module.
    fn member(&self, module: &str, name: &str) -> Option<Value> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        let key = (module.to_owned(), name.to_owned());
        if let Some(known) = self.imported.borrow().get(&key) {
            return known.clone();
        }
        // Modules may import each other in a cycle.
        self.imported.borrow_mut().insert(key.clone(), None);
        let value = self.modules.find(module).and_then(|found| {
            let package =
                if found.is_package { module } else { module.rsplit_once('.').map_or("", |(package, _)| package) };
            let imported = Rc::clone(&self.imported);
            let read = Module::read_at(&found.text, package.to_owned(), self.modules, self.depth + 1, imported);
            Names::value(&read, name)
        });
        self.imported.borrow_mut().insert(key, value.clone());
        value
    }

    /// The value of the rest of a dotted name, below a module.
    fn below_module(&self, module: &str, rest: &str) -> Option<Value> {
        match rest.rsplit_once('.') {
            Some((inner, name)) => self.member(&format!("{module}.{inner}"), name),
            None => self.member(module, rest),
        }
    }
}

impl Names for Module<'_> {
    fn value(&self, dotted: &str) -> Option<Value> {
        let (first, rest) = dotted.split_once('.').map_or((dotted, None), |(first, rest)| (first, Some(rest)));
        match (self.bindings.get(first), rest) {
            (Some(Binding::Value(value)), None) => Some(value.clone()),
            (Some(Binding::Member(module, name)), None) => self.member(module, name),
            (Some(Binding::Module(module)), Some(rest)) => self.below_module(module, rest),
            (Some(Binding::Member(module, name)), Some(rest)) => self.below_module(&format!("{module}.{name}"), rest),
            (None, None) => match dotted {
                "__name__" => Some(Value::Text("script".to_owned())),
                _ => self.stars.iter().rev().find_map(|module| self.member(module, dotted)),
            },
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "module_tests.rs"]
mod tests;
