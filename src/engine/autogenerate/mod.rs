//! Autogenerate: the difference between the models and the database, as a script that is proved before it is shown.
//!
//! [`compare`] finds what differs, [`generate`] writes it as a script and proves that on a scratch copy of the
//! database's schema, and [`write()`] puts the file where it belongs. The target is only read.

mod bench;
mod cost;
mod keep;
mod memo;
mod prove;
mod ready;
mod renames;
mod text;
mod work;

use tokio_util::sync::CancellationToken;

use super::apply::Progress;
use super::draft::{self, Draft, NewRevision};
use super::models::{self, LoadOptions, Prepared};
use super::project::{Project, ScriptTree};
use super::verify::Verified;
use super::{Error, Result, Target};
use crate::core::diff::rename::Candidate;
use crate::core::diff::{Changes, Operation};
use crate::core::graph::RevisionId;
use memo::Memo;

pub use super::verify::Stage;
pub(super) use bench::Bench;
pub use cost::cost;
pub use keep::{excerpt, placed, unmarked, write};
pub(super) use work::{Wanted, Work};

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
pub enum Told {
    /// The models are loaded.
    Load(models::Told),
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
pub type TellAutogenerate<'a> = &'a (dyn Fn(Told) + Send + Sync);

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
    pub fn into_verified(self, revision: RevisionId) -> Verified {
        let Self { up, down, again, difference, error } = self;
        Verified { revision, up, down, again, difference, note: None, error }
    }
}

/// What came of [`find`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Some of what goes and comes may be one thing under two names: somebody has to say so first.
    Renames(Comparison),
    Script(Box<Generated>),
}

/// A new script with its proof; nothing is written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its id, its text, and where it belongs once it is proved.
    pub draft: Draft,
    /// Of the upgrade, in order.
    pub operations: Vec<Operation>,
    /// What may be renames, and is written as drops and new objects.
    pub renames: Vec<Candidate>,
    pub proof: Proof,
    pub notes: Vec<String>,
}

impl Generated {
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
    tell: TellAutogenerate<'_>,
    cancel: &CancellationToken,
) -> Result<Comparison> {
    ready::expect_heads(project, tree, target).await?;
    let bench = Bench::new(project, target, options, tell, cancel);
    let prepared = prepare(&bench).await?;
    let memo = Memo::of(prepared.key(), &bench).await?;
    if let Some(notes) = memo.recall() {
        tell(Told::Load(models::Told::FromCache));
        tell(Told::Compare);
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
    tell: TellAutogenerate<'_>,
    cancel: &CancellationToken,
) -> Result<Generated> {
    let place = draft::place(project, tree, new)?;
    ready::expect_heads(project, tree, target).await?;
    let work = async |work: &mut Work<'_>| work.generate(&place).await;
    let (mut generated, notes) = worked(Bench::new(project, target, options, tell, cancel), work).await?;
    generated.notes = notes;
    Ok(generated)
}

/// As [`generate`], but stops before a script is written where there may be renames, none of which is asked for.
///
/// # Errors
/// As [`generate`].
pub async fn find(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    new: &NewRevision,
    options: &CompareOptions,
    tell: TellAutogenerate<'_>,
    cancel: &CancellationToken,
) -> Result<Found> {
    let place = draft::place(project, tree, new)?;
    ready::expect_heads(project, tree, target).await?;
    let work = async |work: &mut Work<'_>| work.find(&place).await;
    let (mut found, notes) = worked(Bench::new(project, target, options, tell, cancel), work).await?;
    match &mut found {
        Found::Renames(comparison) => comparison.notes = notes,
        Found::Script(generated) => generated.notes = notes,
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
    tell: TellAutogenerate<'_>,
    cancel: &CancellationToken,
) -> Result<Proof> {
    let work = async |work: &mut Work<'_>| work.prove(draft).await;
    let (proof, _) = worked(Bench::new(project, target, options, tell, cancel), work).await?;
    Ok(proof)
}

/// Loads the models, reads the target, does some work, and takes the scratch databases away however it ends; gives what
/// people should know of it besides.
async fn worked<T>(bench: Bench<'_>, work: impl AsyncFnOnce(&mut Work<'_>) -> Result<T>) -> Result<(T, Vec<String>)> {
    let mut begun = Box::pin(begin(bench)).await?;
    let done = Box::pin(work(&mut begun)).await;
    let removed = begun.bench.end().await;
    let done = done?;
    removed?;
    Ok((done, begun.bench.notes))
}

/// Reads the models' DDL.
async fn prepare(bench: &Bench<'_>) -> Result<Prepared> {
    models::prepare(&bench.project, bench.target, &load_options(bench), bench.cancel).await
}

/// Loads the models and reads the target.
async fn begin(bench: Bench<'_>) -> Result<Work<'_>> {
    let prepared = prepare(&bench).await?;
    begin_with(bench, prepared).await
}

async fn begin_with(bench: Bench<'_>, prepared: Prepared) -> Result<Work<'_>> {
    let tell = |told| (bench.tell)(Told::Load(told));
    let models = prepared.load(&bench.project, bench.target, &load_options(&bench), &tell, bench.cancel).await?;
    Work::begin(bench, models.into()).await
}

fn load_options(bench: &Bench<'_>) -> LoadOptions {
    let CompareOptions { download, consent, .. } = *bench.options;
    LoadOptions { download, consent }
}
