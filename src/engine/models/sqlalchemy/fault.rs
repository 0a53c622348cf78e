//! Why the models could not be read: the answer of `assets/python/models.py` as an error.

use std::path::PathBuf;

use serde::Deserialize;

use super::SETTING;
use crate::engine::Error;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::passage::display_path;
use crate::engine::project::Project;
use crate::engine::project::config::{SqlAlchemy, nearest};
use crate::engine::python::Interpreter;

/// Code that contains one of these may contain a password.
const SECRET_SIGNS: [&str; 5] = ["://", "password", "passwd", "secret", "token"];

/// The kind of a fault, as the script names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FaultKind {
    NoSqlalchemy,
    OldSqlalchemy,
    NoAlembic,
    /// Alembic cannot read its configuration.
    Alembic,
    Import,
    Attribute,
    NoMetadata,
    /// `env.py` has failed.
    Env,
    EnvWithoutMetadata,
    NoTables,
    /// SQLAlchemy cannot write the DDL.
    Ddl,
}

/// What the script found. Fields that do not apply are empty.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Fault {
    kind: FaultKind,
    /// The name of a module, or of `module:attribute`.
    #[serde(default)]
    name: String,
    #[serde(default)]
    attribute: String,
    /// Attributes that are a metadata.
    #[serde(default)]
    candidates: Vec<String>,
    /// The type and the message of the exception.
    #[serde(default)]
    exception: String,
    /// The module that does not exist.
    missing: Option<String>,
    /// The project's code that raised the exception.
    file: Option<PathBuf>,
    line: Option<usize>,
}

/// The end of the message about an `env.py` without metadata.
const WITHOUT_METADATA: &str = "passes no target_metadata to Alembic";

/// Whether a project has no models because its `env.py` names no metadata.
#[must_use]
pub fn has_no_metadata(error: &Error) -> bool {
    error.message.ends_with(WITHOUT_METADATA)
}

impl Fault {
    /// The error, with the interpreter and the next step.
    pub fn explain(&self, project: &Project, settings: Option<&SqlAlchemy>, interpreter: &Interpreter) -> Error {
        let shown = interpreter.shown();
        let mut error = Error::new(self.message(&shown)).hint(self.hint(project, settings, &shown));
        error.causes.extend(self.cause());
        error.causes.push(format!("the interpreter is {shown} ({})", interpreter.origin));
        error.excerpt = self.excerpt();
        error
    }

    fn message(&self, shown: &str) -> String {
        let Self { name, exception, .. } = self;
        match self.kind {
            FaultKind::NoSqlalchemy => format!("SQLAlchemy cannot be imported by {shown}"),
            FaultKind::OldSqlalchemy => format!("SQLAlchemy {exception} is too old; limbeck needs 1.4 or newer"),
            FaultKind::NoAlembic => format!("Alembic cannot be imported by {shown}"),
            FaultKind::Alembic => "Alembic cannot read the project".to_owned(),
            FaultKind::Import => format!("the module {name} cannot be imported"),
            FaultKind::Attribute => format!("{name} has no attribute '{}'", self.attribute),
            FaultKind::NoMetadata => format!("{name} is not a MetaData object, a declarative base, or a list of these"),
            FaultKind::Env => format!("{} failed", self.shown_file().unwrap_or_else(|| "env.py".to_owned())),
            FaultKind::EnvWithoutMetadata => {
                format!("{} {WITHOUT_METADATA}", self.shown_file().unwrap_or_default())
            }
            FaultKind::NoTables => "the SQLAlchemy models have no tables".to_owned(),
            FaultKind::Ddl => "SQLAlchemy cannot write the DDL of the models".to_owned(),
        }
    }

    fn cause(&self) -> Option<String> {
        match self.kind {
            FaultKind::OldSqlalchemy | FaultKind::NoTables | FaultKind::EnvWithoutMetadata => None,
            FaultKind::NoMetadata => Some(format!("it is an object of type {}", self.exception)),
            FaultKind::Attribute => self.shown_file().map(|file| format!("the module was imported from {file}")),
            _ => Some(match (self.shown_file(), self.line) {
                (Some(file), Some(line)) => format!("{file}:{line}: {}", self.exception),
                _ => self.exception.clone(),
            }),
        }
    }

    fn hint(&self, project: &Project, settings: Option<&SqlAlchemy>, shown: &str) -> String {
        const EXAMPLE: &str = "sqlalchemy = { metadata = \"app.database:Base\", imports = [\"app.models\"] } under [models] in limbeck.toml";
        let python = "or set python under [alembic] to use another interpreter";
        match self.kind {
            FaultKind::NoSqlalchemy => format!("install the project's dependencies for {shown}, {python}"),
            FaultKind::OldSqlalchemy => {
                "upgrade SQLAlchemy, or set program under [models] to a program that prints the DDL".to_owned()
            }
            FaultKind::NoAlembic => format!("install Alembic for {shown}, {python}"),
            FaultKind::Alembic => "`alembic history` shows the same error; correct the configuration".to_owned(),
            FaultKind::Import | FaultKind::Env if self.lacks_package(project) => {
                let package = self.missing.as_deref().unwrap_or_default();
                format!("install the package that contains {package} for {shown}, {python}")
            }
            FaultKind::Import if self.missing.is_some() => format!("correct the name in {SETTING}, or the import"),
            FaultKind::Import => "correct the module; the database was not changed".to_owned(),
            FaultKind::Attribute => {
                let known = self.candidates.iter().map(String::as_str);
                match nearest(&self.attribute, known).or_else(|| self.candidates.first().map(String::as_str)) {
                    Some(known) => format!("did you mean '{known}'?"),
                    None => format!("correct metadata in {SETTING}"),
                }
            }
            FaultKind::NoMetadata => format!("correct metadata in {SETTING}"),
            FaultKind::Env => format!("correct it, or name the metadata without env.py: {EXAMPLE}"),
            FaultKind::EnvWithoutMetadata => format!("set target_metadata in it, or name the metadata: {EXAMPLE}"),
            FaultKind::NoTables if settings.is_some() => {
                format!("add the modules that define the tables to imports in {SETTING}")
            }
            FaultKind::NoTables => "import the modules that define the tables in env.py".to_owned(),
            FaultKind::Ddl if self.exception.contains("NoReferencedTableError") => {
                "import the module that defines the other table, so that the metadata has both".to_owned()
            }
            FaultKind::Ddl => "correct the models; the database was not changed".to_owned(),
        }
    }

    /// Whether the module that does not exist is no module of the project.
    fn lacks_package(&self, project: &Project) -> bool {
        let Some(top) = self.missing.as_deref().and_then(|missing| missing.split('.').next()) else { return false };
        let is_own = |folder: PathBuf| super::folders::has_module(&folder, top);
        // A module that the settings name is not a package to install.
        !super::folders::search_path(project).into_iter().any(is_own) && self.missing.as_deref() != Some(&self.name)
    }

    fn shown_file(&self) -> Option<String> {
        self.file.as_deref().map(display_path)
    }

    /// The line of the project's code. `None` if it may contain a password.
    fn excerpt(&self) -> Option<String> {
        let (file, line) = (self.file.as_ref()?, self.line?);
        let text = files::read_text(file, SIZE_LIMIT).ok()?;
        let code = text.lines().nth(line.checked_sub(1)?)?;
        let lower = code.to_lowercase();
        let is_secret = SECRET_SIGNS.iter().any(|sign| lower.contains(sign));
        (!is_secret).then(|| format!("  {line} | {code}"))
    }
}
