//! Kept copies in a task: the list, one that is put back, one that is dropped.

use std::sync::Arc;

use super::effects::{Effects, World};
use super::event::Kind;
use crate::engine::kept::{Which, drop_copies, list, restore};
use crate::tui::app::{Generation, Msg};

impl Effects {
    /// Reads which copies there are.
    pub(super) fn list_copies(&mut self, generation: Generation) {
        let options = self.options.clone();
        self.spawn(Kind::Reads, async move |world: Arc<World>| {
            let project = world.project();
            let work = async {
                let target = world.connection.target(&project, &options).await?;
                list(&project, &target, &Which::All).await
            };
            let answer = work.await;
            world.answer(Msg::CopiesListed(generation, answer));
        });
    }

    /// Puts a copy back.
    pub(super) fn put_back(&mut self, generation: Generation, id: i64) {
        let options = self.options.clone();
        self.spawn(Kind::Writes, async move |world: Arc<World>| {
            let _turn = world.job.lock().await;
            let project = world.project();
            let work = async {
                let target = world.connection.target(&project, &options).await?;
                restore(&project, &target, id).await
            };
            let answer = Box::pin(work).await;
            world.answer(Msg::CopyBack(generation, answer));
        });
    }

    /// Drops a copy.
    pub(super) fn drop_copy(&mut self, generation: Generation, id: i64) {
        let options = self.options.clone();
        self.spawn(Kind::Writes, async move |world: Arc<World>| {
            let _turn = world.job.lock().await;
            let project = world.project();
            let work = async {
                let target = world.connection.target(&project, &options).await?;
                drop_copies(&project, &target, &Which::These(vec![id])).await
            };
            let answer = Box::pin(work).await;
            world.answer(Msg::CopyDropped(generation, answer));
        });
    }
}
