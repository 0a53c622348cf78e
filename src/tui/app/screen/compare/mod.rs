//! `=` and `A`: compares the database with its own history, or with the models.

mod list;

use std::collections::HashSet;

use crate::engine::autogenerate::{AutogenerateEvent, Comparison};
use crate::engine::drift::Drift;
use crate::engine::models;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::Command;
use crate::tui::app::differences::Against;
use crate::tui::app::differing::{DifferingObject, group_by_object};
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::job::{JobSpec, OnCancel, ShownBy};
use crate::tui::app::list as lists;
use crate::tui::app::log::LogState;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act};
use crate::tui::app::question::Question;

/// The name of the job.
const NAME: &str = "compare";

/// The messages of the tasks.
#[derive(Debug, Clone)]
pub enum CompareMsg {
    Progress(AutogenerateEvent),
    Drift(Result<Drift, Error>),
    Check(Result<Comparison, Error>),
}

/// The list: the comparison that runs, or the last one.
#[derive(Debug)]
pub struct Compared {
    against: Against,
    notes: Vec<String>,
    objects: Vec<DifferingObject>,
    /// What it does now.
    doing: String,
    end: ComparisonEnd,
    /// The version of the facts that are compared.
    facts: u64,
    version: u64,
}

/// The end of the comparison.
#[derive(Debug)]
enum ComparisonEnd {
    Running,
    Done,
    Failed(Error),
}

/// Decides `=` and `A`. While a comparison runs, both show it.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    if model.jobs.runs(NAME) {
        return act(|model| {
            lists::open::<Compared>(model);
            Vec::new()
        });
    }
    model.require_writable()?;
    model.require_tree()?;
    model.require_connected()?;
    let against = if command == Command::Drift { Against::History } else { Against::Models };
    act(move |model| start(model, against, false))
}

/// Starts a comparison. `consent` allows running the project's program for its models.
fn start(model: &mut Model, against: Against, consent: bool) -> Vec<Effect> {
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    model.differences.cancel_for_dialog();
    model.states.set(Compared {
        against,
        notes: Vec::new(),
        objects: Vec::new(),
        doing: String::from("starting"),
        end: ComparisonEnd::Running,
        facts: model.differences.version(),
        version: model.jobs.generation(),
    });
    lists::open::<Compared>(model);
    let (doing, task) = match against {
        Against::History => ("looking for drift", Task::Drift(tree)),
        Against::Models => ("comparing the models", Task::Check { tree, consent }),
    };
    let spec = JobSpec {
        name: NAME,
        doing: String::from(doing),
        on_cancel: OnCancel::Stop,
        shown_by: ShownBy::List,
        writes: false,
        quit_warning: "A comparison is running. Cancelling it drops its scratch database.",
    };
    model.start_job(spec, task)
}

/// Takes a progress message.
pub(super) fn on_progress(model: &mut Model, message: CompareMsg) {
    let (CompareMsg::Progress(progress), Some(list)) = (message, model.states.get_mut::<Compared>()) else { return };
    list.version += 1;
    match progress {
        AutogenerateEvent::Load(models::ModelsEvent::Scratch { place, notes })
        | AutogenerateEvent::Scratch { place, notes } => {
            model.log.note(model.now, LogState::Note, NAME, &format!("scratch database {place}"));
            list.notes.extend(notes);
        }
        AutogenerateEvent::Load(models::ModelsEvent::Loading { file, number, count }) => {
            list.doing = format!("loading {file}, {number} of {count}");
        }
        AutogenerateEvent::Load(models::ModelsEvent::Reading) => {
            list.doing = String::from("reading the schema of the models");
        }
        AutogenerateEvent::Load(models::ModelsEvent::FromCache) => {
            list.doing = String::from("the models have not changed since they were loaded");
        }
        AutogenerateEvent::Replay { revision } => {
            list.doing = format!("running {} on a scratch database", revision.short());
        }
        AutogenerateEvent::Read => list.doing = String::from("reading the database"),
        AutogenerateEvent::Compare => list.doing = String::from("comparing"),
        AutogenerateEvent::Compared { .. } | AutogenerateEvent::Prove(_) | AutogenerateEvent::Progress(_) => {}
    }
}

/// Takes the end of a task.
pub(super) fn on_end(model: &mut Model, message: CompareMsg) -> Vec<Effect> {
    let answer = match message {
        CompareMsg::Drift(answer) => answer
            .map(|Drift { changes, difference, notes }| (group_by_object(&difference, &changes.operations), notes)),
        CompareMsg::Check(answer) => {
            answer.map(|Comparison { changes, notes, .. }| (group_by_object(&[], &changes.operations), notes))
        }
        CompareMsg::Progress(_) => return Vec::new(),
    };
    let Some(list) = model.states.get_mut::<Compared>() else { return Vec::new() };
    list.version += 1;
    let mut failure = None;
    match answer {
        Ok((objects, mut notes)) => {
            let mut seen = HashSet::new();
            notes.retain(|note| seen.insert(note.clone()));
            model.differences.store(list.against, list.facts, objects.len());
            (list.objects, list.notes, list.end) = (objects, notes, ComparisonEnd::Done);
        }
        Err(error) => {
            list.end = ComparisonEnd::Failed(error.clone());
            failure = Some(error).filter(|error| error.kind != ErrorKind::Interrupted);
        }
    }
    let against = list.against;
    lists::go_to_top::<Compared>(model);
    match failure {
        Some(error) if error.kind == ErrorKind::Approval => {
            lists::close(model);
            model.open_dialog(Question::run_command(&error, move |model| start(model, against, true)))
        }
        failure => {
            lists::report_end::<Compared>(model, failure);
            Vec::new()
        }
    }
}
