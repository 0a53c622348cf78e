//! The models: DDL from files or a program, loaded by PostgreSQL itself into a scratch database and read as a catalog.
//! Nothing is loaded twice: catalogs are kept between runs.

mod cache;
mod cache_key;
mod consent;
mod digest;
mod failed_statement;
mod glob;
mod loader;
mod model_script;
mod program;
mod source;
mod user_folders;
mod watch;

use std::collections::BTreeSet;

use tokio_util::sync::CancellationToken;

use super::project::Project;
use super::scratch::ScratchDatabase;
use super::state::VersionTable;
use super::{Error, ErrorKind, Result, Target};
use crate::core::schema::{Kind, Schema, Scope};
use loader::Loader;
use model_script::ModelScript;
use source::ModelSource;

pub use cache_key::CacheKey;
pub use user_folders::UserFolders;
pub use watch::{fingerprint, watched_folders};

/// The kind under which the models' own catalog is kept; see [`Key::cache_get`].
const KIND: &str = "models";

/// What the models say, as a catalog.
#[derive(Debug, Clone)]
pub struct Models {
    /// As PostgreSQL reads it back after one load. Deparsing is no fixed point: what it says after a further load is
    /// the caller's to find out, and to keep under `key`.
    pub schema: Schema,
    /// What people should know: of the scratch database, or of what was not kept.
    pub notes: Vec<String>,
    /// What the project manages; the schema holds nothing beyond it.
    pub scope: Scope,
    /// For further catalogs that depend on the same things.
    pub key: CacheKey,
}

/// How to load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Whether PostgreSQL's programs may be downloaded where a private server is needed and there are none.
    pub download: bool,
    /// A yes to running the program that the project names.
    pub consent: bool,
}

/// What happens meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelsEvent {
    /// The scratch database is there.
    Scratch { place: String, notes: Vec<String> },
    /// `number` of `count` files, from 1.
    Loading { file: String, number: usize, count: usize },
    /// The catalog is read.
    Reading,
    /// Nothing has to be loaded.
    FromCache,
}

/// The models' DDL, read but not loaded yet.
#[derive(Debug, Clone)]
pub struct PreparedModels {
    sources: Vec<ModelSource>,
    key: CacheKey,
}

/// Reads the DDL, and asks the target how its database is made.
///
/// # Errors
/// When there are no models, or they cannot be read; of kind `Approval` when a program would run without a yes,
/// `Interrupted` when it was cancelled.
pub async fn prepare(
    project: &Project,
    target: &Target,
    options: &LoadOptions,
    cancel: &CancellationToken,
) -> Result<PreparedModels> {
    prepare_in(&UserFolders::of_process(), project, target, options, cancel).await
}

/// The same, with the user's folders given.
///
/// # Errors
/// As [`prepare`].
pub async fn prepare_in(
    places: &UserFolders,
    project: &Project,
    target: &Target,
    options: &LoadOptions,
    cancel: &CancellationToken,
) -> Result<PreparedModels> {
    let sources = source::read(project, options, places, cancel).await?;
    going_on(cancel)?;
    let key = CacheKey::of(project, target, &sources, places).await?;
    Ok(PreparedModels { sources, key })
}

impl PreparedModels {
    /// What the models' catalog depends on.
    #[must_use]
    pub const fn key(&self) -> &CacheKey {
        &self.key
    }

    /// Takes the models' catalog from the cache, or loads them into a scratch database like the target's, which is
    /// removed whatever happens.
    ///
    /// # Errors
    /// When the server does not take the models (with file, line and caret); of kind `Interrupted` when it was
    /// cancelled.
    pub async fn load(
        self,
        project: &Project,
        target: &Target,
        options: &LoadOptions,
        tell: &(dyn Fn(ModelsEvent) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Models> {
        let Self { sources, key } = self;
        if let Some(schema) = key.cache_get(KIND) {
            tell(ModelsEvent::FromCache);
            return Ok(models(project, schema, Vec::new(), key));
        }
        let texts = sources.iter().map(ModelScript::of).collect::<Result<Vec<_>>>()?;
        let needs = model_script::needs(&texts);
        going_on(cancel)?;
        let scratch = ScratchDatabase::make(project, target, &needs, options.download).await?;
        let mut notes = scratch.notes().to_vec();
        tell(ModelsEvent::Scratch { place: scratch.target().conninfo().describe(), notes: notes.clone() });
        let schema = on_scratch(project, scratch.target(), &texts, tell, cancel).await;
        let removed = scratch.remove().await;
        let schema = schema?;
        removed?;
        if let Err(error) = key.cache_put(KIND, &schema) {
            notes.push(format!("the models' catalog is not kept for the next time: {error}"));
        }
        Ok(models(project, schema, notes, key))
    }
}

/// What the project manages, given the schemas that the models made: `[models] schemas`, else those and `public`; less
/// `[models] exclude` and the version table.
#[must_use]
pub fn scope(project: &Project, made: &[String]) -> Scope {
    let models = &project.config.models;
    let schemas = models.schemas.clone().unwrap_or_else(|| {
        let all: BTreeSet<&str> = made.iter().map(String::as_str).chain(["public"]).collect();
        all.into_iter().map(str::to_owned).collect()
    });
    limited(project, Some(&schemas))
}

fn limited(project: &Project, schemas: Option<&[String]>) -> Scope {
    let scope = Scope::new(schemas, &project.config.models.exclude);
    VersionTable::new(&project.config.database.version_table).exclude_from(scope)
}

async fn on_scratch(
    project: &Project,
    scratch: &Target,
    texts: &[ModelScript],
    tell: &(dyn Fn(ModelsEvent) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Schema> {
    going_on(cancel)?;
    let loader = Loader::open(project, scratch, cancel).await?;
    loader.load(texts, tell).await?;
    tell(ModelsEvent::Reading);
    loader.read(&limited(project, project.config.models.schemas.as_deref())).await
}

fn models(project: &Project, schema: Schema, notes: Vec<String>, key: CacheKey) -> Models {
    let named = schema.objects.keys().map(|id| if id.kind == Kind::Schema { &id.name } else { &id.schema });
    let made: BTreeSet<String> = named.filter(|name| !name.is_empty()).cloned().collect();
    let scope = scope(project, &made.into_iter().collect::<Vec<_>>());
    Models { schema, notes, scope, key }
}

fn going_on(cancel: &CancellationToken) -> Result<()> {
    if cancel.is_cancelled() { Err(interrupted()) } else { Ok(()) }
}

fn interrupted() -> Error {
    Error::of(ErrorKind::Interrupted, "cancelled while the models were loaded; the scratch database is dropped")
}
