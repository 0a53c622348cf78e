//! Listing and making backups, and the backup before a plan.

use tokio_util::sync::CancellationToken;

use super::{TaskContext, TaskMode, run_blocking};
use crate::core::plan::Approval;
use crate::engine::apply::{Progress, Tell};
use crate::engine::backup::{self, MakeOptions, Told, list, make};
use crate::engine::project::Project;
use crate::engine::{Result, Target};
use crate::tui::app::Generation;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::backups::BackupMsg;
use crate::tui::runtime::effects::Effects;
use crate::tui::runtime::event::TaskKind;

impl Effects {
    /// Reads the folder of backups.
    pub(super) fn list_backups(&mut self, generation: Generation) {
        self.run_task(generation, TaskKind::Reads, TaskMode::Read, async move |context: TaskContext| {
            let project = context.project();
            let answer = run_blocking("the backups were not read", move || list(&project)).await;
            ScreenMsg::Backups(BackupMsg::Listed(answer))
        });
    }

    /// Makes a backup. It must not leave an unfinished file behind.
    pub(super) fn back_up(&mut self, generation: Generation) {
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            let report = context.reporter(|progress: Told| ScreenMsg::Backups(BackupMsg::Progress(progress)));
            let work = async {
                let target = context.target().await?;
                make(&context.project(), &target, &MakeOptions::default(), &report, &context.cancel).await
            };
            ScreenMsg::Backups(BackupMsg::Made(work.await))
        });
    }
}

/// Makes the backup before a plan, if the settings ask for one.
pub(super) async fn back_up_before(
    project: &Project,
    target: &Target,
    approval: &Approval,
    report: Tell<'_>,
    cancel: &CancellationToken,
) -> Result<()> {
    let note = |message| report(Progress::Notice { severity: "NOTE".to_owned(), message });
    let on_progress = |progress| match progress {
        Told::Starting(line) | Told::Note(line) => note(line),
        Told::Cancelling => report(Progress::Cancelling),
        Told::Working { .. } | Told::Verifying { .. } => {}
    };
    if let Some((path, _)) = backup::before(project, target, approval, &on_progress, cancel).await? {
        note(format!("backed up to {}", path.display()));
    }
    Ok(())
}
