//! Generating a script from the models, and counting its hazards on the target. No file is written.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::{TaskContext, TaskMode};
use crate::core::diff::{count_objects, find_todo_line};
use crate::core::graph::Direction;
use crate::core::hazard::{Evidence, Hazard};
use crate::core::plan::Plan;
use crate::core::script::Language;
use crate::core::statement::{Question, Subject};
use crate::engine::autogenerate::{
    self, AutogenerateEvent, AutogenerateOutcome, CompareOptions, generate, generate_unless_renames, output_file,
    plan_draft,
};
use crate::engine::project::{Project, ScriptTree};
use crate::engine::{Error, ErrorKind, Result, Target};
use crate::tui::app::Generation;
use crate::tui::app::effect::GenerateRequest;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::generate::{GenerateAnswer, GenerateMsg, GeneratedScript};
use crate::tui::editor::{FoundHazard, Operation, examine, operation};
use crate::tui::runtime::effects::Effects;
use crate::tui::runtime::event::TaskKind;

impl Effects {
    /// Generates a script. It only writes to a scratch database, but it must drop that database before limbeck ends.
    pub(super) fn generate(&mut self, generation: Generation, tree: Arc<ScriptTree>, mut request: GenerateRequest) {
        request.consent |= self.command_line.yes;
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            ScreenMsg::Generate(GenerateMsg::Generated(answer(&context, &tree, request).await))
        });
    }
}

/// If the user was not asked about renames yet and some are possible, the answer is the question.
async fn answer(context: &TaskContext, tree: &ScriptTree, request: GenerateRequest) -> Result<GenerateAnswer> {
    let (project, cancel) = (context.project(), &context.cancel);
    let report = context.reporter(|progress: AutogenerateEvent| ScreenMsg::Generate(GenerateMsg::Progress(progress)));
    let GenerateRequest { new, renames, consent } = request;
    let was_asked = renames.is_some();
    let options = CompareOptions {
        renames: renames.unwrap_or_default(),
        download: context.connect.yes,
        consent,
        // The user reviews the script before it is saved.
        complete: true,
    };
    let target = context.target().await?;
    let found = if was_asked {
        let generated = Box::pin(generate(&project, tree, &target, &new, &options, &report, cancel)).await?;
        AutogenerateOutcome::Script(Box::new(generated))
    } else {
        Box::pin(generate_unless_renames(&project, tree, &target, &new, &options, &report, cancel)).await?
    };
    match found {
        AutogenerateOutcome::PossibleRenames(comparison) => Ok(GenerateAnswer::Renames(comparison)),
        AutogenerateOutcome::Script(generated) if generated.is_empty() || !generated.has_script() => {
            Ok(GenerateAnswer::Nothing(generated.notes.into_iter().chain(generated.proof.missing).collect()))
        }
        AutogenerateOutcome::Script(generated) => {
            let script = cancel.run_until_cancelled(finish(&project, tree, &target, *generated)).await;
            let cancelled = || Error::of(ErrorKind::Interrupted, "cancelled; nothing was written");
            script.unwrap_or_else(|| Err(cancelled())).map(|script| GenerateAnswer::Script(Box::new(script)))
        }
    }
}

/// The script with its path, and with the hazards counted on the target.
async fn finish(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    generated: autogenerate::GeneratedScript,
) -> Result<GeneratedScript> {
    let (path, text) = output_file(project, &generated)?;
    let text: Arc<str> = text.into();
    let read = Arc::clone(&text);
    let language = Language::of(&path);
    let findings = spawn_blocking(move || examine(language, &read)).await.unwrap_or_default();
    let mut notes = generated.notes;
    let (mut operations, mut hazards) = (findings.operations, findings.hazards);
    match plan_draft(project, tree, target, &generated.draft, generated.proof.recorded.as_ref()).await {
        Ok(plan) if language == Language::Python => (operations, hazards) = read_plan(&plan),
        Ok(plan) => take_counts(&mut hazards, &plan),
        Err(error) => notes.push(format!("the hazards were not counted: {}", error.message)),
    }
    Ok(GeneratedScript {
        home: (path != generated.draft.path).then_some(generated.draft.path),
        path,
        line: find_todo_line(&text),
        text,
        operations,
        verified: generated.proof.into_verified(generated.draft.revision),
        hazards,
        objects: count_objects(&generated.operations),
        notes,
    })
}

/// The operations and the hazards of a Python script, whose statements only the plan has.
fn read_plan(plan: &Plan) -> (Vec<Operation>, Vec<FoundHazard>) {
    let planned = || plan.steps.iter().flat_map(|step| &step.statements);
    let operations = planned().map(|planned| operation(planned.statement.sql(), planned.line)).collect();
    let found = planned().flat_map(|planned| {
        let hazard =
            |hazard: &Hazard| FoundHazard { line: planned.line, direction: Direction::Upgrade, hazard: hazard.clone() };
        planned.hazards.iter().map(hazard).collect::<Vec<_>>()
    });
    (operations, found.collect())
}

/// Takes the counts of the plan for the hazards of the upgrade. A hazard that the plan does not have affects nothing.
fn take_counts(hazards: &mut [FoundHazard], plan: &Plan) {
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
