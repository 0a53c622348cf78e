//! Comparing two branches, and rebasing one onto the other.

use std::sync::Arc;

use super::{TaskContext, TaskMode, run_blocking};
use crate::core::graph::RevisionId;
use crate::engine::Result;
use crate::engine::conflicts::{BranchComparison, ConflictEvent, HeadPair, compare_branches};
use crate::engine::project::ScriptTree;
use crate::engine::rebase::{
    EnvironmentCheck, EnvironmentState, PlannedRebase, find_holders, plan_rebase, prove_rebase, require_not_applied,
    require_proved, write_rebase,
};
use crate::engine::verify::VerifyEvent;
use crate::tui::app::Generation;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::conflict::ConflictMsg;
use crate::tui::app::screen::conflict::rebase::{ProvedRebase, RebaseMsg};
use crate::tui::runtime::effects::Effects;
use crate::tui::runtime::event::TaskKind;

impl Effects {
    /// Compares pairs of branches. It only writes to scratch databases, but it must drop them before limbeck ends.
    pub(super) fn compare_branches(&mut self, generation: Generation, tree: Arc<ScriptTree>, pairs: Vec<HeadPair>) {
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            let answer = Box::pin(compare(&context, &tree, &pairs)).await;
            ScreenMsg::Conflict(ConflictMsg::Compared(answer))
        });
    }

    /// Plans a rebase, reads the environments and proves the new history. Writes only to a scratch database.
    pub(super) fn prove_rebase(
        &mut self,
        generation: Generation,
        tree: Arc<ScriptTree>,
        revision: RevisionId,
        onto: RevisionId,
    ) {
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            let answer = Box::pin(prove(&context, &tree, &revision, &onto)).await;
            ScreenMsg::Conflict(RebaseMsg::Proved(revision, onto, answer).into())
        });
    }

    /// Writes the scripts of a rebase.
    pub(super) fn write_rebase(&mut self, generation: Generation, planned: Arc<PlannedRebase>) {
        self.run_task(generation, TaskKind::Writes, TaskMode::ShortJob, async move |_: TaskContext| {
            let files = Arc::clone(&planned);
            let answer = run_blocking("the scripts were not written", move || write_rebase(&files)).await;
            ScreenMsg::Conflict(RebaseMsg::Written(planned, answer).into())
        });
    }
}

async fn compare(context: &TaskContext, tree: &ScriptTree, pairs: &[HeadPair]) -> Result<Vec<BranchComparison>> {
    let report = context.reporter(|event: ConflictEvent| ScreenMsg::Conflict(ConflictMsg::Progress(event)));
    let target = context.target().await?;
    let download = context.connect.yes;
    Box::pin(compare_branches(&context.project(), tree, &target, pairs, download, &report, &context.cancel)).await
}

async fn prove(
    context: &TaskContext,
    tree: &Arc<ScriptTree>,
    revision: &RevisionId,
    onto: &RevisionId,
) -> Result<Box<ProvedRebase>> {
    let report = context.reporter(|event: VerifyEvent| ScreenMsg::Conflict(RebaseMsg::Progress(event).into()));
    let (project, target) = (context.project(), context.target().await?);
    let planned = plan_rebase(&project, tree, revision, onto)?;
    let checks = find_holders(&project, tree, &target, &planned.rebase.moved, &[]).await?;
    // The dialog names the environments that cannot be read.
    let is_known = |check: &&EnvironmentCheck| !matches!(check.state, EnvironmentState::Unknown(_));
    require_not_applied(&checks.iter().filter(is_known).cloned().collect::<Vec<_>>())?;
    let proved =
        Box::pin(prove_rebase(&project, &planned, &target, context.connect.yes, &report, &context.cancel)).await?;
    require_proved(&planned, &proved)?;
    Ok(Box::new(ProvedRebase { planned: Arc::new(planned), checks, report: proved }))
}
