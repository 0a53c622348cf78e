//! `=` and `A`: the database compared with its own history, or with the models; and the drift beside the stamp dialog.

use std::sync::Arc;

use jiff::civil::Time;

use super::compare_list::{self, Differing};
use super::{connected, idle, writable};
use crate::core::graph::RevisionId;
use crate::engine::autogenerate::{AutogenerateEvent, Comparison};
use crate::engine::drift::Drift;
use crate::engine::models;
use crate::engine::project::ScriptTree;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::log::State;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::screen::editor::ask::{Ask, Asker};
use crate::tui::app::sheet::{self, Kind};
use crate::tui::app::theme::Role;
use crate::tui::app::{Effect, Generation, Msg};

/// What the database is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    History,
    Models,
}

/// What was compared, and what of that still holds.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// The comparison that is shown: it runs, or was the last.
    pub(super) last: Option<Comparing>,
    known: Known,
    pub(super) beside: Beside,
    ground: Ground,
}

/// How many objects differ, for the heads and scripts of the moment.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    history: Option<usize>,
    models: Option<usize>,
}

/// The drift that is computed while the stamp dialog is open.
#[derive(Debug, Clone, Default)]
pub(super) enum Beside {
    #[default]
    Idle,
    Running(Generation, u64),
    Failed(Error),
}

/// What a finding holds for; it goes when one of them changes.
#[derive(Debug, Clone, Default)]
struct Ground {
    heads: Option<Vec<RevisionId>>,
    tree: Option<Arc<ScriptTree>>,
    models: Option<u64>,
    /// Counts the changes.
    number: u64,
}

/// A comparison: the one that runs, or the last that ran.
#[derive(Debug, Clone)]
pub struct Comparing {
    pub against: Against,
    pub(super) notes: Vec<String>,
    pub(super) found: Vec<Differing>,
    /// What it is at, in words.
    pub(super) at: String,
    pub(super) started: Time,
    pub(super) end: End,
    ground: u64,
    /// Counts what changes the list.
    pub version: u64,
}

/// How a comparison stands.
#[derive(Debug, Clone)]
pub(super) enum End {
    Running,
    Done,
    Failed(Error),
}

impl Compared {
    /// The comparison that is shown.
    #[must_use]
    pub const fn last(&self) -> Option<&Comparing> {
        self.last.as_ref()
    }

    /// How many objects differ, where that is known of the database as it is now.
    #[must_use]
    pub const fn count(&self, against: Against) -> Option<usize> {
        match against {
            Against::History => self.known.history,
            Against::Models => self.known.models,
        }
    }

    /// A number that is another one once the database, the scripts or the models are.
    pub(super) const fn ground(&self) -> u64 {
        self.ground.number
    }

    pub(super) const fn keep(&mut self, against: Against, ground: u64, count: usize) {
        if ground != self.ground.number {
            return;
        }
        match against {
            Against::History => self.known.history = Some(count),
            Against::Models => self.known.models = Some(count),
        }
    }
}

/// Forgets what was found once the database moved, or the scripts or the models changed.
pub(crate) fn settle(model: &mut Model) {
    let models = model.models.as_ref().and_then(|seen| seen.as_ref().ok()).copied();
    if model.compared.ground.models != models {
        model.compared.ground.models = models;
        model.compared.ground.number += 1;
        model.compared.known.models = None;
    }
    let ground = &model.compared.ground;
    let heads = model.server.status.as_ref().map(|status| &status.heads);
    let same_tree = match (&ground.tree, &model.tree) {
        (Some(known), Some(now)) => Arc::ptr_eq(known, now),
        (None, None) => true,
        _ => false,
    };
    let writes = matches!(model.job, Some(Job::Applying | Job::Writing(_)));
    if same_tree && ground.heads.as_ref() == heads && !writes {
        return;
    }
    let (heads, number) = (heads.cloned(), ground.number + 1);
    model.compared.ground = Ground { heads, tree: model.tree.clone(), models, number };
    model.compared.known = Known::default();
    model.compared.beside = Beside::Idle;
}

/// Decides `=` and `A`. While a comparison runs both show it.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    if let Some(Job::Comparing(_, against)) = model.job {
        return Ok(match against {
            Against::History => |model| sheet::open(model, Kind::Compared(Against::History)),
            Against::Models => |model| sheet::open(model, Kind::Compared(Against::Models)),
        });
    }
    writable(model)?;
    if model.tree.is_none() {
        return no("the scripts are not read yet");
    }
    connected(model)?;
    if command == Command::Drift { Ok(drift) } else { Ok(|model| check(model, false)) }
}

fn drift(model: &mut Model) -> Vec<Effect> {
    start(model, Against::History, |generation, tree| Effect::Drift(generation, tree, false))
}

/// Compares the models with the database; a yes lets the project's program run.
pub(crate) fn check(model: &mut Model, consent: bool) -> Vec<Effect> {
    start(model, Against::Models, |generation, tree| Effect::Check(generation, tree, consent))
}

fn start(
    model: &mut Model,
    against: Against,
    effect: impl FnOnce(Generation, Arc<ScriptTree>) -> Effect,
) -> Vec<Effect> {
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    let generation = model.next_generation();
    model.compared.beside = Beside::Idle;
    model.compared.last = Some(Comparing {
        against,
        notes: Vec::new(),
        found: Vec::new(),
        at: String::from("starting"),
        started: model.now,
        end: End::Running,
        ground: model.compared.ground.number,
        version: generation,
    });
    model.job = Some(Job::Comparing(generation, against));
    model.cancelling = false;
    sheet::open(model, Kind::Compared(against));
    vec![effect(generation, tree)]
}

/// `R`: the same once more.
pub(crate) fn again(model: &Model) -> Decision {
    idle(model)?;
    connected(model)?;
    match model.compared.last() {
        Some(Comparing { against: Against::History, .. }) => Ok(drift),
        Some(_) => Ok(|model| check(model, false)),
        None => no("nothing was compared"),
    }
}

/// Asks for the drift while the stamp dialog opens, where it is not known.
pub(crate) fn look_beside(model: &mut Model) -> Vec<Effect> {
    let is_running = matches!(model.compared.beside, Beside::Running(..));
    if is_running || model.compared.count(Against::History).is_some() {
        return Vec::new();
    }
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    let generation = model.next_generation();
    model.compared.beside = Beside::Running(generation, model.compared.ground.number);
    vec![Effect::Drift(generation, tree, true)]
}

/// Takes a message of its own; what comes too late is dropped.
pub fn on_message(model: &mut Model, message: Msg) -> Vec<Effect> {
    match message {
        Msg::CompareTold(generation, told) if is_current(model, generation) => {
            on_told(model, told);
            Vec::new()
        }
        Msg::Drifted(generation, answer) => {
            let answer = answer.map(|Drift { changes, difference, notes }| {
                (compare_list::entries(&difference, &changes.operations), notes)
            });
            if is_current(model, generation) { on_end(model, answer) } else { on_beside(model, generation, answer) }
        }
        Msg::Checked(generation, answer) if is_current(model, generation) => {
            let answer = answer
                .map(|Comparison { changes, notes, .. }| (compare_list::entries(&[], &changes.operations), notes));
            on_end(model, answer)
        }
        _ => Vec::new(),
    }
}

fn is_current(model: &Model, generation: Generation) -> bool {
    matches!(model.job, Some(Job::Comparing(current, _)) if current == generation)
}

type Answer = Result<(Vec<Differing>, Vec<String>), Error>;

fn on_told(model: &mut Model, told: AutogenerateEvent) {
    let now = model.now;
    let Some(last) = &mut model.compared.last else { return };
    last.version += 1;
    match told {
        AutogenerateEvent::Load(models::ModelsEvent::Scratch { place, notes })
        | AutogenerateEvent::Scratch { place, notes } => {
            model.log.note(now, State::Note, "compare", &format!("scratch database {place}"));
            last.notes.extend(notes);
        }
        AutogenerateEvent::Load(models::ModelsEvent::Loading { file, number, count }) => {
            last.at = format!("loading {file}, {number} of {count}");
        }
        AutogenerateEvent::Load(models::ModelsEvent::Reading) => last.at = String::from("reading what the models make"),
        AutogenerateEvent::Load(models::ModelsEvent::FromCache) => {
            last.at = String::from("the models are as they were");
        }
        AutogenerateEvent::Replay { revision } => {
            last.at = format!("running {} on a scratch database", revision.short());
        }
        AutogenerateEvent::Read => last.at = String::from("reading the database"),
        AutogenerateEvent::Compare => last.at = String::from("comparing"),
        AutogenerateEvent::Compared { .. } | AutogenerateEvent::Prove(_) | AutogenerateEvent::Progress(_) => {}
    }
}

/// Takes the drift beside the stamp dialog.
fn on_beside(model: &mut Model, generation: Generation, answer: Answer) -> Vec<Effect> {
    let Beside::Running(current, ground) = model.compared.beside else { return Vec::new() };
    if current != generation {
        return Vec::new();
    }
    model.compared.beside = match answer {
        Ok((found, _)) => {
            model.compared.keep(Against::History, ground, found.len());
            Beside::Idle
        }
        Err(error) => Beside::Failed(error),
    };
    Vec::new()
}

fn on_end(model: &mut Model, answer: Answer) -> Vec<Effect> {
    model.job = None;
    model.cancelling = false;
    let Some(last) = &mut model.compared.last else { return Vec::new() };
    last.version += 1;
    let (against, ground) = (last.against, last.ground);
    let mut failed = None;
    match answer {
        Ok((found, mut notes)) => {
            let mut told = std::collections::HashSet::new();
            notes.retain(|note| told.insert(note.clone()));
            (last.found, last.notes, last.end) = (found, notes, End::Done);
            let count = last.found.len();
            model.compared.keep(against, ground, count);
        }
        Err(error) => {
            last.end = End::Failed(error.clone());
            failed = (error.kind != ErrorKind::Interrupted).then_some(error);
        }
    }
    if let Some(sheet) = &mut model.sheet
        && sheet.kind == Kind::Compared(against)
    {
        sheet.point(0);
    }
    let (words, role) = compare_list::status(model, against);
    let state = match role {
        Role::Good => State::Done,
        Role::Danger => State::Failed,
        _ => State::Warning,
    };
    if failed.as_ref().is_none_or(|error| error.kind != ErrorKind::Approval) {
        model.log.note(model.now, state, compare_list::name(against), &words);
    }
    if model.quitting {
        return vec![Effect::Quit];
    }
    model.dialogs.retain(|dialog| !matches!(dialog, Dialog::Leaving(_)));
    match failed {
        Some(error) if error.kind == ErrorKind::Approval => {
            model.sheet = None;
            model.dialogs.push(Dialog::Ask(Ask::program(&error, Asker::Check)));
        }
        Some(error) => model.show_error(error),
        None if model.sheet.is_none() => model.say(format!("{}: {words}", compare_list::name(against))),
        None => {}
    }
    Vec::new()
}
