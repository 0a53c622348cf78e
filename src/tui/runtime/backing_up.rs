//! Backups in a task: the list, the one that is asked for, and the one that has to come before a plan.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::effects::{Effects, World};
use super::event::Kind;
use crate::core::plan::Approval;
use crate::engine::apply::{Progress, ReportProgress};
use crate::engine::backup::{self, BackupEvent, MakeOptions, list, make};
use crate::engine::project::Project;
use crate::engine::{Error, Result, Target};
use crate::tui::app::{Generation, Msg};

impl Effects {
    /// Reads the folder.
    pub(super) fn list_backups(&mut self, generation: Generation) {
        self.spawn(Kind::Reads, async move |world: Arc<World>| {
            let project = world.project();
            let listed = spawn_blocking(move || list(&project)).await;
            let listed = listed.unwrap_or_else(|error| Err(Error::new("the backups were not read").because(error)));
            world.answer(Msg::BackupsListed(generation, listed));
        });
    }

    /// Makes a backup.
    pub(super) fn back_up(&mut self, generation: Generation) {
        let (options, cancel) = (self.options.clone(), self.fresh_cancel());
        // What is half written is not to be left behind.
        self.spawn(Kind::Writes, async move |world: Arc<World>| {
            let _turn = world.job.lock().await;
            let project = world.project();
            let told = Arc::clone(&world);
            let tell = move |news| told.answer(Msg::BackupTold(generation, news));
            let work = async {
                let target = world.connection.target(&project, &options).await?;
                make(&project, &target, &MakeOptions::default(), &tell, &cancel).await
            };
            let answer = Box::pin(work).await;
            world.answer(Msg::BackedUp(generation, answer));
        });
    }
}

/// Makes the backup that has to come before a plan, and tells of it.
pub(super) async fn before(
    project: &Project,
    target: &Target,
    approval: &Approval,
    progress: ReportProgress<'_>,
    cancel: &CancellationToken,
) -> Result<()> {
    let note = |message| progress(Progress::Notice { severity: "NOTE".to_owned(), message });
    let tell = |told| match told {
        BackupEvent::Starting(line) | BackupEvent::Note(line) => note(line),
        BackupEvent::Cancelling => progress(Progress::Cancelling),
        BackupEvent::Working { .. } | BackupEvent::Verifying { .. } => {}
    };
    if let Some((path, _)) = backup::back_up_before(project, target, approval, &tell, cancel).await? {
        note(format!("backed up to {}", path.display()));
    }
    Ok(())
}
