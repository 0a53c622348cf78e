//! Autogenerate: the difference between the models and the database, as a script that is proved before it is shown.
//!
//! [`compare`] finds what differs, [`generate`] writes it as a script and proves that on a scratch copy of the
//! database's schema, and [`write()`] puts the file where it belongs. The target is only read.

mod comparison;
mod context;
mod draft_plan;
mod no_change_cache;
mod output;
mod ready;
mod renames;
mod script_text;
mod trial;

use tokio_util::sync::CancellationToken;

use super::apply::Progress;
use super::draft::{self, Draft, NewRevision};
use super::models::{self, LoadOptions, PreparedModels};
use super::project::{Project, ScriptTree};
use super::verify::VerifiedRevision;
use super::{Error, Result, Target};
use crate::core::diff::rename::Candidate;
use crate::core::diff::{Changes, Operation};
use crate::core::graph::RevisionId;
use no_change_cache::NoChangeCache;

pub use super::verify::Stage;
pub(super) use comparison::{ComparisonRun, ExpectedSchema};
pub(super) use context::ComparisonContext;
pub use draft_plan::plan_draft;
pub use output::{excerpt, output_file, remove_unproved_note, write};

/// How to compare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompareOptions {
    /// `OLD=NEW`, each as typed.
    pub renames: Vec<String>,
    /// Whether PostgreSQL's programs may be downloaded where a private server is needed and there are none.
    pub download: bool,
    /// Whether a program that the project names may run.
    pub consent: bool,
}

/// What happens meanwhile; the phases come in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum AutogenerateEvent {
    /// The models are loaded.
    Load(models::ModelsEvent),
    /// Of a drift: a revision runs on the scratch database.
    Replay {
        revision: RevisionId,
    },
    /// The database is read.
    Read,
    Compare,
    /// So much differs; it is written as a script, and the target's schema is copied to prove it.
    Compared {
        statements: usize,
        objects: usize,
    },
    /// A scratch database is there.
    Scratch {
        place: String,
        notes: Vec<String>,
    },
    Prove(Stage),
    /// Of the script that is proved at the moment.
    Progress(Progress),
}

/// Where it is told.
pub type AutogenerateReporter<'a> = &'a (dyn Fn(AutogenerateEvent) + Send + Sync);

/// What has to be done to the database to make it what the models say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    pub changes: Changes,
    /// What may be renames.
    pub renames: Vec<Candidate>,
    /// What else people should know.
    pub notes: Vec<String>,
}

/// What was proved of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// The upgrade ran, and the catalog was that of the models.
    pub up: bool,
    /// The downgrade ran, and the catalog was what it had been.
    pub down: bool,
    /// The upgrade ran once more, and the catalog was what it had been after the first time.
    pub again: bool,
    /// What was not as it should have been, an object a line.
    pub difference: Vec<String>,
    /// Why the script did not run, or could not be tried.
    pub error: Option<Error>,
}

impl Proof {
    /// Whether nothing stands against the script.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.up && self.down && self.again
    }

    /// The same as what verifying the revision finds.
    #[must_use]
    pub fn into_verified(self, revision: RevisionId) -> VerifiedRevision {
        let Self { up, down, again, difference, error } = self;
        VerifiedRevision { revision, up, down, again, difference, note: None, error }
    }
}

/// What came of [`find`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AutogenerateOutcome {
    /// Some of what goes and comes may be one thing under two names: somebody has to say so first.
    PossibleRenames(Comparison),
    Script(Box<GeneratedScript>),
}

/// A new script with its proof; nothing is written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedScript {
    /// Its id, its text, and where it belongs once it is proved.
    pub draft: Draft,
    /// Of the upgrade, in order.
    pub operations: Vec<Operation>,
    /// What may be renames, and is written as drops and new objects.
    pub renames: Vec<Candidate>,
    pub proof: Proof,
    pub notes: Vec<String>,
}

impl GeneratedScript {
    /// Whether the models add nothing to the database.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }
}

/// What the models add to the database. Reads the target only.
///
/// # Errors
/// As Alembic when the database is not at head; when the models cannot be loaded, the database cannot be read, or it
/// was cancelled.
pub async fn compare(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    options: &CompareOptions,
    tell: AutogenerateReporter<'_>,
    cancel: &CancellationToken,
) -> Result<Comparison> {
    ready::expect_heads(project, tree, target).await?;
    let bench = ComparisonContext::new(project, target, options, tell, cancel);
    let prepared = prepare(&bench).await?;
    let memo = NoChangeCache::of(prepared.key(), &bench).await?;
    if let Some(notes) = memo.recall() {
        tell(AutogenerateEvent::Load(models::ModelsEvent::FromCache));
        tell(AutogenerateEvent::Compare);
        return Ok(Comparison { notes, ..Comparison::default() });
    }
    let mut work = begin_with(bench, prepared).await?;
    let compared = work.compare().await;
    let removed = work.bench.end().await;
    let changes = compared?;
    removed?;
    if changes == Changes::default() {
        memo.keep(work.own_notes());
    }
    let renames = if changes.operations.is_empty() { Vec::new() } else { work.candidates() };
    Ok(Comparison { changes, renames, notes: work.bench.notes })
}

/// Writes what the models add as a script, and proves it on a scratch copy of the database's schema. Reads the target
/// only, and writes no file. A script that does not hold is no error: see its proof.
///
/// # Errors
/// As [`compare`], and as [`draft::create`].
pub async fn generate(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    new: &NewRevision,
    options: &CompareOptions,
    tell: AutogenerateReporter<'_>,
    cancel: &CancellationToken,
) -> Result<GeneratedScript> {
    let place = draft::new_script(project, tree, new)?;
    ready::expect_heads(project, tree, target).await?;
    let work = async |work: &mut ComparisonRun<'_>| work.generate(&place).await;
    let (mut generated, notes) = worked(ComparisonContext::new(project, target, options, tell, cancel), work).await?;
    generated.notes = notes;
    Ok(generated)
}

/// As [`generate`], but stops before a script is written where there may be renames, none of which is asked for.
///
/// # Errors
/// As [`generate`].
pub async fn generate_unless_renames(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    new: &NewRevision,
    options: &CompareOptions,
    tell: AutogenerateReporter<'_>,
    cancel: &CancellationToken,
) -> Result<AutogenerateOutcome> {
    let place = draft::new_script(project, tree, new)?;
    ready::expect_heads(project, tree, target).await?;
    let work = async |work: &mut ComparisonRun<'_>| work.find(&place).await;
    let (mut found, notes) = worked(ComparisonContext::new(project, target, options, tell, cancel), work).await?;
    match &mut found {
        AutogenerateOutcome::PossibleRenames(comparison) => comparison.notes = notes,
        AutogenerateOutcome::Script(generated) => generated.notes = notes,
    }
    Ok(found)
}

/// Proves a script again that was generated and edited since, as [`generate`] does. Reads the target only, and writes
/// no file.
///
/// # Errors
/// When the models cannot be loaded, the database or the script cannot be read, or it was cancelled.
pub async fn prove(
    project: &Project,
    target: &Target,
    draft: &Draft,
    options: &CompareOptions,
    tell: AutogenerateReporter<'_>,
    cancel: &CancellationToken,
) -> Result<Proof> {
    let work = async |work: &mut ComparisonRun<'_>| work.prove(draft).await;
    let (proof, _) = worked(ComparisonContext::new(project, target, options, tell, cancel), work).await?;
    Ok(proof)
}

/// Loads the models, reads the target, does some work, and takes the scratch databases away however it ends; gives what
/// people should know of it besides.
async fn worked<T>(
    bench: ComparisonContext<'_>,
    work: impl AsyncFnOnce(&mut ComparisonRun<'_>) -> Result<T>,
) -> Result<(T, Vec<String>)> {
    let mut begun = Box::pin(begin(bench)).await?;
    let done = Box::pin(work(&mut begun)).await;
    let removed = begun.bench.end().await;
    let done = done?;
    removed?;
    Ok((done, begun.bench.notes))
}

/// Reads the models' DDL.
async fn prepare(bench: &ComparisonContext<'_>) -> Result<PreparedModels> {
    models::prepare(&bench.project, bench.target, &load_options(bench), bench.cancel).await
}

/// Loads the models and reads the target.
async fn begin(bench: ComparisonContext<'_>) -> Result<ComparisonRun<'_>> {
    let prepared = prepare(&bench).await?;
    begin_with(bench, prepared).await
}

async fn begin_with(bench: ComparisonContext<'_>, prepared: PreparedModels) -> Result<ComparisonRun<'_>> {
    let tell = |told| (bench.tell)(AutogenerateEvent::Load(told));
    let models = prepared.load(&bench.project, bench.target, &load_options(&bench), &tell, bench.cancel).await?;
    ComparisonRun::begin(bench, models.into()).await
}

fn load_options(bench: &ComparisonContext<'_>) -> LoadOptions {
    let CompareOptions { download, consent, .. } = *bench.options;
    LoadOptions { download, consent }
}
