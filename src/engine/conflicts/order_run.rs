//! One order of two branches on a scratch database of its own.

use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::failure::describe_failure;
use super::{ConflictEvent, ConflictReporter, OrderResult, Side};
use crate::core::conflict::{ObjectChange, Touches, catalog_changes, fact_changes, row_changes};
use crate::core::graph::{Direction, Fork, RevisionId};
use crate::core::schema::Schema;
use crate::core::statement::{Statement, analyse_one, analyse_section};
use crate::engine::apply::Progress;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::scratch::{ScratchDatabase, ScratchRequirements, full_scope, read_schema};
use crate::engine::verify::{ScratchRunner, script_failure};
use crate::engine::{Error, Result, Target};

/// What all runs share.
pub(super) struct RunSite<'a> {
    pub project: &'a Project,
    pub tree: &'a ScriptTree,
    pub target: &'a Target,
    pub requirements: &'a ScratchRequirements,
    pub download: bool,
    pub report_event: ConflictReporter<'a>,
    pub cancel: &'a CancellationToken,
}

/// A scratch database, and what has run on it.
pub(super) struct OrderRun<'a> {
    site: &'a RunSite<'a>,
    fork: &'a Fork,
    first: Side,
    scratch: ScratchDatabase,
    heads: Vec<RevisionId>,
    schema: Schema,
    /// The statements that the current Python script has sent.
    sent: Mutex<Vec<String>>,
}

impl<'a> OrderRun<'a> {
    /// Makes the scratch database.
    pub async fn begin(site: &'a RunSite<'a>, fork: &'a Fork, first: Side) -> Result<Self> {
        let scratch = ScratchDatabase::make(site.project, site.target, site.requirements, site.download).await?;
        let place = scratch.target().conninfo().describe();
        (site.report_event)(ConflictEvent::Scratch { place, notes: scratch.notes().to_vec() });
        let (heads, schema, sent) = (Vec::new(), Schema::default(), Mutex::default());
        Ok(Self { site, fork, first, scratch, heads, schema, sent })
    }

    /// Runs what is below both branches, then the branches. Adds what the first branch touches.
    pub async fn run(&mut self, touches: &mut Touches) -> Result<OrderResult> {
        for ancestor in &self.fork.ancestors {
            self.upgrade(ancestor)
                .await
                .map_err(|error| error.because("this revision must run before the branches"))?;
        }
        self.schema = self.read_schema().await?;
        let order: Vec<RevisionId> =
            self.branch(self.first).iter().chain(self.branch(self.first.other())).cloned().collect();
        let length = self.branch(self.first).len();
        let mut result = OrderResult { first: self.first, order, failure: None };
        for (index, revision) in result.order.iter().enumerate() {
            let count = result.order.len();
            (self.site.report_event)(ConflictEvent::Running { revision: revision.clone(), number: index + 1, count });
            self.lock_sent().clear();
            let failed = self.upgrade(revision).await.err().map(script_failure).transpose()?;
            let statements = self.statements(revision);
            if index < length {
                let found = match &failed {
                    Some(_) => statements.iter().flat_map(fact_changes).collect(),
                    None => self.catalog_and_row_changes(&statements).await?,
                };
                self.add_touched(touches, revision, found);
            }
            if let Some(error) = failed {
                let last_sent = self.lock_sent().last().cloned();
                let other = if index < length { None } else { self.branch(self.first).last() };
                result.failure = Some(describe_failure(self.site.tree, revision, error, last_sent, other));
                return Ok(result);
            }
        }
        self.schema = self.read_schema().await?;
        Ok(result)
    }

    /// The schema after the last revision.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The scratch database.
    pub fn target(&self) -> &Target {
        self.scratch.target()
    }

    /// Drops the scratch database.
    pub async fn remove(self) -> Result<()> {
        self.scratch.remove().await
    }

    fn branch(&self, side: Side) -> &'a [RevisionId] {
        match side {
            Side::Left => &self.fork.left,
            Side::Right => &self.fork.right,
        }
    }

    async fn upgrade(&mut self, id: &RevisionId) -> Result<()> {
        let path = self.site.tree.graph.upgrade(id.as_str(), &self.heads)?;
        let progress = |progress: Progress| {
            if let Progress::Unplanned { sql, .. } = &progress {
                self.lock_sent().push(sql.clone());
            }
            (self.site.report_event)(ConflictEvent::Progress(progress));
        };
        let runner = ScratchRunner {
            project: self.site.project,
            tree: self.site.tree,
            target: &self.scratch.target().with_scripts_of(self.site.target),
            unsaved: &[],
            progress: &progress,
            cancel: self.site.cancel,
        };
        let heads = runner.run_path(Direction::Upgrade, id.as_str(), path).await?;
        self.heads = heads;
        Ok(())
    }

    /// The statements that a revision has run: those of its script, or those that its Python has sent.
    fn statements(&self, revision: &RevisionId) -> Vec<Statement> {
        let script = self.site.tree.script(revision.as_str());
        match script.and_then(|file| file.script.sql()) {
            Some(code) => analyse_section(&code.section(Direction::Upgrade).sql).unwrap_or_default(),
            None => self.lock_sent().iter().map(|sql| analyse_one(sql)).collect(),
        }
    }

    async fn catalog_and_row_changes(&mut self, statements: &[Statement]) -> Result<Vec<ObjectChange>> {
        let after = self.read_schema().await?;
        let mut found = catalog_changes(&self.schema, &after);
        found.extend(statements.iter().flat_map(row_changes));
        self.schema = after;
        Ok(found)
    }

    fn add_touched(&self, touches: &mut Touches, revision: &RevisionId, found: Vec<ObjectChange>) {
        let side = match self.first {
            Side::Left => &mut touches.left,
            Side::Right => &mut touches.right,
        };
        for change in found {
            let entry = (revision.clone(), change);
            if !side.contains(&entry) {
                side.push(entry);
            }
        }
        (self.site.report_event)(ConflictEvent::Touched(touches.clone()));
    }

    async fn read_schema(&self) -> Result<Schema> {
        let project = self.site.project;
        Ok(read_schema(project, self.scratch.target(), &full_scope(project)).await?.0)
    }

    fn lock_sent(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of a branch that fails on the second run of the same order.
pub(super) fn unstable_error(result: &OrderResult) -> Option<Error> {
    let failure = result.failure.as_ref()?;
    Some(failure.error.clone().because("the same order had succeeded before: the script depends on something else"))
}
