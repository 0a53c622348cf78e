//! Comparing the database with its history or with the models.

use std::sync::Arc;

use super::{TaskContext, TaskMode};
use crate::core::graph::RevisionId;
use crate::engine::Result;
use crate::engine::autogenerate::{AutogenerateEvent, CompareOptions, Comparison, compare};
use crate::engine::drift::{Drift, drift};
use crate::engine::project::ScriptTree;
use crate::tui::app::Generation;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::compare::CompareMsg;
use crate::tui::app::screen::revision::RevisionMsg;
use crate::tui::runtime::effects::Effects;
use crate::tui::runtime::event::TaskKind;

fn progress(progress: AutogenerateEvent) -> ScreenMsg {
    ScreenMsg::Compare(CompareMsg::Progress(progress))
}

impl Effects {
    /// Computes the drift. It only writes to a scratch database, but it must drop that database before limbeck ends.
    pub(super) fn drift(&mut self, generation: Generation, tree: Arc<ScriptTree>) {
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            let report = context.reporter(progress);
            ScreenMsg::Compare(CompareMsg::Drift(compute_drift(&context, &tree, None, &report).await))
        });
    }

    /// Computes the drift for the stamp dialog. `at`: the heads to compare with, if they are not those of the database.
    pub(super) fn drift_for_dialog(
        &mut self,
        generation: Generation,
        tree: Arc<ScriptTree>,
        at: Option<Vec<RevisionId>>,
    ) {
        self.run_task(generation, TaskKind::Writes, TaskMode::ForDialog, async move |context: TaskContext| {
            ScreenMsg::Revision(RevisionMsg::Drift(compute_drift(&context, &tree, at.as_deref(), &|_| {}).await))
        });
    }

    /// Compares the models. `consent` allows running the program that prints them.
    pub(super) fn check(&mut self, generation: Generation, tree: Arc<ScriptTree>, consent: bool) {
        let consent = consent || self.command_line.yes;
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            ScreenMsg::Compare(CompareMsg::Check(compare_models(&context, &tree, consent).await))
        });
    }
}

async fn compute_drift(
    context: &TaskContext,
    tree: &ScriptTree,
    at: Option<&[RevisionId]>,
    report: &(dyn Fn(AutogenerateEvent) + Send + Sync),
) -> Result<Drift> {
    let options = CompareOptions { download: context.connect.yes, ..CompareOptions::default() };
    let target = context.target().await?;
    Box::pin(drift(&context.project(), tree, &target, at, &options, report, &context.cancel)).await
}

async fn compare_models(context: &TaskContext, tree: &ScriptTree, consent: bool) -> Result<Comparison> {
    let options = CompareOptions { download: context.connect.yes, consent, ..CompareOptions::default() };
    let target = context.target().await?;
    let report = context.reporter(progress);
    Box::pin(compare(&context.project(), tree, &target, &options, &report, &context.cancel)).await
}
