//! Creating, merging and stamping revisions.

use std::sync::Arc;

use super::{TaskContext, TaskMode, run_blocking};
use crate::engine::Result;
use crate::engine::draft::{NewRevision, WrittenScript, create, merge};
use crate::engine::project::{Project, ScriptTree};
use crate::engine::stamp::{StampRequest, stamp};
use crate::engine::state::lock::LockWait;
use crate::tui::app::Generation;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::revision::RevisionMsg;
use crate::tui::runtime::effects::Effects;
use crate::tui::runtime::event::TaskKind;

impl Effects {
    pub(super) fn create(&mut self, generation: Generation, tree: Arc<ScriptTree>, new: NewRevision) {
        self.write(generation, move |project| create(project, &tree, &new));
    }

    pub(super) fn merge(
        &mut self,
        generation: Generation,
        tree: Arc<ScriptTree>,
        revisions: Vec<String>,
        new: NewRevision,
    ) {
        self.write(generation, move |project| merge(project, &tree, &revisions, &new));
    }

    fn write(&mut self, generation: Generation, work: impl FnOnce(&Project) -> Result<WrittenScript> + Send + 'static) {
        self.run_task(generation, TaskKind::Writes, TaskMode::ShortJob, async move |context: TaskContext| {
            let project = context.project();
            let answer = run_blocking("the script was not written", move || work(&project)).await;
            ScreenMsg::Revision(RevisionMsg::Written(answer))
        });
    }

    pub(super) fn stamp(&mut self, generation: Generation, tree: Arc<ScriptTree>, targets: Vec<String>, purge: bool) {
        self.cancel_for_dialog();
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            let report =
                context.reporter(|holder: String| ScreenMsg::Revision(RevisionMsg::WaitingForMigrator(holder)));
            let work = async {
                let target = context.target().await?;
                let report = |holder: &str| report(holder.to_owned());
                let wait = LockWait { is_allowed: true, report: &report, cancel: &context.cancel };
                stamp(&context.project(), &tree, &target, StampRequest { targets: &targets, purge }, wait).await
            };
            ScreenMsg::Revision(RevisionMsg::Stamped(work.await))
        });
    }
}
