//! Listing and making backups, and the backup before a plan.

use tokio_util::sync::CancellationToken;

use super::{TaskContext, TaskMode, run_blocking};
use crate::core::plan::Approval;
use crate::engine::apply::{Progress, ReportProgress};
use crate::engine::backup::{self, BackupEvent, MakeOptions, list, make};
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

    /// Makes a backup. After a cancel it must remove the unfinished file before limbeck ends.
    pub(super) fn back_up(&mut self, generation: Generation) {
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            let report = context.reporter(|progress: BackupEvent| ScreenMsg::Backups(BackupMsg::Progress(progress)));
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
    report: ReportProgress<'_>,
    cancel: &CancellationToken,
) -> Result<()> {
    let note = |message| report(Progress::Notice { severity: "note".to_owned(), message });
    let on_progress = |progress| match progress {
        BackupEvent::Starting(line) | BackupEvent::Note(line) => note(line),
        BackupEvent::Cancelling => report(Progress::Cancelling),
        BackupEvent::Working { .. } | BackupEvent::Verifying { .. } => {}
    };
    if let Some((path, _)) = backup::back_up_before(project, target, approval, &on_progress, cancel).await? {
        note(format!("backed up to {}", path.display()));
    }
    Ok(())
}
