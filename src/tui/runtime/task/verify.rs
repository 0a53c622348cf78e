//! Verifying revisions on a scratch database.

use std::sync::Arc;

use super::{TaskContext, TaskMode};
use crate::engine::project::ScriptTree;
use crate::engine::verify::{VerifyEvent, VerifyOptions, verify};
use crate::tui::app::Generation;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::verify::VerifyMsg;
use crate::tui::runtime::effects::Effects;
use crate::tui::runtime::event::TaskKind;

impl Effects {
    /// Verifies revisions. It only writes to a scratch database, but it must drop that database before limbeck ends.
    pub(super) fn verify(&mut self, generation: Generation, tree: Arc<ScriptTree>, revisions: Vec<String>) {
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            let report = context.reporter(|progress: VerifyEvent| ScreenMsg::Verify(VerifyMsg::Progress(progress)));
            let options = VerifyOptions { revisions, download: context.connect.yes, ..VerifyOptions::default() };
            let work = async {
                let target = context.target().await?;
                verify(&context.project(), &tree, &target, &options, &report, &context.cancel).await
            };
            ScreenMsg::Verify(VerifyMsg::Verified(work.await))
        });
    }
}
