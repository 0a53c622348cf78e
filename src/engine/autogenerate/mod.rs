//! Autogenerate: writes the difference between the models and the database as a script, and proves the script before it
//! is shown.
//!
//! [`compare`] finds the differences. [`generate`] writes them as a script and proves it on a scratch copy of the
//! database's schema. [`write()`] writes the file. The target is only read.

mod comparison;
mod context;
mod draft_plan;
mod no_change_cache;
mod output;
mod python;
mod ready;
mod renames;
mod script_text;
mod trial;

use tokio_util::sync::CancellationToken;

use super::apply::Progress;
use super::draft::{self, Draft, NewRevision};
use super::error::target_not_changed;
use super::models::{self, LoadOptions, PreparedModels};
use super::project::{Project, ScriptTree};
use super::verify::VerifiedRevision;
use super::{Error, Result, Target};
use crate::core::diff::rename::Candidate;
use crate::core::diff::{Changes, Operation};
use crate::core::graph::RevisionId;
use crate::core::plan::RecordedStep;
use no_change_cache::NoChangeCache;

pub use super::verify::Stage;
pub(super) use comparison::{ComparisonRun, ExpectedSchema};
pub(super) use context::ComparisonContext;
pub use draft_plan::plan_draft;
pub use output::{excerpt, failed_line, output_file, remove_unproved_note, write};

/// The options of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompareOptions {
    /// `OLD=NEW`, as typed.
    pub renames: Vec<String>,
    /// Whether PostgreSQL's programs may be downloaded where a private server is needed and they are not installed.
    pub download: bool,
    /// Whether the program that the project names may run.
    pub consent: bool,
    /// Whether what Alembic does not write is added to a Python script.
    pub complete: bool,
}

/// Reported while autogenerate runs. The phases are reported in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum AutogenerateEvent {
    /// The models are loaded.
    Load(models::ModelsEvent),
    /// For drift: a revision runs on the scratch database.
    Replay {
        revision: RevisionId,
    },
    /// The database is read.
    Read,
    Compare,
    /// The number of differences. Next, the script is written, and the target's schema is copied to prove it.
    Compared {
        statements: usize,
        objects: usize,
    },
    /// A scratch database was created.
    Scratch {
        place: String,
        notes: Vec<String>,
    },
    Prove(Stage),
    /// The progress of the script that is being proved.
    Progress(Progress),
}

/// The function that receives the events.
pub type AutogenerateReporter<'a> = &'a (dyn Fn(AutogenerateEvent) + Send + Sync);

/// The changes that turn the database into what the models define.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    pub changes: Changes,
    /// Possible renames.
    pub renames: Vec<Candidate>,
    /// Further notes for the user.
    pub notes: Vec<String>,
}

/// The result of proving a script.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proof {
    /// Whether the upgrade ran and created the schema of the models.
    pub up: bool,
    /// Whether the downgrade ran and restored the original schema.
    pub down: bool,
    /// Whether the second upgrade ran and created the same schema as the first one.
    pub again: bool,
    /// Unexpected differences, one object per line.
    pub difference: Vec<String>,
    /// Why the script failed, or could not be run.
    pub error: Option<Error>,
    /// What a Python script does not do although the models define it, one object per line. It does not fail the proof.
    pub missing: Vec<String>,
    /// What a Python script sent in the upgrade.
    pub recorded: Option<RecordedStep>,
}

impl Proof {
    /// Whether all stages succeeded.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.up && self.down && self.again
    }

    /// Converts the proof into the result of a verification.
    #[must_use]
    pub fn into_verified(self, revision: RevisionId) -> VerifiedRevision {
        let Self { up, down, again, difference, error, missing, .. } = self;
        let note = (!missing.is_empty()).then(|| missing.join("\n"));
        VerifiedRevision { revision, up, down, again, difference, note, error }
    }
}

/// The result of [`generate_unless_renames`].
#[derive(Debug, Clone, PartialEq)]
pub enum AutogenerateOutcome {
    /// Dropped and created objects may be renames. The user must decide before a script is written.
    PossibleRenames(Comparison),
    Script(Box<GeneratedScript>),
}

/// A new script with its proof. No file is written yet.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratedScript {
    /// The revision id, the text, and the file to write if the script is proved.
    pub draft: Draft,
    /// The statements of the upgrade, in order.
    pub operations: Vec<Operation>,
    /// Possible renames, which the script contains as drops and new objects.
    pub renames: Vec<Candidate>,
    pub proof: Proof,
    pub notes: Vec<String>,
}

impl GeneratedScript {
    /// Whether the database already equals the models.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let has_statements = self.proof.recorded.as_ref().is_some_and(|step| !step.statements.is_empty());
        self.operations.is_empty() && self.proof.missing.is_empty() && self.proof.error.is_none() && !has_statements
    }

    /// Whether there is a script. `env.py` can tell Alembic to write none.
    #[must_use]
    pub fn has_script(&self) -> bool {
        !self.draft.text.is_empty()
    }
}

/// Compares the models with the database. Only reads the target.
///
/// # Errors
/// Alembic's error when the database is not at head. Also when the models cannot be loaded, the database cannot be
/// read, or it was cancelled.
pub async fn compare(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    options: &CompareOptions,
    report_event: AutogenerateReporter<'_>,
    cancel: &CancellationToken,
) -> Result<Comparison> {
    let work = Box::pin(async {
        ready::expect_heads(project, tree, target).await?;
        let context = ComparisonContext::new(project, target, options, report_event, cancel);
        let prepared = prepare(&context).await?;
        let cache = NoChangeCache::of(prepared.key(), &context).await?;
        if let Some(notes) = cache.read_notes() {
            report_event(AutogenerateEvent::Load(models::ModelsEvent::FromCache));
            report_event(AutogenerateEvent::Compare);
            let notes = prepared.notes().iter().cloned().chain(notes).collect();
            return Ok(Comparison { notes, ..Comparison::default() });
        }
        let mut run = begin_with(context, prepared).await?;
        let compared = run.compare().await;
        let removed = run.context.end().await;
        let changes = compared?;
        removed?;
        if changes == Changes::default() {
            cache.store(run.own_notes());
        }
        let renames = if changes.operations.is_empty() { Vec::new() } else { run.candidates() };
        Ok(Comparison { changes, renames, notes: run.context.notes })
    });
    work.await.map_err(target_not_changed)
}

/// Writes the differences as a script, and proves it on a scratch copy of the database's schema. Only reads the target
/// and writes no file. A script that is not proved is not an error: see its proof.
///
/// # Errors
/// As [`compare`] and [`draft::create`].
pub async fn generate(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    new: &NewRevision,
    options: &CompareOptions,
    report_event: AutogenerateReporter<'_>,
    cancel: &CancellationToken,
) -> Result<GeneratedScript> {
    let work = Box::pin(async {
        if project.alembic.is_some() {
            python::refuse_renames(&options.renames)?;
        }
        let new_script = draft::new_script(project, tree, new)?;
        ready::expect_heads(project, tree, target).await?;
        let operation = async |run: &mut ComparisonRun<'_>| match project.alembic {
            Some(_) => Box::pin(python::generate(run, tree, &new_script, new)).await,
            None => run.generate(&new_script).await,
        };
        let (mut generated, notes) =
            run_comparison(ComparisonContext::new(project, target, options, report_event, cancel), operation).await?;
        generated.notes.extend(notes);
        Ok(generated)
    });
    work.await.map_err(target_not_changed)
}

/// Like [`generate`], but stops before it writes a script if there are possible renames and none was requested.
///
/// # Errors
/// As [`generate`].
pub async fn generate_unless_renames(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    new: &NewRevision,
    options: &CompareOptions,
    report_event: AutogenerateReporter<'_>,
    cancel: &CancellationToken,
) -> Result<AutogenerateOutcome> {
    let work = Box::pin(async {
        if project.alembic.is_some() {
            python::refuse_renames(&options.renames)?;
        }
        let new_script = draft::new_script(project, tree, new)?;
        ready::expect_heads(project, tree, target).await?;
        let operation = async |run: &mut ComparisonRun<'_>| match project.alembic {
            Some(_) => {
                let generated = Box::pin(python::generate(run, tree, &new_script, new)).await?;
                Ok(AutogenerateOutcome::Script(Box::new(generated)))
            }
            None => run.generate_unless_renames(&new_script).await,
        };
        let (mut outcome, notes) =
            run_comparison(ComparisonContext::new(project, target, options, report_event, cancel), operation).await?;
        match &mut outcome {
            AutogenerateOutcome::PossibleRenames(comparison) => comparison.notes = notes,
            AutogenerateOutcome::Script(generated) => generated.notes.extend(notes),
        }
        Ok(outcome)
    });
    work.await.map_err(target_not_changed)
}

/// Proves a generated script again after it was edited. Only reads the target and writes no file.
///
/// # Errors
/// When the models cannot be loaded, the database or the script cannot be read, or it was cancelled.
pub async fn prove(
    project: &Project,
    target: &Target,
    draft: &Draft,
    options: &CompareOptions,
    report_event: AutogenerateReporter<'_>,
    cancel: &CancellationToken,
) -> Result<Proof> {
    let work = Box::pin(async {
        let operation = async |run: &mut ComparisonRun<'_>| match project.alembic {
            Some(_) => Box::pin(python::prove(run, draft)).await,
            None => run.prove(draft).await,
        };
        let (proof, _) =
            run_comparison(ComparisonContext::new(project, target, options, report_event, cancel), operation).await?;
        Ok(proof)
    });
    work.await.map_err(target_not_changed)
}

/// Loads the models, reads the target and runs `operation`. Always drops the scratch databases. Also returns the notes.
async fn run_comparison<T>(
    context: ComparisonContext<'_>,
    operation: impl AsyncFnOnce(&mut ComparisonRun<'_>) -> Result<T>,
) -> Result<(T, Vec<String>)> {
    let mut run = Box::pin(begin(context)).await?;
    let result = Box::pin(operation(&mut run)).await;
    let removed = run.context.end().await;
    let result = result?;
    removed?;
    Ok((result, run.context.notes))
}

/// Reads the DDL of the models.
async fn prepare(context: &ComparisonContext<'_>) -> Result<PreparedModels> {
    models::prepare(&context.project, context.target, &load_options(context), context.cancel).await
}

/// Loads the models and reads the target.
async fn begin(context: ComparisonContext<'_>) -> Result<ComparisonRun<'_>> {
    let prepared = prepare(&context).await?;
    begin_with(context, prepared).await
}

async fn begin_with(context: ComparisonContext<'_>, prepared: PreparedModels) -> Result<ComparisonRun<'_>> {
    let report_event = |event| (context.report_event)(AutogenerateEvent::Load(event));
    let models =
        prepared.load(&context.project, context.target, &load_options(&context), &report_event, context.cancel).await?;
    ComparisonRun::begin(context, models.into()).await
}

fn load_options(context: &ComparisonContext<'_>) -> LoadOptions {
    let CompareOptions { download, consent, .. } = *context.options;
    LoadOptions { download, consent }
}
