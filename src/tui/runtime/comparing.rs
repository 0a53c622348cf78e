//! Compares the database with its history or with the models, as a job or beside the stamp dialog.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::effects::Effects;
use super::event::Kind;
use crate::engine::autogenerate::{AutogenerateEvent, CompareOptions, compare};
use crate::engine::drift::drift;
use crate::engine::project::ScriptTree;
use crate::tui::app::{Generation, Msg};

impl Effects {
    /// Looks for drift. Beside a dialog it waits for nothing and nothing waits for it; the next job ends it.
    pub(super) fn drift(&mut self, generation: Generation, tree: Arc<ScriptTree>, beside: bool) {
        let cancel = if beside { self.fresh_beside() } else { self.fresh_cancel() };
        let connect = self.options.clone();
        // It writes to a scratch database only, but that is not to be left behind.
        self.spawn(Kind::Writes, async move |world| {
            let _turn = if beside { None } else { Some(world.job.lock().await) };
            let project = world.project();
            let told = Arc::clone(&world);
            let tell = move |news: AutogenerateEvent| {
                if !beside {
                    told.answer(Msg::CompareTold(generation, news));
                }
            };
            let options = CompareOptions { download: connect.yes, ..CompareOptions::default() };
            let work = async {
                let target = world.connection.target(&project, &connect).await?;
                Box::pin(drift(&project, &tree, &target, &options, &tell, &cancel)).await
            };
            let answer = Box::pin(work).await;
            world.answer(Msg::Drifted(generation, answer));
        });
    }

    /// Compares the models; the program that prints them runs only after a yes.
    pub(super) fn check(&mut self, generation: Generation, tree: Arc<ScriptTree>, consent: bool) {
        let consent = consent || self.command_line.yes;
        let (connect, cancel) = (self.options.clone(), self.fresh_cancel());
        self.spawn(Kind::Writes, async move |world| {
            let _turn = world.job.lock().await;
            let project = world.project();
            let told = Arc::clone(&world);
            let tell = move |news| told.answer(Msg::CompareTold(generation, news));
            let options = CompareOptions { download: connect.yes, consent, ..CompareOptions::default() };
            let work = async {
                let target = world.connection.target(&project, &connect).await?;
                Box::pin(compare(&project, &tree, &target, &options, &tell, &cancel)).await
            };
            let answer = Box::pin(work).await;
            world.answer(Msg::Checked(generation, answer));
        });
    }

    fn fresh_beside(&mut self) -> CancellationToken {
        self.beside.cancel();
        self.beside = CancellationToken::new();
        self.beside.clone()
    }
}
