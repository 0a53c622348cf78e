//! A scratch database with the schema of the target, without its rows.

use tokio_util::sync::CancellationToken;

use super::creator::with_creator_role;
use super::{ScratchDatabase, ScratchRequirements, dump, full_scope, load, read_schema};
use crate::core::schema::{Schema, Scope};
use crate::engine::cancel::unless_cancelled;
use crate::engine::connection::Programs;
use crate::engine::project::Project;
use crate::engine::{Error, Result, Target};

/// Called with each scratch database as soon as it exists.
pub type ReportScratch<'a> = &'a mut (dyn FnMut(&ScratchDatabase) + Send);

/// How to make a scratch database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScratchOptions {
    /// Whether PostgreSQL's programs may be downloaded where a private server is needed and they are not installed.
    pub download: bool,
}

/// A scratch copy of the target's schema.
#[derive(Debug)]
pub struct Replica {
    scratch: ScratchDatabase,
    start: Schema,
    missing: Vec<String>,
}

impl Replica {
    /// Makes a scratch database and copies the target's schema to it. Only reads the target. Uses `pg_dump` where the
    /// schema has objects that [`crate::core::diff`] cannot write (operators, casts, …) and the program is installed.
    ///
    /// # Errors
    /// When the target cannot be read, when no scratch database can be made, when PostgreSQL refuses a statement of the
    /// copy; of kind `Interrupted` when it was cancelled.
    pub async fn make(
        project: &Project,
        target: &Target,
        options: ScratchOptions,
        report: ReportScratch<'_>,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        let project = &*with_creator_role(project, target);
        let scope = full_scope(project);
        let (whole, diff_options) = unless_cancelled(cancel, read_schema(project, target, &scope)).await?;
        let programs = dump::find_pg_dump(diff_options.version).filter(|_| !whole.unsupported.is_empty());
        let dump = match programs {
            Some(programs) => Some(unless_cancelled(cancel, dump_schema(&programs, project, target)).await?),
            None => None,
        };
        let scratch = make_empty(project, target, options, report).await?;
        let copy = async {
            match dump {
                Some(dump) => dump::load_dump(&dump, &whole, project, &scratch).await,
                None => load::load_schema(&whole, project, &scratch).await,
            }
        };
        let copied = unless_cancelled(cancel, copy).await;
        let copied = copied.map_err(|error| explain(error, "a copy of the database's schema"));
        let start = match copied {
            Ok(()) => unless_cancelled(cancel, read_schema(project, scratch.target(), &scope)).await,
            Err(error) => Err(error),
        };
        match start {
            Ok((start, _)) => Ok(Self { scratch, missing: missing_objects(&whole, &start), start }),
            Err(error) => {
                scratch.remove().await?;
                Err(error)
            }
        }
    }

    /// The scratch database.
    #[must_use]
    pub fn target(&self) -> &Target {
        self.scratch.target()
    }

    /// All objects of the copy as they were when it was made, except the version table.
    #[must_use]
    pub fn start(&self) -> &Schema {
        &self.start
    }

    /// Kind and identity of the target's objects that the copy lacks.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Drops the scratch database.
    ///
    /// # Errors
    /// When the server refuses it or cannot be reached.
    pub async fn remove(self) -> Result<()> {
        self.scratch.remove().await
    }
}

/// Loads a schema into an empty scratch database, reads it back and drops the database. This makes PostgreSQL parse and
/// deparse all expressions a second time. `subject` names the schema in errors.
///
/// # Errors
/// As [`Replica::make`].
pub async fn reload_schema(
    (schema, scope, subject): (&Schema, &Scope, &str),
    project: &Project,
    target: &Target,
    options: ScratchOptions,
    report: ReportScratch<'_>,
    cancel: &CancellationToken,
) -> Result<Schema> {
    let project = &*with_creator_role(project, target);
    let scratch = make_empty(project, target, options, report).await?;
    let reload = async {
        load::load_schema(schema, project, &scratch).await.map_err(|error| explain(error, subject))?;
        read_schema(project, scratch.target(), scope).await
    };
    let reloaded = unless_cancelled(cancel, reload).await;
    scratch.remove().await?;
    Ok(reloaded?.0)
}

async fn make_empty(
    project: &Project,
    target: &Target,
    options: ScratchOptions,
    report: ReportScratch<'_>,
) -> Result<ScratchDatabase> {
    let scratch = ScratchDatabase::make(project, target, &ScratchRequirements::default(), options.download).await?;
    report(&scratch);
    Ok(scratch)
}

async fn dump_schema(programs: &Programs, project: &Project, target: &Target) -> Result<String> {
    dump::dump_schema(programs, target.conninfo(), project).await
}

fn missing_objects(whole: &Schema, copy: &Schema) -> Vec<String> {
    let missing = whole.unsupported.iter().filter(|object| !copy.unsupported.contains(object));
    missing.map(|object| format!("{} {}", object.kind, object.identity)).collect()
}

/// Adds the purpose of the scratch database to an error.
fn explain(error: Error, subject: &str) -> Error {
    let mut report = Error { message: format!("{subject} cannot be created on a scratch database"), ..error.clone() };
    report.causes.insert(0, error.message);
    report
}
