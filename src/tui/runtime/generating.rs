//! Generates what the models add as a script, with what it may cost on the target; nothing is written.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::effects::{Effects, World};
use super::event::Kind;
use crate::core::diff::{count_objects, find_todo_line};
use crate::core::graph::Direction;
use crate::core::hazard::{Evidence, Hazard};
use crate::core::plan::Plan;
use crate::core::statement::{Question, Subject};
use crate::engine::autogenerate::{
    AutogenerateOutcome, CompareOptions, GeneratedScript, generate, generate_unless_renames, output_file, plan_draft,
};
use crate::engine::project::{Project, ScriptTree};
use crate::engine::{ConnectOptions, Error, ErrorKind, Result, Target};
use crate::tui::app::screen::editor::FoundHazard;
use crate::tui::app::screen::generate::{Answer, Made, Wanted};
use crate::tui::app::{Generation, Msg};
use crate::tui::editor;

impl Effects {
    /// Generates a script; where nobody has said yet what is renamed, and something may be, that is asked first.
    pub(super) fn generate(&mut self, generation: Generation, tree: Arc<ScriptTree>, mut wanted: Wanted) {
        wanted.consent |= self.command_line.yes;
        let (connect, cancel) = (self.options.clone(), self.fresh_cancel());
        // It writes to a scratch database only, but that is not to be left behind.
        self.spawn(Kind::Writes, async move |world| {
            let _turn = world.job.lock().await;
            let answer = Box::pin(answer(&world, generation, &connect, &tree, &wanted, &cancel)).await;
            world.answer(Msg::Generated(generation, answer));
        });
    }
}

async fn answer(
    world: &Arc<World>,
    generation: Generation,
    connect: &ConnectOptions,
    tree: &ScriptTree,
    wanted: &Wanted,
    cancel: &CancellationToken,
) -> Result<Answer> {
    let project = world.project();
    let told = Arc::clone(world);
    let tell = move |news| told.answer(Msg::GenerateTold(generation, news));
    let Wanted { new, renames, consent } = wanted;
    let options =
        CompareOptions { renames: renames.clone().unwrap_or_default(), download: connect.yes, consent: *consent };
    let target = world.connection.target(&project, connect).await?;
    let found = if renames.is_none() {
        Box::pin(generate_unless_renames(&project, tree, &target, new, &options, &tell, cancel)).await?
    } else {
        let generated = Box::pin(generate(&project, tree, &target, new, &options, &tell, cancel)).await?;
        AutogenerateOutcome::Script(Box::new(generated))
    };
    match found {
        AutogenerateOutcome::PossibleRenames(comparison) => Ok(Answer::Renames(comparison)),
        AutogenerateOutcome::Script(generated) if generated.is_empty() => Ok(Answer::Nothing(generated.notes)),
        AutogenerateOutcome::Script(generated) => {
            let made = cancel.run_until_cancelled(made(&project, tree, &target, *generated)).await;
            let cancelled = || Error::of(ErrorKind::Interrupted, "cancelled; nothing was written");
            made.unwrap_or_else(|| Err(cancelled())).map(|made| Answer::Made(Box::new(made)))
        }
    }
}

/// The script with its place, and with its hazards as they were counted.
async fn made(project: &Project, tree: &ScriptTree, target: &Target, generated: GeneratedScript) -> Result<Made> {
    let (path, text) = output_file(project, &generated)?;
    let text: Arc<str> = text.into();
    let read = Arc::clone(&text);
    let findings = spawn_blocking(move || editor::examine(&read)).await.unwrap_or_default();
    let mut notes = generated.notes;
    let mut hazards = findings.hazards;
    match plan_draft(project, tree, target, &generated.draft).await {
        Ok(plan) => count(&mut hazards, &plan),
        Err(error) => notes.push(format!("what it may cost was not counted: {}", error.message)),
    }
    Ok(Made {
        home: (path != generated.draft.path).then_some(generated.draft.path),
        path,
        line: find_todo_line(&text),
        text,
        operations: findings.operations,
        verified: generated.proof.into_verified(generated.draft.revision),
        hazards,
        objects: count_objects(&generated.operations),
        notes,
    })
}

/// Puts the plan's counts on the hazards of the upgrade. What the plan has not any more cannot happen there.
fn count(hazards: &mut [FoundHazard], plan: &Plan) {
    let planned: Vec<&Hazard> = plan.hazards().map(|(.., hazard)| hazard).collect();
    for FoundHazard { hazard, .. } in hazards.iter_mut().filter(|found| found.direction == Direction::Upgrade) {
        let counted = planned.iter().find(|known| known.code == hazard.code && known.object == hazard.object);
        if let Some(Hazard { subject: subject @ Subject::Rows { question: Question::Affected { .. }, .. }, .. }) =
            counted
        {
            hazard.subject = subject.clone();
        }
        hazard.evidence = match counted {
            Some(known) => known.evidence,
            None if hazard.subject == Subject::Other => None,
            None => Some(Evidence::counted(0, 0, 0.0)),
        };
    }
}
