//! Drift: the database against what its own history says it should be.

use tokio_util::sync::CancellationToken;

use super::autogenerate::{
    AutogenerateEvent, AutogenerateReporter, CompareOptions, ComparisonContext, ComparisonRun, ExpectedSchema,
};
use super::project::{Project, ScriptTree};
use super::scratch::{ScratchDatabase, ScratchRequirements, full_scope};
use super::state::VersionTable;
use super::state::{ledger_scripts, script_status};
use super::verify::ScratchRunner;
use super::{Error, Result, Target, models};
use crate::core::diff::Changes;
use crate::core::graph::{Direction, RevisionId};
use crate::core::schema::Kind;

/// How a database differs from its history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// What would make the database what its history says.
    pub changes: Changes,
    /// Where they differ, an object a line.
    pub difference: Vec<String>,
    /// What else people should know.
    pub notes: Vec<String>,
}

impl Drift {
    /// Whether the database is what its history says.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.difference.is_empty() && self.changes.operations.is_empty()
    }
}

/// Runs the scripts of the applied revisions on a scratch database, and compares what they make with the target.
/// Reads the target only.
///
/// # Errors
/// When a revision's script is not to be had or does not run, the database cannot be read, or it was cancelled.
pub async fn drift(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    options: &CompareOptions,
    tell: AutogenerateReporter<'_>,
    cancel: &CancellationToken,
) -> Result<Drift> {
    tree.sound()?;
    let session = target.connect("limbeck drift").await?;
    let heads = VersionTable::new(&project.config.database.version_table).heads(session.client()).await?;
    let tree = ledger_scripts::add_missing_scripts(tree, session.client(), &heads).await?;
    let edited = script_status::find_edited(
        &tree,
        &script_status::read_script_hashes(session.client()).await.unwrap_or_default(),
    );
    drop(session);
    let mut bench = ComparisonContext::new(project, target, options, tell, cancel);
    let order = applied(&tree, &heads)?;
    let mut late: Vec<&RevisionId> = order.iter().filter(|id| edited.contains(*id)).collect();
    late.sort();
    bench.notes.extend(
        late.into_iter().map(|id| format!("revision {id} was edited after it ran; the file is what counts here")),
    );
    let history = replay(&bench, &tree, &order).await?;
    let mut work = ComparisonRun::begin(bench, history).await?;
    let compared = work.compare().await;
    let removed = work.bench.end().await;
    let changes = compared?;
    removed?;
    Ok(Drift { changes, difference: work.lines("the history"), notes: work.bench.notes })
}

/// The revisions that the database has, parents first.
fn applied(tree: &ScriptTree, heads: &[RevisionId]) -> Result<Vec<RevisionId>> {
    if let Some(missing) = heads.iter().find(|id| tree.script(id.as_str()).is_none()) {
        return Err(Error::new(format!("Can't locate revision identified by '{missing}'"))
            .because("the database is at a revision that no script has, nor the ledger")
            .hint("bring the script back; without it nobody knows what it did"));
    }
    let has = tree.graph.ancestors(heads);
    Ok(tree.graph.pending(&[]).into_iter().filter(|id| has.contains(*id)).cloned().collect())
}

/// What the scripts make of an empty database.
async fn replay(bench: &ComparisonContext<'_>, tree: &ScriptTree, order: &[RevisionId]) -> Result<ExpectedSchema> {
    let upgrades = order.iter().filter_map(|id| tree.script(id.as_str())).map(|file| file.script.upgrade.sql.as_str());
    let needs = ScratchRequirements::of(upgrades);
    let scratch = ScratchDatabase::make(&bench.project, bench.target, &needs, bench.options.download).await?;
    let place = scratch.target().conninfo().describe();
    (bench.tell)(AutogenerateEvent::Scratch { place, notes: scratch.notes().to_vec() });
    let replayed = run(bench, tree, order, &scratch).await;
    let removed = scratch.remove().await;
    let replayed = replayed?;
    removed?;
    Ok(replayed)
}

async fn run(
    bench: &ComparisonContext<'_>,
    tree: &ScriptTree,
    order: &[RevisionId],
    scratch: &ScratchDatabase,
) -> Result<ExpectedSchema> {
    let progress = |progress| (bench.tell)(AutogenerateEvent::Progress(progress));
    let (project, target, cancel) = (&*bench.project, scratch.target(), bench.cancel);
    let walker = ScratchRunner { project, tree, target, progress: &progress, cancel };
    let mut heads = Vec::new();
    for id in order {
        (bench.tell)(AutogenerateEvent::Replay { revision: id.clone() });
        let path = tree.graph.upgrade(id.as_str(), &heads)?;
        heads = walker.walk(Direction::Upgrade, id.as_str(), path).await?;
    }
    let (made, _) = bench.read(target, &full_scope(project)).await?;
    let own = made.objects.keys().filter(|id| id.kind == Kind::Schema).map(|id| id.name.clone());
    let scope = models::scope(project, &own.collect::<Vec<_>>());
    let (schema, _) = bench.read(target, &scope).await?;
    Ok(ExpectedSchema { schema, scope, notes: scratch.notes().to_vec(), key: None })
}
