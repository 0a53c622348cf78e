//! Kept copies in a task: the list, one that is put back, one that is dropped.

use std::sync::Arc;

use super::effects::{Effects, World};
use super::event::Kind;
use crate::engine::copies::{CopySelection, drop_copies, list_copies, restore_copy};
use crate::tui::app::screen::kept_dialog::Wanted;
use crate::tui::app::{Generation, Msg};

impl Effects {
    /// Reads which copies there are.
    pub(super) fn list_copies(&mut self, generation: Generation) {
        let options = self.options.clone();
        self.spawn(Kind::Reads, async move |world: Arc<World>| {
            let project = world.project();
            let answer = match world.connection.target(&project, &options).await {
                Ok(target) => list_copies(&project, &target, &CopySelection::All).await,
                Err(error) => Err(error),
            };
            world.answer(Msg::CopiesListed(generation, answer));
        });
    }

    /// Puts a copy back, or drops it.
    pub(super) fn change_copy(&mut self, generation: Generation, id: i64, wanted: Wanted) {
        let options = self.options.clone();
        self.spawn(Kind::Writes, async move |world: Arc<World>| {
            let _turn = world.job.lock().await;
            let project = world.project();
            let message = match (wanted, world.connection.target(&project, &options).await) {
                (Wanted::PutBack, Ok(target)) => {
                    Msg::CopyBack(generation, Box::pin(restore_copy(&project, &target, id)).await)
                }
                (Wanted::PutBack, Err(error)) => Msg::CopyBack(generation, Err(error)),
                (Wanted::Drop, Ok(target)) => {
                    let only = CopySelection::Ids(vec![id]);
                    Msg::CopyDropped(generation, drop_copies(&project, &target, &only).await)
                }
                (Wanted::Drop, Err(error)) => Msg::CopyDropped(generation, Err(error)),
            };
            world.answer(message);
        });
    }
}
