//! Runs the history on a scratch database. After a failure, the scratch database is replaced by a new one.

use std::collections::HashSet;

use tokio_util::sync::CancellationToken;

use super::difference::describe_changes;
use super::scratch_runner::ScratchRunner;
use super::{Stage, VerifiedRevision, VerifyEvent, VerifyReport, VerifyReporter};
use crate::core::graph::{Direction, Path, RevisionId};
use crate::core::schema::Schema;
use crate::core::script::ScriptCode;
use crate::core::sql;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::scratch::{ScratchDatabase, ScratchRequirements, full_scope, read_schema};
use crate::engine::script_process::UnsavedScript;
use crate::engine::{Error, ErrorKind, Result, Target};

/// The inputs of a run, and the state of its scratch database.
pub(super) struct HistoryRun<'a> {
    pub project: &'a Project,
    pub tree: &'a ScriptTree,
    pub target: &'a Target,
    pub requirements: &'a ScratchRequirements,
    pub download: bool,
    pub unsaved: Vec<UnsavedScript>,
    pub report_event: VerifyReporter<'a>,
    pub cancel: &'a CancellationToken,
    pub scratch: ScratchDatabase,
    pub heads: Vec<RevisionId>,
}

impl HistoryRun<'_> {
    /// Runs the revisions in order, and verifies those in `chosen`.
    pub async fn run(
        &mut self,
        order: &[RevisionId],
        chosen: &HashSet<RevisionId>,
        whole: bool,
    ) -> Result<VerifyReport> {
        self.report_scratch();
        let base = self.read_schema().await?;
        let mut before = base.clone();
        let mut report = VerifyReport::default();
        let mut failed: HashSet<RevisionId> = HashSet::new();
        for id in order {
            if let Some(cause) = self.failed_ancestor(id, &failed) {
                let mut verified = VerifiedRevision::new(id.clone());
                verified.note = Some(format!("not run, because {cause} failed"));
                self.record_result(&mut report, verified);
            } else if chosen.contains(id) {
                let stage = |stage| VerifyEvent::Proving {
                    revision: id.clone(),
                    stage,
                    number: report.revisions.len() + 1,
                    count: chosen.len(),
                };
                let (verified, after) = self.verify(id, &before, &stage).await?;
                if !verified.up {
                    failed.insert(id.clone());
                }
                before = match after {
                    Some(after) => after,
                    None => self.replace_scratch(id, verified.up).await?,
                };
                self.record_result(&mut report, verified);
            } else {
                (self.report_event)(VerifyEvent::Applying { revision: id.clone() });
                self.upgrade(id)
                    .await
                    .map_err(|error| error.because("this revision must run before the verified revisions"))?;
                before = self.read_schema().await?;
            }
        }
        if whole && report.is_proved() {
            report.back_to_base = true;
            self.downgrade_to_base(&mut report, &base).await?;
        }
        Ok(report)
    }

    /// Runs one revision up, down and up again. Also returns the schema after the upgrade, if the scratch database is
    /// still in that state.
    async fn verify(
        &mut self,
        id: &RevisionId,
        before: &Schema,
        stage: &(dyn Fn(Stage) -> VerifyEvent + Send + Sync),
    ) -> Result<(VerifiedRevision, Option<Schema>)> {
        let mut verified = VerifiedRevision::new(id.clone());
        (self.report_event)(stage(Stage::Up));
        if let Err(error) = self.upgrade(id).await {
            verified.error = Some(script_failure(error)?);
            return Ok((verified, None));
        }
        verified.up = true;
        let after = self.read_schema().await?;
        let changes = describe_changes(&after, before);
        if self.has_no_downgrade(id) && !changes.is_empty() {
            verified.note = Some("the downgrade is empty, so the changes of the upgrade remain".to_owned());
            verified.difference = changes;
            return Ok((verified, Some(after)));
        }
        (self.report_event)(stage(Stage::Down));
        if let Err(error) = self.downgrade(id).await {
            verified.error = Some(script_failure(error)?);
            return Ok((verified, None));
        }
        verified.difference = with_stage("after the downgrade", &describe_changes(&self.read_schema().await?, before));
        verified.down = verified.difference.is_empty();
        (self.report_event)(stage(Stage::Again));
        if let Err(error) = self.upgrade(id).await {
            let error = script_failure(error)?;
            // If the downgrade left something behind, that is usually why the second upgrade fails. Report one fault,
            // not two.
            verified.error = verified.down.then_some(error);
            return Ok((verified, None));
        }
        let after_second = self.read_schema().await?;
        let differs = with_stage("after the second upgrade", &describe_changes(&after_second, &after));
        verified.again = differs.is_empty();
        verified.difference.extend(differs);
        let is_proved = verified.is_proved();
        Ok((verified, is_proved.then_some(after)))
    }

    /// Creates a new scratch database and upgrades it to the current state of the history.
    async fn replace_scratch(&mut self, id: &RevisionId, include_revision: bool) -> Result<Schema> {
        let mut heads = if self.heads.contains(id) {
            self.tree.graph.downgrade_single(id, &self.heads)?.to
        } else {
            self.heads.clone()
        };
        if include_revision {
            heads = self.tree.graph.upgrade(id.as_str(), &heads)?.to;
        }
        let new = ScratchDatabase::make(self.project, self.target, self.requirements, self.download).await?;
        std::mem::replace(&mut self.scratch, new).remove().await?;
        self.heads.clear();
        for head in heads {
            self.upgrade(&head).await?;
        }
        self.read_schema().await
    }

    /// Downgrades everything to base. A failure is added to the result of the revision that failed.
    async fn downgrade_to_base(&mut self, report: &mut VerifyReport, base: &Schema) -> Result<()> {
        (self.report_event)(VerifyEvent::BackToBase);
        let path = self.tree.graph.downgrade("base", &self.heads)?;
        let Some(last) = path.steps.last().map(|step| step.revision.clone()) else { return Ok(()) };
        let (at, difference, error) = match self.run_path(Direction::Downgrade, "base", path).await {
            Ok(()) => (last, describe_changes(&self.read_schema().await?, base), None),
            Err(error) => {
                let error = script_failure(error)?;
                let at = error.revision.as_deref().and_then(|id| RevisionId::parse(id).ok()).unwrap_or(last);
                (at, Vec::new(), Some(error))
            }
        };
        let failed = report.revisions.iter_mut().find(|verified| verified.revision == at);
        if let (Some(verified), true) = (failed, !difference.is_empty() || error.is_some()) {
            verified.down = false;
            verified.note = Some("each revision can be downgraded directly after its upgrade, but the downgrade of the whole history fails".to_owned());
            verified.difference = with_stage("at base", &difference);
            verified.error = error;
            (self.report_event)(VerifyEvent::Verified(verified.clone()));
        }
        Ok(())
    }

    async fn upgrade(&mut self, id: &RevisionId) -> Result<()> {
        let path = self.tree.graph.upgrade(id.as_str(), &self.heads)?;
        self.run_path(Direction::Upgrade, id.as_str(), path).await
    }

    async fn downgrade(&mut self, id: &RevisionId) -> Result<()> {
        let path = self.tree.graph.downgrade_single(id, &self.heads)?;
        self.run_path(Direction::Downgrade, id.as_str(), path).await
    }

    async fn run_path(&mut self, direction: Direction, target: &str, path: Path) -> Result<()> {
        let progress = |progress| (self.report_event)(VerifyEvent::Progress(progress));
        let runner = ScratchRunner {
            project: self.project,
            tree: self.tree,
            target: &self.scratch.target().with_scripts_of(self.target),
            unsaved: &self.unsaved,
            progress: &progress,
            cancel: self.cancel,
        };
        self.heads = runner.run_path(direction, target, path).await?;
        Ok(())
    }

    async fn read_schema(&self) -> Result<Schema> {
        Ok(read_schema(self.project, self.scratch.target(), &full_scope(self.project)).await?.0)
    }

    fn has_no_downgrade(&self, id: &RevisionId) -> bool {
        self.tree.script(id.as_str()).is_some_and(|file| match &file.script.code {
            ScriptCode::Sql(code) => {
                let statements = sql::split(&code.section(Direction::Downgrade).sql);
                statements.is_ok_and(|statements| statements.is_empty())
            }
            ScriptCode::Python(code) => code.downgrade.is_none_or(|function| function.is_empty),
        })
    }

    /// Returns an ancestor that failed.
    fn failed_ancestor(&self, id: &RevisionId, failed: &HashSet<RevisionId>) -> Option<RevisionId> {
        if failed.is_empty() {
            return None;
        }
        let ancestors = self.tree.graph.ancestors(std::slice::from_ref(id));
        failed.iter().filter(|failed| ancestors.contains(*failed)).min().cloned()
    }

    fn record_result(&self, report: &mut VerifyReport, verified: VerifiedRevision) {
        (self.report_event)(VerifyEvent::Verified(verified.clone()));
        report.revisions.push(verified);
    }

    fn report_scratch(&self) {
        let place = self.scratch.target().conninfo().describe();
        (self.report_event)(VerifyEvent::Scratch { place, notes: self.scratch.notes().to_vec() });
    }
}

/// Returns the error if the script itself failed. A lost connection or a cancellation ends the run.
///
/// # Errors
/// When the error is not a failure of the script.
pub(in crate::engine) fn script_failure(error: Error) -> Result<Error> {
    match error.kind {
        ErrorKind::Interrupted | ErrorKind::Connection | ErrorKind::Locked => Err(error),
        _ => Ok(about_scratch(error)),
    }
}

/// Says which database the causes are about: the run describes the state of its target, which is a scratch database.
fn about_scratch(mut error: Error) -> Error {
    for cause in &mut error.causes {
        *cause = cause.replace("the database is at ", "the scratch database is at ");
    }
    error
}

/// Adds the stage to each line.
fn with_stage(when: &str, lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| format!("{when}, {line}")).collect()
}
