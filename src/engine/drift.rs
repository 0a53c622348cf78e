//! Drift: compares the database with the schema that its own history creates.

use tokio_util::sync::CancellationToken;

use super::autogenerate::{
    AutogenerateEvent, AutogenerateReporter, CompareOptions, ComparisonContext, ComparisonRun, ExpectedSchema,
};
use super::error::target_not_changed;
use super::project::{Project, ScriptTree};
use super::scratch::{ScratchDatabase, ScratchRequirements, full_scope};
use super::state::VersionTable;
use super::state::{ledger_scripts, script_status};
use super::verify::ScratchRunner;
use super::{Error, Result, Target, models};
use crate::core::diff::Changes;
use crate::core::graph::{Direction, RevisionId};
use crate::core::schema::Kind;

/// The differences between a database and its history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// Statements that would turn the database into what the history creates.
    pub changes: Changes,
    /// The differences, one object per line.
    pub difference: Vec<String>,
    /// Further notes for the user.
    pub notes: Vec<String>,
}

impl Drift {
    /// Whether there is no difference.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.difference.is_empty() && self.changes.operations.is_empty()
    }
}

/// Runs the scripts of the applied revisions on a scratch database, and compares the result with the target. Only reads
/// the target. `at`: the heads to compare with; `None`: those of the database.
///
/// # Errors
/// When the script of a revision is missing or fails, the database cannot be read, or it was cancelled.
pub async fn drift(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    at: Option<&[RevisionId]>,
    options: &CompareOptions,
    report_event: AutogenerateReporter<'_>,
    cancel: &CancellationToken,
) -> Result<Drift> {
    let work = Box::pin(async {
        tree.require_valid()?;
        let session = target.connect("limbeck drift").await?;
        let heads = match at {
            Some(heads) => heads.to_vec(),
            None => VersionTable::new(&project.config.database.version_table).heads(session.client()).await?,
        };
        let tree = ledger_scripts::add_missing_scripts(tree, session.client(), &heads).await?;
        let edited = script_status::find_edited(
            &tree,
            &script_status::read_script_hashes(session.client()).await.unwrap_or_default(),
        );
        drop(session);
        let mut context = ComparisonContext::new(project, target, options, report_event, cancel);
        let order = applied_revisions(&tree, &heads)?;
        let mut edited_ids: Vec<&RevisionId> = order.iter().filter(|id| edited.contains(*id)).collect();
        edited_ids.sort();
        context.notes.extend(
            edited_ids
                .into_iter()
                .map(|id| format!("revision {id} was edited after it ran; the comparison uses the file")),
        );
        let history = replay(&context, &tree, &order).await?;
        let mut run = ComparisonRun::begin(context, history).await?;
        let compared = run.compare().await;
        let removed = run.context.end().await;
        let changes = compared?;
        removed?;
        Ok(Drift { changes, difference: run.difference_lines("the history"), notes: run.context.notes })
    });
    work.await.map_err(target_not_changed)
}

/// Returns the applied revisions, parents first.
fn applied_revisions(tree: &ScriptTree, heads: &[RevisionId]) -> Result<Vec<RevisionId>> {
    if let Some(missing) = heads.iter().find(|id| tree.script(id.as_str()).is_none()) {
        return Err(Error::new(format!("Can't locate revision identified by '{missing}'"))
            .because(
                "the database is at this revision, but the project has no script for it, and the ledger has no copy",
            )
            .hint("restore the script of this revision"));
    }
    let has = tree.graph.ancestors(heads);
    Ok(tree.graph.pending(&[]).into_iter().filter(|id| has.contains(*id)).cloned().collect())
}

/// Runs the scripts on an empty database and returns the schema.
async fn replay(context: &ComparisonContext<'_>, tree: &ScriptTree, order: &[RevisionId]) -> Result<ExpectedSchema> {
    let upgrades = order.iter().filter_map(|id| tree.script(id.as_str())?.script.sql());
    let upgrades = upgrades.map(|code| code.upgrade.sql.as_str());
    let requirements = ScratchRequirements::of(upgrades);
    let scratch =
        ScratchDatabase::make(&context.project, context.target, &requirements, context.options.download).await?;
    let place = scratch.target().conninfo().describe();
    (context.report_event)(AutogenerateEvent::Scratch { place, notes: scratch.notes().to_vec() });
    let replayed = run(context, tree, order, &scratch).await;
    let removed = scratch.remove().await;
    let replayed = replayed?;
    removed?;
    Ok(replayed)
}

async fn run(
    context: &ComparisonContext<'_>,
    tree: &ScriptTree,
    order: &[RevisionId],
    scratch: &ScratchDatabase,
) -> Result<ExpectedSchema> {
    let progress = |progress| (context.report_event)(AutogenerateEvent::Progress(progress));
    let (project, target, cancel) = (&*context.project, scratch.target(), context.cancel);
    let scratch_target = target.with_scripts_of(context.target);
    let runner = ScratchRunner { project, tree, target: &scratch_target, unsaved: &[], progress: &progress, cancel };
    let mut heads = Vec::new();
    for id in order {
        (context.report_event)(AutogenerateEvent::Replay { revision: id.clone() });
        let path = tree.graph.upgrade(id.as_str(), &heads)?;
        heads = runner.run_path(Direction::Upgrade, id.as_str(), path).await?;
    }
    let (whole, _) = context.read(target, &full_scope(project)).await?;
    let created_schemas = whole.objects.keys().filter(|id| id.kind == Kind::Schema).map(|id| id.name.clone());
    let scope = models::scope(project, &created_schemas.collect::<Vec<_>>());
    let (schema, _) = context.read(target, &scope).await?;
    Ok(ExpectedSchema { schema, scope, notes: scratch.notes().to_vec(), key: None, is_metadata: false })
}
