//! Verifies scripts: up, down and up again on a scratch database, with a comparison of the schema after each step.

mod difference;
mod history_run;
mod scratch_runner;

use std::collections::HashSet;

use tokio_util::sync::CancellationToken;

use super::apply::Progress;
use super::error::target_not_changed;
use super::project::{Project, ScriptTree};
use super::scratch::{ScratchDatabase, ScratchRequirements};
use super::script_process::UnsavedScript;
use super::state::VersionTable;
use super::{Error, Result, Target};
use crate::core::graph::{Direction, RevisionId};
use crate::core::statement::analyse_section;
pub(super) use difference::describe_changes;
use history_run::HistoryRun;
pub(super) use history_run::script_failure;
pub(super) use scratch_runner::ScratchRunner;

/// What to verify.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// Revision identifiers and ranges as typed. Empty: the whole history, including a downgrade to base.
    pub revisions: Vec<String>,
    /// Whether PostgreSQL's programs may be downloaded where a private server is required and they are not installed.
    pub download: bool,
    /// Python scripts whose text is not the one of their file.
    pub unsaved: Vec<UnsavedScript>,
}

/// The result for one revision.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedRevision {
    pub revision: RevisionId,
    /// Whether the upgrade ran.
    pub up: bool,
    /// Whether the downgrade ran and restored the schema.
    pub down: bool,
    /// Whether the second upgrade ran and created the same schema as the first one.
    pub again: bool,
    /// Unexpected differences, one object per line.
    pub difference: Vec<String>,
    /// An explanation, for example that the downgrade is empty or that a parent failed.
    pub note: Option<String>,
    /// Why a script failed.
    pub error: Option<Error>,
}

/// The results of a verification.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VerifyReport {
    /// In the order in which they ran.
    pub revisions: Vec<VerifiedRevision>,
    /// Whether verified scripts change rows. The tables of a scratch database are empty, so this is not tested.
    pub data_untested: bool,
    /// Whether the whole history was downgraded to base.
    pub back_to_base: bool,
}

/// The stage of the verification of one revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Up,
    Down,
    Again,
}

/// Reported while a verification runs.
#[derive(Debug, Clone, PartialEq)]
pub enum VerifyEvent {
    /// The scratch database was created.
    Scratch {
        place: String,
        notes: Vec<String>,
    },
    /// A revision runs only because verified revisions depend on it.
    Applying {
        revision: RevisionId,
    },
    /// The verification of revision `number` of `count` starts a stage. `number` starts at 1.
    Proving {
        revision: RevisionId,
        stage: Stage,
        number: usize,
        count: usize,
    },
    Verified(VerifiedRevision),
    /// The downgrade of the whole history starts.
    BackToBase,
    /// The progress of the running plan.
    Progress(Progress),
}

/// The function that receives the events.
pub type VerifyReporter<'a> = &'a (dyn Fn(VerifyEvent) + Send + Sync);

impl VerifiedRevision {
    /// Whether all stages succeeded.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.up && self.down && self.again
    }

    fn new(revision: RevisionId) -> Self {
        let difference = Vec::new();
        Self { revision, up: false, down: false, again: false, difference, note: None, error: None }
    }
}

impl VerifyReport {
    /// Whether all revisions were proved.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.revisions.iter().all(VerifiedRevision::is_proved)
    }
}

/// Verifies revisions on a scratch database, which is always dropped afterwards. Reads the properties of the target's
/// database, and its heads if a revision identifier refers to them.
///
/// # Errors
/// When the scripts are not valid, no scratch database can be created, a required earlier revision fails, or it was
/// cancelled. A verified revision that fails is not an error: it is in the report.
pub async fn verify(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    options: &VerifyOptions,
    report_event: VerifyReporter<'_>,
    cancel: &CancellationToken,
) -> Result<VerifyReport> {
    let work = Box::pin(async {
        tree.require_valid()?;
        let chosen = resolve_revisions(project, tree, target, &options.revisions).await?;
        let chosen_ids: Vec<RevisionId> = chosen.iter().cloned().collect();
        let required = tree.graph.ancestors(&chosen_ids);
        let order: Vec<RevisionId> =
            tree.graph.pending(&[]).into_iter().filter(|id| required.contains(*id)).cloned().collect();
        if order.is_empty() {
            return Ok(VerifyReport::default());
        }
        let requirements = ScratchRequirements::of(sections(tree, &order));
        let scratch = ScratchDatabase::make(project, target, &requirements, options.download).await?;
        let mut run = HistoryRun {
            project,
            tree,
            target,
            requirements: &requirements,
            download: options.download,
            unsaved: options.unsaved.clone(),
            report_event,
            cancel,
            scratch,
            heads: Vec::new(),
        };
        let report = run.run(&order, &chosen, options.revisions.is_empty()).await;
        let removed = run.scratch.remove().await;
        let mut report = report?;
        removed?;
        report.data_untested = sections(tree, &chosen_ids).any(changes_rows);
        Ok(report)
    });
    work.await.map_err(target_not_changed)
}

/// Returns the revisions that the arguments refer to; all revisions if there are no arguments.
async fn resolve_revisions(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    arguments: &[String],
) -> Result<HashSet<RevisionId>> {
    if arguments.is_empty() {
        return Ok(tree.scripts.keys().cloned().collect());
    }
    let session = target.connect("limbeck verify").await?;
    let heads = VersionTable::new(&project.config.database.version_table).heads(session.client()).await?;
    let mut chosen = HashSet::new();
    for argument in arguments {
        match argument.split_once(':') {
            Some((start, end)) => {
                let end_of = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                let range = tree.graph.range(end_of(start).as_deref(), end_of(end).as_deref(), &heads)?;
                chosen.extend(range.into_iter().map(|revision| revision.id.clone()));
            }
            None => chosen.extend(tree.graph.resolve(argument, &heads)?),
        }
    }
    Ok(chosen)
}

fn sections<'a>(tree: &'a ScriptTree, ids: &'a [RevisionId]) -> impl Iterator<Item = &'a str> {
    let scripts = ids.iter().filter_map(|id| tree.script(id.as_str())?.script.sql());
    scripts.flat_map(|code| {
        [Direction::Upgrade, Direction::Downgrade].map(|direction| code.section(direction).sql.as_str())
    })
}

fn changes_rows(section: &str) -> bool {
    analyse_section(section).is_ok_and(|statements| statements.iter().any(|statement| statement.changes_rows()))
}
