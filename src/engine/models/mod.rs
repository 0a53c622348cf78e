//! The models: DDL from SQL files, from a program, or from SQLAlchemy. PostgreSQL loads it into a scratch database, and the result is read as
//! a catalog. Catalogs are cached between runs.

mod cache;
mod cache_key;
mod database_facts;
mod failed_statement;
mod glob;
mod loader;
mod model_script;
mod program;
mod source;
mod sqlalchemy;
mod watch;

use std::collections::BTreeSet;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::project::Project;
use super::python::Interpreter;
use super::scratch::ScratchDatabase;
use super::state::VersionTable;
use super::{Error, ErrorKind, Result, Target};
use crate::core::schema::{Kind, Schema, Scope};
use loader::Loader;
use model_script::ModelScript;
use source::{ModelOrigin, ModelSources};
use sqlalchemy::{DatabaseFacts, TableName};

pub use super::UserFolders;
pub use cache_key::CacheKey;
pub(super) use cache_key::build_of_process;
pub use sqlalchemy::has_no_metadata;
pub use watch::{fingerprint, watched_folders};

/// The cache file kind of the models' catalog; see [`CacheKey::cache_get`].
const KIND: &str = "models";
/// The version of PostgreSQL for which SQLAlchemy writes DDL that no server loads.
const NEWEST_SERVER: u32 = 18;

/// The schema that the models define.
#[derive(Debug, Clone)]
pub struct Models {
    /// As PostgreSQL deparses it after one load. A second load may change the text of expressions; the caller reads
    /// that and caches it under `key`.
    pub schema: Schema,
    /// Notes for the user, for example about the scratch database.
    pub notes: Vec<String>,
    /// The objects that the project manages. The schema contains no others.
    pub scope: Scope,
    /// The cache key for further catalogs that depend on the same inputs.
    pub key: CacheKey,
    /// Whether they are SQLAlchemy's metadata, which cannot define all kinds of objects.
    pub is_metadata: bool,
}

/// The options of loading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Whether PostgreSQL's programs may be downloaded where a private server is needed and they are not installed.
    pub download: bool,
    /// Whether the user allows the project's program or Python to run.
    pub consent: bool,
}

/// Reported while the models are loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelsEvent {
    /// The scratch database was created.
    Scratch { place: String, notes: Vec<String> },
    /// File `number` of `count` is loaded. `number` starts at 1.
    Loading { file: String, number: usize, count: usize },
    /// The catalog is read.
    Reading,
    /// The catalog was in the cache.
    FromCache,
}

/// The DDL of the models, read but not loaded.
#[derive(Debug, Clone)]
pub struct PreparedModels {
    sources: ModelSources,
    key: CacheKey,
}

/// Reads the DDL, and the properties of the target's database.
///
/// # Errors
/// When there are no models or they cannot be read; of kind `Approval` when a program would run without consent;
/// `Interrupted` when it was cancelled.
pub async fn prepare(
    project: &Project,
    target: &Target,
    options: &LoadOptions,
    cancel: &CancellationToken,
) -> Result<PreparedModels> {
    prepare_in(&UserFolders::of_process(), project, target, options, cancel).await
}

/// Like [`prepare`], with the given user folders.
///
/// # Errors
/// As [`prepare`].
pub async fn prepare_in(
    user_folders: &UserFolders,
    project: &Project,
    target: &Target,
    options: &LoadOptions,
    cancel: &CancellationToken,
) -> Result<PreparedModels> {
    let sources = source::read(project, target, options, user_folders, cancel).await?;
    check_cancelled(cancel)?;
    let key = CacheKey::of(project, target, &sources.sources, user_folders).await?;
    let key = if sources.excluded.is_empty() { key } else { key.with(&format!("{:?}", sources.excluded)) };
    Ok(PreparedModels { sources, key })
}

/// Stores a given consent to run the code that prints the models' DDL, or checks for a consent.
///
/// # Errors
/// Of kind `Approval` when there is none.
pub fn require_consent(project: &Project, given: bool) -> Result<()> {
    source::require_consent(project, given, &UserFolders::of_process())
}

/// The SQL files of the models, without reading them. Empty for models that code prints; `None` if the project has no
/// models.
///
/// # Errors
/// When `[models]` sets more than one source, or names files that do not exist.
pub fn find_model_files(project: &Project) -> Result<Option<Vec<PathBuf>>> {
    let names = match source::find_origin(project)? {
        ModelOrigin::Program(_) | ModelOrigin::Sqlalchemy(_) => return Ok(Some(Vec::new())),
        ModelOrigin::Files(configured) => (source::file_names(project), configured.is_some()),
    };
    match names {
        (Ok(names), _) => Ok(Some(names.iter().map(|name| project.root().join(name)).collect())),
        (Err(_), false) => Ok(None),
        (Err(error), true) => Err(error),
    }
}

/// The Python that imports the models, or the project's Python for models in SQL.
///
/// # Errors
/// When there is no Python, or the settings are not valid.
pub fn interpreter(project: &Project) -> Result<Interpreter> {
    match source::find_origin(project)? {
        ModelOrigin::Sqlalchemy(settings) => sqlalchemy::find_interpreter(project, settings),
        ModelOrigin::Files(_) | ModelOrigin::Program(_) => Interpreter::find(project),
    }
}

/// Reads the tables of SQLAlchemy's metadata without a database. Returns their number and notes; `None` for models in
/// SQL. The caller has checked the consent.
///
/// # Errors
/// When the models cannot be imported.
pub async fn count_tables(project: &Project, cancel: &CancellationToken) -> Result<Option<(usize, Vec<String>)>> {
    let ModelOrigin::Sqlalchemy(settings) = source::find_origin(project)? else { return Ok(None) };
    let facts = DatabaseFacts { server_version: NEWEST_SERVER, tables: Vec::new() };
    let models = sqlalchemy::read(project, settings, &facts, cancel).await?;
    Ok(Some((models.tables, models.notes)))
}

impl PreparedModels {
    /// Notes about the models, for example about modules that nothing imports.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.sources.notes
    }

    /// The cache key of the models' catalog.
    #[must_use]
    pub const fn key(&self) -> &CacheKey {
        &self.key
    }

    /// Returns the models' catalog from the cache, or loads the models into a scratch database, which is always
    /// dropped.
    ///
    /// # Errors
    /// When the server refuses a statement of the models (with file, line and position); of kind `Interrupted` when it
    /// was cancelled.
    pub async fn load(
        self,
        project: &Project,
        target: &Target,
        options: &LoadOptions,
        report_event: &(dyn Fn(ModelsEvent) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Models> {
        let Self { sources: ModelSources { sources, mut notes, is_metadata, excluded }, key } = self;
        let finish = |schema: Schema, notes, key| {
            let models = models(project, schema, notes, key);
            Models { is_metadata, scope: without(models.scope, &excluded), ..models }
        };
        if let Some(schema) = key.cache_get(KIND) {
            report_event(ModelsEvent::FromCache);
            return Ok(finish(schema, notes, key));
        }
        let scripts = sources.iter().map(ModelScript::of).collect::<Result<Vec<_>>>()?;
        let requirements = model_script::requirements(&scripts);
        check_cancelled(cancel)?;
        let scratch = ScratchDatabase::make(project, target, &requirements, options.download).await?;
        let scratch_notes = scratch.notes().to_vec();
        notes.extend(scratch_notes.iter().cloned());
        report_event(ModelsEvent::Scratch { place: scratch.target().conninfo().describe(), notes: scratch_notes });
        let schema = load_on_scratch(project, scratch.target(), (&scripts, &excluded), report_event, cancel).await;
        let removed = scratch.remove().await;
        let schema = schema?;
        removed?;
        if let Err(error) = key.cache_put(KIND, &schema) {
            notes.push(format!("the models' catalog could not be cached: {error}"));
        }
        Ok(finish(schema, notes, key))
    }
}

/// Returns the scope of the project: the schemas in `[models] schemas`, or the schemas that the models create and
/// `public`; without `[models] exclude` and the version table.
#[must_use]
pub fn scope(project: &Project, created: &[String]) -> Scope {
    let models = &project.config.models;
    let schemas = models.schemas.clone().unwrap_or_else(|| {
        let all: BTreeSet<&str> = created.iter().map(String::as_str).chain(["public"]).collect();
        all.into_iter().map(str::to_owned).collect()
    });
    scope_of(project, Some(&schemas))
}

fn scope_of(project: &Project, schemas: Option<&[String]>) -> Scope {
    let scope = Scope::new(schemas, &project.config.models.exclude);
    VersionTable::new(&project.config.database.version_table).exclude_from(scope)
}

fn without(scope: Scope, excluded: &[TableName]) -> Scope {
    excluded.iter().fold(scope, |scope, (schema, name)| scope.without(Some(schema), name))
}

async fn load_on_scratch(
    project: &Project,
    scratch: &Target,
    (scripts, excluded): (&[ModelScript], &[TableName]),
    report_event: &(dyn Fn(ModelsEvent) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Schema> {
    check_cancelled(cancel)?;
    let loader = Loader::open(project, scratch, cancel).await?;
    loader.load(scripts, report_event).await?;
    report_event(ModelsEvent::Reading);
    loader.read(&without(scope_of(project, project.config.models.schemas.as_deref()), excluded)).await
}

fn models(project: &Project, schema: Schema, notes: Vec<String>, key: CacheKey) -> Models {
    let named = schema.objects.keys().map(|id| if id.kind == Kind::Schema { &id.name } else { &id.schema });
    let created: BTreeSet<String> = named.filter(|name| !name.is_empty()).cloned().collect();
    let scope = scope(project, &created.into_iter().collect::<Vec<_>>());
    Models { schema, notes, scope, key, is_metadata: false }
}

fn check_cancelled(cancel: &CancellationToken) -> Result<()> {
    if cancel.is_cancelled() { Err(interrupted()) } else { Ok(()) }
}

fn interrupted() -> Error {
    Error::of(ErrorKind::Interrupted, "cancelled while the models were loaded; the scratch database is dropped")
}
