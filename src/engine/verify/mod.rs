//! Proves scripts: up, down and up again on a scratch database, the schema compared at every turn.

mod difference;
mod history_run;
mod scratch_runner;

use std::collections::HashSet;

use tokio_util::sync::CancellationToken;

use super::apply::Progress;
use super::project::{Project, ScriptTree};
use super::scratch::{ScratchDatabase, ScratchRequirements};
use super::state::VersionTable;
use super::{Error, Result, Target};
use crate::core::graph::{Direction, RevisionId};
use crate::core::sql;
pub(super) use difference::describe_changes;
use history_run::HistoryRun;
pub(super) use history_run::script_failure;
pub(super) use scratch_runner::ScratchRunner;

/// What is to be proved.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// Revisions, symbols and ranges as typed; empty: the whole history, and back to base.
    pub revisions: Vec<String>,
    /// Whether PostgreSQL's programs may be downloaded where a private server is needed and there are none.
    pub download: bool,
}

/// What was found of one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRevision {
    pub revision: RevisionId,
    /// The upgrade ran.
    pub up: bool,
    /// The downgrade ran, and the schema was what it had been before.
    pub down: bool,
    /// The upgrade ran once more, and the schema was what it had been after the first time.
    pub again: bool,
    /// What was not as it should have been, an object a line.
    pub difference: Vec<String>,
    /// What is to be known besides: an empty downgrade, a parent that failed.
    pub note: Option<String>,
    /// Why a script did not run.
    pub error: Option<Error>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// In the order in which they ran.
    pub revisions: Vec<VerifiedRevision>,
    /// Whether scripts among them change rows: on a scratch database all tables are empty.
    pub data_untested: bool,
    /// Whether the history was taken back to base as a whole.
    pub back_to_base: bool,
}

/// What a verification is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Up,
    Down,
    Again,
}

/// What happens meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub enum VerifyEvent {
    /// The scratch database is there.
    Scratch {
        place: String,
        notes: Vec<String>,
    },
    /// A revision is run only because others stand on it.
    Applying {
        revision: RevisionId,
    },
    /// `number` of `count` revisions, from 1.
    Proving {
        revision: RevisionId,
        stage: Stage,
        number: usize,
        count: usize,
    },
    Found(VerifiedRevision),
    /// All is taken back at once.
    BackToBase,
    /// Of the plan that runs at the moment.
    Progress(Progress),
}

/// Where it is told.
pub type VerifyReporter<'a> = &'a (dyn Fn(VerifyEvent) + Send + Sync);

impl VerifiedRevision {
    /// Whether nothing stands against it.
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
    /// Whether every revision is proved.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.revisions.iter().all(VerifiedRevision::is_proved)
    }
}

/// Proves revisions on a scratch database, which is dropped whatever happens. Of the target it reads how its database
/// is made, and its heads where a revision is named by them.
///
/// # Errors
/// When the scripts are not sound, no scratch database can be had, what comes before the revisions does not run, or
/// it was cancelled. A revision that fails is no error: it is in the report.
pub async fn verify(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    options: &VerifyOptions,
    tell: VerifyReporter<'_>,
    cancel: &CancellationToken,
) -> Result<VerifyReport> {
    tree.sound()?;
    let chosen = choose(project, tree, target, &options.revisions).await?;
    let wanted: Vec<RevisionId> = chosen.iter().cloned().collect();
    let needed = tree.graph.ancestors(&wanted);
    let order: Vec<RevisionId> =
        tree.graph.pending(&[]).into_iter().filter(|id| needed.contains(*id)).cloned().collect();
    if order.is_empty() {
        return Ok(VerifyReport::default());
    }
    let needs = ScratchRequirements::of(sections(tree, &order));
    let scratch = ScratchDatabase::make(project, target, &needs, options.download).await?;
    let mut replay = HistoryRun {
        project,
        tree,
        target,
        needs: &needs,
        download: options.download,
        tell,
        cancel,
        scratch,
        heads: Vec::new(),
    };
    let report = replay.run(&order, &chosen, options.revisions.is_empty()).await;
    let removed = replay.scratch.remove().await;
    let mut report = report?;
    removed?;
    report.data_untested = sections(tree, &wanted).any(changes_rows);
    Ok(report)
}

/// The revisions that the arguments mean; all, where there are none.
async fn choose(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    words: &[String],
) -> Result<HashSet<RevisionId>> {
    if words.is_empty() {
        return Ok(tree.scripts.keys().cloned().collect());
    }
    let session = target.connect("limbeck verify").await?;
    let heads = VersionTable::new(&project.config.database.version_table).heads(session.client()).await?;
    let mut chosen = HashSet::new();
    for word in words {
        match word.split_once(':') {
            Some((start, end)) => {
                let end_of = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                let range = tree.graph.range(end_of(start).as_deref(), end_of(end).as_deref(), &heads)?;
                chosen.extend(range.into_iter().map(|revision| revision.id.clone()));
            }
            None => chosen.extend(tree.graph.resolve(word, &heads)?),
        }
    }
    Ok(chosen)
}

fn sections<'a>(tree: &'a ScriptTree, ids: &'a [RevisionId]) -> impl Iterator<Item = &'a str> {
    let scripts = ids.iter().filter_map(|id| tree.script(id.as_str()));
    scripts.flat_map(|file| {
        [Direction::Upgrade, Direction::Downgrade].map(|direction| file.script.section(direction).sql.as_str())
    })
}

fn changes_rows(section: &str) -> bool {
    const VERBS: [&str; 5] = ["insert", "update", "delete", "merge", "copy"];
    let statements = sql::split(section).unwrap_or_default();
    statements.iter().any(|statement| {
        let words = sql::leading_words(&statement.text);
        words.first().is_some_and(|word| VERBS.contains(&word.as_str()))
            || (words.first().is_some_and(|word| word == "with") && sql::touches_rows(&statement.text))
    })
}
