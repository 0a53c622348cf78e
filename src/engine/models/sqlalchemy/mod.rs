//! Models in SQLAlchemy: the project's Python imports them and writes the DDL of their metadata.

mod fault;
mod folders;
mod unimported;

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use self::fault::Fault;
pub use self::fault::has_no_metadata;
use super::interrupted;
use crate::engine::process::{self, ProcessError, ProcessRequest};
use crate::engine::project::Project;
use crate::engine::project::config::SqlAlchemy;
use crate::engine::python::{Interpreter, require_consent_in};
use crate::engine::{Error, Result, UserFolders};

pub use folders::{package_folders, python_files, working_folder};

const SCRIPT: &str = include_str!("../../../../assets/python/models.py");
/// `uv run` may install the project's dependencies first.
const TIME_LIMIT: Duration = Duration::from_mins(2);
/// The setting, for messages.
const SETTING: &str = "sqlalchemy under [models] in limbeck.toml";

/// The metadata of a project, as DDL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlalchemyModels {
    pub ddl: String,
    /// The number of tables.
    pub tables: usize,
    /// Model modules that nothing imports.
    pub notes: Vec<String>,
    /// The tables that `env.py` excludes from comparisons.
    pub excluded: Vec<TableName>,
}

/// The request to `assets/python/models.py`, which describes it.
#[derive(Serialize)]
struct Request<'a> {
    metadata: Vec<(&'a str, &'a str)>,
    imports: &'a [String],
    path: Vec<String>,
    folder: &'a Path,
    server_version: u32,
    alembic: Option<AlembicFiles<'a>>,
    tables: &'a [TableName],
}

/// A schema and the name of a table in it.
pub type TableName = (String, String);

/// What the database is, as far as the models depend on it.
#[derive(Debug, Clone, Default)]
pub struct DatabaseFacts {
    /// The major version of PostgreSQL.
    pub server_version: u32,
    pub tables: Vec<TableName>,
}

#[derive(Serialize)]
struct AlembicFiles<'a> {
    ini: Option<&'a Path>,
    toml: Option<&'a Path>,
    section: &'a str,
}

/// The answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Failed { error: Fault },
    Read { ddl: Vec<String>, tables: usize, modules: Vec<LoadedModule>, excluded: Vec<TableName> },
}

/// A module of the project that was imported.
#[derive(Debug, Clone, Deserialize)]
struct LoadedModule {
    name: String,
    /// Without symbolic links.
    file: std::path::PathBuf,
    /// Whether it has a name for the metadata.
    has_metadata: bool,
}

/// Stores a given consent to run the Python that imports the models, or checks for a consent.
///
/// # Errors
/// Of kind `Approval` when there is none; when there is no Python.
pub fn require_consent(
    project: &Project,
    settings: Option<&SqlAlchemy>,
    given: bool,
    user_folders: &UserFolders,
) -> Result<()> {
    require_consent_in(project, &find_interpreter(project, settings)?, given, user_folders)
}

/// Imports the models and returns their DDL. The caller has checked the consent. `settings`: `None` in an Alembic
/// project whose `env.py` names the metadata.
///
/// # Errors
/// When a setting is not valid, Python does not run, the models cannot be imported, or they have no tables; of kind
/// `Interrupted` when it was cancelled.
pub async fn read(
    project: &Project,
    settings: Option<&SqlAlchemy>,
    database: &DatabaseFacts,
    cancel: &CancellationToken,
) -> Result<SqlalchemyModels> {
    let interpreter = find_interpreter(project, settings)?;
    let folder = working_folder(project);
    let input = script_with(&request(project, settings, database, &folder)?)?;
    let command: Vec<String> = interpreter.command.iter().cloned().chain(["-".to_owned()]).collect();
    let max_output = project.config.models.file_limit.0;
    let process =
        ProcessRequest { command: &command, folder: &folder, input: &input, time_limit: TIME_LIMIT, max_output };
    let output = process::run(process, cancel).await.map_err(|error| match error {
        ProcessError::Cancelled => interrupted(),
        error => does_not_run(&interpreter).because(error),
    })?;
    let answer = serde_json::from_slice(&output.printed).ok().filter(|_| output.status.success());
    match answer {
        Some(Answer::Read { ddl, tables, modules, excluded }) => Ok(SqlalchemyModels {
            ddl: ddl.join(";\n") + ";\n",
            tables,
            excluded,
            notes: unimported::find(project, settings, &modules),
        }),
        Some(Answer::Failed { error }) => Err(error.explain(project, settings, &interpreter)),
        None => Err(output.add_errors_to(does_not_run(&interpreter).because(output.status))),
    }
}

/// The Python that imports the models: that of the setting, or that of the project.
///
/// # Errors
/// When the setting is empty, or there is no Python.
pub fn find_interpreter(project: &Project, settings: Option<&SqlAlchemy>) -> Result<Interpreter> {
    match settings.filter(|settings| !settings.python.is_empty()) {
        Some(settings) => Interpreter::configured(&settings.python, "[models] sqlalchemy python", project),
        None => Interpreter::find(project),
    }
}

/// The script after its request. An argument of a command may be too short for the names of all tables.
fn script_with(request: &Request<'_>) -> Result<String> {
    // A string of JSON is also a string of Python.
    let text = serde_json::to_string(request).and_then(|request| serde_json::to_string(&request));
    let text = text.map_err(|error| Error::new("the request for the models cannot be written").because(error))?;
    Ok(format!("REQUEST = {text}\n{SCRIPT}"))
}

fn request<'a>(
    project: &'a Project,
    settings: Option<&'a SqlAlchemy>,
    database: &'a DatabaseFacts,
    folder: &'a Path,
) -> Result<Request<'a>> {
    let metadata = match settings {
        Some(settings) => split_names(project, &settings.metadata)?,
        None => Vec::new(),
    };
    let alembic = project.alembic.as_ref().map(|alembic| AlembicFiles {
        ini: alembic.files.ini.as_deref(),
        toml: alembic.files.pyproject.as_deref(),
        section: &alembic.section,
    });
    Ok(Request {
        metadata,
        imports: settings.map_or(&[], |settings| &settings.imports),
        path: folders::search_path(project).iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        folder,
        server_version: database.server_version,
        alembic,
        tables: &database.tables,
    })
}

/// Splits `module:attribute`.
fn split_names<'a>(project: &Project, names: &'a [String]) -> Result<Vec<(&'a str, &'a str)>> {
    let is_dotted = |text: &str| text.split('.').all(|part| !part.is_empty() && !part.contains(char::is_whitespace));
    let split = |name: &'a String| {
        let parts = name.split_once(':').filter(|(module, attribute)| is_dotted(module) && is_dotted(attribute));
        parts.ok_or_else(|| invalid(project, &format!("metadata = \"{name}\" is not module:attribute")))
    };
    if names.is_empty() {
        return Err(invalid(project, "metadata is missing"));
    }
    names.iter().map(split).collect()
}

fn invalid(project: &Project, message: &str) -> Error {
    Error::new(format!("{}: [models] sqlalchemy: {message}", project.config_path.display()))
        .hint("name the module and its MetaData or declarative base: sqlalchemy = { metadata = \"app.database:Base\", imports = [\"app.models\"] }")
}

fn does_not_run(interpreter: &Interpreter) -> Error {
    Error::new(format!("the models cannot be read with {}", interpreter.shown())).hint(format!(
        "the interpreter was found through {}; set python under [alembic] or [models] sqlalchemy to use another",
        interpreter.origin
    ))
}
