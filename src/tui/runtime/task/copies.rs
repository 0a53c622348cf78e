//! Listing, restoring and dropping kept copies, and reading the ledger.

use super::{TaskContext, TaskMode};
use crate::engine::Result;
use crate::engine::copies::{self, CopySelection, RestoredCopy, StoredCopy, drop_copies};
use crate::engine::log::log;
use crate::tui::app::Generation;
use crate::tui::app::effect::CopyAction;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::copies::CopiesMsg;
use crate::tui::app::screen::runs::{LIMIT, RunsMsg};
use crate::tui::runtime::effects::Effects;
use crate::tui::runtime::event::TaskKind;

impl Effects {
    /// Reads the list of kept copies.
    pub(super) fn list_copies(&mut self, generation: Generation) {
        self.run_task(generation, TaskKind::Reads, TaskMode::Read, async move |context: TaskContext| {
            let work =
                async { copies::list_copies(&context.project(), &context.target().await?, &CopySelection::All).await };
            ScreenMsg::Copies(CopiesMsg::Listed(work.await))
        });
    }

    /// Reads the runs in the ledger.
    pub(super) fn read_runs(&mut self, generation: Generation) {
        self.run_task(generation, TaskKind::Reads, TaskMode::Read, async move |context: TaskContext| {
            let work = async { log(&context.target().await?, Some(LIMIT.into())).await };
            ScreenMsg::Runs(RunsMsg(work.await))
        });
    }

    /// Restores or drops a copy.
    pub(super) fn change_copy(&mut self, generation: Generation, id: i64, action: CopyAction) {
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            ScreenMsg::Copies(match action {
                CopyAction::Restore => CopiesMsg::Restored(restore_copy(&context, id).await),
                CopyAction::Drop => CopiesMsg::Dropped(drop_copy(&context, id).await),
            })
        });
    }
}

async fn restore_copy(context: &TaskContext, id: i64) -> Result<RestoredCopy> {
    let target = context.target().await?;
    Box::pin(copies::restore_copy(&context.project(), &target, id, &context.cancel)).await
}

async fn drop_copy(context: &TaskContext, id: i64) -> Result<Vec<StoredCopy>> {
    drop_copies(&context.project(), &context.target().await?, &CopySelection::Ids(vec![id])).await
}
