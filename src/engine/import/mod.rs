//! Converts the scripts of an Alembic project to SQL scripts with the same ids.
//!
//! Every revision runs with Python on a scratch database, up and down, and limbeck records its statements. The recorded SQL
//! runs on a second scratch database. If both databases have the same schema then, the SQL is the new script. Otherwise, or
//! if the statements depend on rows, the section is a stub that refuses to run.

mod config_text;
mod conversion;
mod output;
mod section;
mod trial;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::alembic::AlembicProject;
use super::project::{Project, ScriptTree};
use super::scratch::{ScratchRequirements, with_creator_role};
use super::state::VersionTable;
use super::{Error, Result, Target};
use crate::core::graph::{Direction, RevisionId};
use crate::core::python::string_texts;
use crate::core::sql::outline::may_change_cluster;
use conversion::{Conversion, ConvertedScript, ConvertedSection};
use output::OutputProject;
use trial::TrialSite;

/// Where to write, and how.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The folder of the new project, absolute.
    pub folder: PathBuf,
    /// Whether PostgreSQL's programs may be downloaded where a private server is required and they are not installed.
    pub download: bool,
}

/// What became of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportResult {
    Sql,
    /// A section refuses to run.
    Stub,
}

/// One script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRevision {
    pub revision: RevisionId,
    /// The Python script.
    pub source: PathBuf,
    /// The SQL script.
    pub path: PathBuf,
    pub result: ImportResult,
    /// Why it is a stub, or under which condition its SQL is right.
    pub reason: Option<String>,
}

/// The new project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedProject {
    /// Its `limbeck.toml`.
    pub config: PathBuf,
    /// In the order in which they run.
    pub revisions: Vec<ImportedRevision>,
}

/// Reported while an import runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportEvent {
    /// A scratch database was created.
    Scratch { place: String, notes: Vec<String> },
    /// The conversion of section `number` of `count` starts. `number` starts at 1.
    Converting { direction: Direction, revision: RevisionId, number: usize, count: usize },
}

/// The function that receives the events.
pub type ImportReporter<'a> = &'a (dyn Fn(ImportEvent) + Send + Sync);

/// The folder of the new project if the user names none: `migrations`, or `limbeck` if there are files in `migrations`.
#[must_use]
pub fn default_folder(project: &Project) -> PathBuf {
    let script_folder = project.alembic.as_ref().map(|alembic| alembic.script_folder.as_path());
    // Flask-Migrate has its alembic.ini in the script folder.
    let parent = project.root().parent().filter(|_| script_folder == Some(project.root()));
    let root = parent.unwrap_or(project.root());
    let migrations = root.join("migrations");
    if output::is_free(&migrations) { migrations } else { root.join("limbeck") }
}

/// Checks, before anything runs, that the project can be imported into a folder.
///
/// # Errors
/// If it is not an Alembic project, a script cannot be read, or the folder contains files.
pub fn check_import(project: &Project, tree: &ScriptTree, folder: &Path) -> Result<()> {
    require_alembic(project)?;
    tree.require_valid()?;
    for file in tree.scripts.values() {
        let id = &file.script.revision;
        RevisionId::parse(id.as_str()).map_err(|error| {
            Error::new(format!("{}: the id cannot be written in a SQL script: {error}", file.path.display()))
                .hint("change the id in this script, in its children and in the version tables of all databases")
        })?;
    }
    output::require_free(folder)
}

/// Converts the project, and writes the new one. Only reads the properties of the target's database.
///
/// # Errors
/// As [`check_import`]. Also when Python cannot run, no scratch database can be created, the files cannot be written, or
/// it was cancelled. A script that cannot be converted is not an error: it is in the report.
pub async fn import(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    options: &ImportOptions,
    report: ImportReporter<'_>,
    cancel: &CancellationToken,
) -> Result<ImportedProject> {
    check_import(project, tree, &options.folder)?;
    let project = &*with_creator_role(project, target);
    let output = OutputProject::new(project, require_alembic(project)?, &options.folder)?;
    let sql_project = Project { alembic: None, ..project.clone() };
    let mut process = target.scripts().restart(project).await?;
    let site = TrialSite {
        project,
        sql_project: &sql_project,
        tree,
        target,
        version_table: &VersionTable::new(&project.config.database.version_table),
        requirements: &requirements(tree),
        download: options.download,
        cancel,
    };
    let mut conversion = Conversion::start(&site, process.process()?, report).await?;
    let converted = Box::pin(conversion.run()).await;
    let removed = conversion.remove().await;
    let converted = converted?;
    removed?;
    write(&output, tree, &converted)
}

/// What the scripts require of a scratch database, as far as the SQL in their strings shows it.
fn requirements(tree: &ScriptTree) -> ScratchRequirements {
    let files = tree.scripts.values().filter(|file| may_change_cluster(&file.text));
    ScratchRequirements::of(files.flat_map(|file| string_texts(&file.text)))
}

fn require_alembic(project: &Project) -> Result<&AlembicProject> {
    project.alembic.as_deref().ok_or_else(|| {
        Error::new(format!("{} is not the configuration of an Alembic project", project.config_path.display()))
            .hint("name the alembic.ini with --config, e.g. `limbeck -c alembic.ini import`")
    })
}

/// Writes the files, and returns what they are.
fn write(
    output: &OutputProject<'_>,
    tree: &ScriptTree,
    converted: &HashMap<RevisionId, ConvertedScript>,
) -> Result<ImportedProject> {
    let order = tree.graph.pending(&[]);
    let files: Vec<_> = order.iter().filter_map(|id| Some((tree.script(id.as_str())?, converted.get(*id)?))).collect();
    let paths = output.write(&files)?;
    let revisions = files.iter().zip(paths).map(|((file, script), path)| ImportedRevision {
        revision: file.script.revision.clone(),
        source: file.path.clone(),
        path,
        result: script.result(),
        reason: script.reason(),
    });
    Ok(ImportedProject { config: output.config_path(), revisions: revisions.collect() })
}

impl ConvertedScript {
    fn result(&self) -> ImportResult {
        if self.sections().iter().any(|(_, section)| section.stub.is_some()) {
            ImportResult::Stub
        } else {
            ImportResult::Sql
        }
    }

    /// The reasons of both sections; once if they are the same.
    fn reason(&self) -> Option<String> {
        let reasons: Vec<(&str, &String)> = self
            .sections()
            .into_iter()
            .filter_map(|(name, section)| Some((name, section.stub.as_ref().or(section.note.as_ref())?)))
            .collect();
        match reasons.as_slice() {
            [] => None,
            [(_, first), (_, second)] if first == second => Some((*first).clone()),
            reasons => {
                let texts = reasons.iter().map(|(name, reason)| format!("{name}: {reason}"));
                Some(texts.collect::<Vec<_>>().join("; "))
            }
        }
    }

    fn sections(&self) -> [(&'static str, &ConvertedSection); 2] {
        [("upgrade", &self.upgrade), ("downgrade", &self.downgrade)]
    }
}

/// The path of a script for people: relative to the project, if it is below it.
fn source_path(project: &Project, path: &Path) -> String {
    let root = project.root().canonicalize().unwrap_or_else(|_| project.root().to_owned());
    path.strip_prefix(&root).unwrap_or(path).display().to_string()
}
