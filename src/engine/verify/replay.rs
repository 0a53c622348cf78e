//! One run through the history on a scratch database, which is made anew after every fault.

use std::collections::HashSet;

use tokio_util::sync::CancellationToken;

use super::shape::{self, changes};
use super::walk::Walker;
use super::{Report, Stage, TellVerify, Told, Verified};
use crate::core::graph::{Direction, Path, RevisionId};
use crate::core::schema::Schema;
use crate::core::sql;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::scratch::{Needs, Scratch};
use crate::engine::{Error, ErrorKind, Result, Target};

/// What a run works with, and where its scratch database stands.
pub(super) struct Replay<'a> {
    pub project: &'a Project,
    pub tree: &'a ScriptTree,
    pub target: &'a Target,
    pub needs: &'a Needs,
    pub download: bool,
    pub tell: TellVerify<'a>,
    pub cancel: &'a CancellationToken,
    pub scratch: Scratch,
    pub heads: Vec<RevisionId>,
}

impl Replay<'_> {
    /// Goes through the revisions in order, and proves those that are chosen.
    pub async fn run(&mut self, order: &[RevisionId], chosen: &HashSet<RevisionId>, whole: bool) -> Result<Report> {
        self.tell_scratch();
        let base = self.shape().await?;
        let mut before = base.clone();
        let mut report = Report::default();
        let mut failed: HashSet<RevisionId> = HashSet::new();
        for id in order {
            if let Some(cause) = self.stands_on(id, &failed) {
                let mut verified = Verified::new(id.clone());
                verified.note = Some(format!("not run, because {cause} does not run"));
                self.found(&mut report, verified);
            } else if chosen.contains(id) {
                let stage = |stage| Told::Proving {
                    revision: id.clone(),
                    stage,
                    number: report.revisions.len() + 1,
                    count: chosen.len(),
                };
                let (verified, after) = self.prove(id, &before, &stage).await?;
                if !verified.up {
                    failed.insert(id.clone());
                }
                before = match after {
                    Some(after) => after,
                    None => self.begin_anew(id, verified.up).await?,
                };
                self.found(&mut report, verified);
            } else {
                (self.tell)(Told::Applying { revision: id.clone() });
                self.up(id).await.map_err(|error| error.because("it comes before what is to be verified"))?;
                before = self.shape().await?;
            }
        }
        if whole && report.is_proved() {
            report.back_to_base = true;
            self.back_to_base(&mut report, &base).await?;
        }
        Ok(report)
    }

    /// Runs one revision up, down and up again. The schema is handed back where the scratch database stands as after
    /// the upgrade; without it, it is of no use any more.
    async fn prove(
        &mut self,
        id: &RevisionId,
        before: &Schema,
        stage: &(dyn Fn(Stage) -> Told + Send + Sync),
    ) -> Result<(Verified, Option<Schema>)> {
        let mut verified = Verified::new(id.clone());
        (self.tell)(stage(Stage::Up));
        if let Err(error) = self.up(id).await {
            verified.error = Some(of_script(error)?);
            return Ok((verified, None));
        }
        verified.up = true;
        let after = self.shape().await?;
        let made = changes(&after, before);
        if self.has_no_downgrade(id) && !made.is_empty() {
            verified.note = Some("the downgrade is empty, so what the upgrade did stays".to_owned());
            verified.difference = made;
            return Ok((verified, Some(after)));
        }
        (self.tell)(stage(Stage::Down));
        if let Err(error) = self.down(id).await {
            verified.error = Some(of_script(error)?);
            return Ok((verified, None));
        }
        verified.difference = told("after the downgrade", &changes(&self.shape().await?, before));
        verified.down = verified.difference.is_empty();
        (self.tell)(stage(Stage::Again));
        if let Err(error) = self.up(id).await {
            let error = of_script(error)?;
            // What a downgrade leaves behind stands in the way, most of the time: one fault, not two.
            verified.error = verified.down.then_some(error);
            return Ok((verified, None));
        }
        let twice = self.shape().await?;
        let differs = told("after the second upgrade", &changes(&twice, &after));
        verified.again = differs.is_empty();
        verified.difference.extend(differs);
        let good = verified.is_proved();
        Ok((verified, good.then_some(after)))
    }

    /// A new scratch database, brought to where the history stands.
    async fn begin_anew(&mut self, id: &RevisionId, with_it: bool) -> Result<Schema> {
        let mut heads = if self.heads.contains(id) {
            self.tree.graph.downgrade_single(id, &self.heads)?.to
        } else {
            self.heads.clone()
        };
        if with_it {
            heads = self.tree.graph.upgrade(id.as_str(), &heads)?.to;
        }
        let fresh = Scratch::make(self.project, self.target, self.needs, self.download).await?;
        std::mem::replace(&mut self.scratch, fresh).remove().await?;
        self.heads.clear();
        for head in heads {
            self.up(&head).await?;
        }
        self.shape().await
    }

    /// Takes everything back; what goes wrong is held against the revision at which it does.
    async fn back_to_base(&mut self, report: &mut Report, base: &Schema) -> Result<()> {
        (self.tell)(Told::BackToBase);
        let path = self.tree.graph.downgrade("base", &self.heads)?;
        let Some(last) = path.steps.last().map(|step| step.revision.clone()) else { return Ok(()) };
        let (at, difference, error) = match self.walk(Direction::Downgrade, "base", path).await {
            Ok(()) => (last, changes(&self.shape().await?, base), None),
            Err(error) => {
                let error = of_script(error)?;
                let at = error.revision.as_deref().and_then(|id| RevisionId::parse(id).ok()).unwrap_or(last);
                (at, Vec::new(), Some(error))
            }
        };
        let found = report.revisions.iter_mut().find(|verified| verified.revision == at);
        if let (Some(verified), true) = (found, !difference.is_empty() || error.is_some()) {
            verified.down = false;
            verified.note = Some("each step can be taken back by itself, but not all of them together".to_owned());
            verified.difference = told("back at base", &difference);
            verified.error = error;
            (self.tell)(Told::Found(verified.clone()));
        }
        Ok(())
    }

    async fn up(&mut self, id: &RevisionId) -> Result<()> {
        let path = self.tree.graph.upgrade(id.as_str(), &self.heads)?;
        self.walk(Direction::Upgrade, id.as_str(), path).await
    }

    async fn down(&mut self, id: &RevisionId) -> Result<()> {
        let path = self.tree.graph.downgrade_single(id, &self.heads)?;
        self.walk(Direction::Downgrade, id.as_str(), path).await
    }

    async fn walk(&mut self, direction: Direction, target: &str, path: Path) -> Result<()> {
        let progress = |progress| (self.tell)(Told::Progress(progress));
        let walker = Walker {
            project: self.project,
            tree: self.tree,
            target: self.scratch.target(),
            progress: &progress,
            cancel: self.cancel,
        };
        self.heads = walker.walk(direction, target, path).await?;
        Ok(())
    }

    async fn shape(&self) -> Result<Schema> {
        shape::read(self.project, self.scratch.target()).await
    }

    fn has_no_downgrade(&self, id: &RevisionId) -> bool {
        self.tree.script(id.as_str()).is_some_and(|file| {
            let statements = sql::split(&file.script.section(Direction::Downgrade).sql);
            statements.is_ok_and(|statements| statements.is_empty())
        })
    }

    /// A revision below that does not run.
    fn stands_on(&self, id: &RevisionId, failed: &HashSet<RevisionId>) -> Option<RevisionId> {
        if failed.is_empty() {
            return None;
        }
        let below = self.tree.graph.ancestors(std::slice::from_ref(id));
        failed.iter().filter(|failed| below.contains(*failed)).min().cloned()
    }

    fn found(&self, report: &mut Report, verified: Verified) {
        (self.tell)(Told::Found(verified.clone()));
        report.revisions.push(verified);
    }

    fn tell_scratch(&self) {
        let place = self.scratch.target().conninfo().describe();
        (self.tell)(Told::Scratch { place, notes: self.scratch.notes().to_vec() });
    }
}

/// A script's own failure is a finding; that the server is gone, or somebody cancelled, ends everything.
pub(in crate::engine) fn of_script(error: Error) -> Result<Error> {
    match error.kind {
        ErrorKind::Interrupted | ErrorKind::Connection | ErrorKind::Locked => Err(error),
        _ => Ok(error),
    }
}

fn told(when: &str, lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| format!("{when}, {line}")).collect()
}
