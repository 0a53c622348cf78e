//! Preparing and applying a plan.

use std::sync::Arc;

use super::{TaskContext, TaskMode};
use crate::core::plan::Approval;
use crate::engine::Result;
use crate::engine::apply::{ApplyOptions, Outcome, Progress, apply};
use crate::engine::prepare::{PlanRequest, prepare};
use crate::engine::project::ScriptTree;
use crate::tui::app::Generation;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::plan::PlanMsg;
use crate::tui::runtime::effects::Effects;
use crate::tui::runtime::event::TaskKind;

impl Effects {
    /// Prepares a plan. An earlier preparation is aborted.
    pub(super) fn prepare(&mut self, generation: Generation, tree: Arc<ScriptTree>, request: PlanRequest) {
        if let Some(previous) = self.preparing.take() {
            previous.abort();
        }
        let task = self.run_task(generation, TaskKind::Reads, TaskMode::Job, async move |context: TaskContext| {
            let work = async {
                let target = context.target().await?;
                prepare(&context.project(), &tree, &target, &request, &context.cancel).await
            };
            let answer = Box::pin(work).await;
            ScreenMsg::Plan(PlanMsg::Prepared(request.clone(), answer))
        });
        self.preparing = Some(task);
    }

    /// Applies an approved plan.
    pub(super) fn apply(&mut self, generation: Generation, approval: Approval) {
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            ScreenMsg::Plan(PlanMsg::Applied(run(&context, &approval).await))
        });
    }
}

async fn run(context: &TaskContext, approval: &Approval) -> Result<Outcome> {
    let report = context.reporter(|progress: Progress| ScreenMsg::Plan(PlanMsg::Progress(progress)));
    let (project, target) = (context.project(), context.target().await?);
    super::backups::back_up_before(&project, &target, approval, &report, &context.cancel).await?;
    apply(&project, &target, approval, &ApplyOptions::default(), &report, &context.cancel).await
}
