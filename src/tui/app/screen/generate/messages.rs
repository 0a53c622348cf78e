//! The progress and the result of the generation of a script.

use super::phases::Phase;
use super::renames::RenamePairs;
use super::{
    Autogeneration, GenerateAnswer, GenerateMsg, GeneratedScript, GenerationState, NAME, begin, cancelled,
    go_to_first_pair, show,
};
use crate::core::diff::count_objects;
use crate::core::text::plural;
use crate::engine::autogenerate::{AutogenerateEvent, Comparison};
use crate::engine::models;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::Command;
use crate::tui::app::differences::Against;
use crate::tui::app::effect::Effect;
use crate::tui::app::format::elapsed;
use crate::tui::app::list as lists;
use crate::tui::app::log::LogState;
use crate::tui::app::model::Model;
use crate::tui::app::model::screen::Layer;
use crate::tui::app::opening::{EditorProof, Opening, Origin, Panel};
use crate::tui::app::proof::Proof;
use crate::tui::app::question::Question;

/// Takes a progress message.
pub fn on_progress(model: &mut Model, message: GenerateMsg) {
    let (GenerateMsg::Progress(progress), Some(last)) = (message, model.states.get_mut::<Autogeneration>()) else {
        return;
    };
    last.version += 1;
    match progress {
        AutogenerateEvent::Load(models::ModelsEvent::Scratch { place, notes })
        | AutogenerateEvent::Scratch { place, notes } => {
            model.log.note(model.now, LogState::Note, NAME, &format!("scratch database {place}"));
            add_notes(&mut last.notes, notes);
        }
        AutogenerateEvent::Load(progress) => last.on_load(progress),
        AutogenerateEvent::Read => last.on_read(model.now),
        // The second comparison is part of the renames.
        AutogenerateEvent::Compare if last.request.renames.is_some() => {
            last.phases.set_text(Phase::Renames, "comparing with the chosen renames");
        }
        AutogenerateEvent::Compare => last.phases.begin(Phase::Compare, model.now),
        AutogenerateEvent::Compared { statements, objects } => last.on_compared(statements, objects, model.now),
        AutogenerateEvent::Prove(stage) => {
            last.phases.begin(Phase::Prove, model.now);
            last.phases.set_text(Phase::Prove, "");
            last.stage = Some(stage);
        }
        AutogenerateEvent::Replay { .. } | AutogenerateEvent::Progress(_) => {}
    }
}

impl Autogeneration {
    /// Takes the progress of loading the models. The second loading is part of the renames, so it is not shown.
    fn on_load(&mut self, progress: models::ModelsEvent) {
        if self.request.renames.is_some() {
            return;
        }
        match progress {
            models::ModelsEvent::Loading { file, number, count } => {
                self.files = count;
                self.phases.set_text(Phase::Load, format!("{file}, {number} of {count}"));
            }
            models::ModelsEvent::Reading => self.phases.set_text(Phase::Load, "reading the schema of the models"),
            models::ModelsEvent::FromCache => self.phases.set_text(Phase::Load, "not changed since they were loaded"),
            models::ModelsEvent::Scratch { .. } => {}
        }
    }

    /// The models are loaded; the database is being read.
    fn on_read(&mut self, now: jiff::civil::Time) {
        if self.request.renames.is_some() {
            return;
        }
        if self.files > 0 {
            self.phases.set_text(Phase::Load, plural(self.files as u64, "file"));
        }
        self.phases.begin(Phase::Read, now);
        self.phases.set_text(Phase::Read, "the database");
    }

    /// The comparison is finished; the proof starts.
    fn on_compared(&mut self, statements: usize, objects: usize, now: jiff::civil::Time) {
        let found = describe_comparison(statements, objects);
        if self.request.renames.is_some() {
            let pairs = plural(self.pairs.len() as u64, "pair");
            self.phases.set_text(Phase::Renames, format!("{} of {pairs}: {found}", self.pairs.chosen()));
        } else {
            self.phases.set_text(Phase::Compare, found);
        }
        self.phases.begin(Phase::Prove, now);
        self.phases.set_text(Phase::Prove, "copying the database's schema");
    }
}

fn describe_comparison(statements: usize, objects: usize) -> String {
    format!("{} for {}", plural(statements as u64, "statement"), plural(objects as u64, "object"))
}

/// Adds the notes that are new.
fn add_notes(notes: &mut Vec<String>, more: Vec<String>) {
    for note in more {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

/// Takes the end of the task. A result that arrives after a cancel is dropped.
pub fn on_end(model: &mut Model, message: GenerateMsg, was_cancelled: bool) -> Vec<Effect> {
    let (GenerateMsg::Generated(answer), Some(last)) = (message, model.states.get_mut::<Autogeneration>()) else {
        return Vec::new();
    };
    last.version += 1;
    let answer = if was_cancelled && answer.is_ok() { Err(cancelled()) } else { answer };
    match answer {
        Ok(GenerateAnswer::Renames(comparison)) => {
            on_renames(model, comparison);
            Vec::new()
        }
        Ok(GenerateAnswer::Nothing(notes)) => {
            last.phases.set_text(Phase::Compare, "no differences");
            last.phases.finish(model.now);
            add_notes(&mut last.notes, notes);
            last.end = GenerationState::Nothing;
            model.differences.store(Against::Models, last.facts, 0);
            report(model, LogState::Done, "the database matches the models; nothing was written");
            Vec::new()
        }
        Ok(GenerateAnswer::Script(script)) => on_script(model, *script),
        Err(error) => on_error(model, error),
    }
}

/// Reports the result in the log, and in a notice if the list is not open.
fn report(model: &mut Model, state: LogState, words: &str) {
    model.log.note(model.now, state, NAME, words);
    if !lists::is_open::<Autogeneration>(model) {
        model.notify(format!("autogenerate: {words}"));
    }
}

fn on_renames(model: &mut Model, comparison: Comparison) {
    let Comparison { changes, renames, notes } = comparison;
    let count = count_objects(&changes.operations);
    let Some(last) = model.states.get_mut::<Autogeneration>() else { return };
    last.phases.set_text(Phase::Compare, describe_comparison(changes.operations.len(), count));
    last.phases.finish(model.now);
    last.pairs = RenamePairs::new(renames);
    add_notes(&mut last.notes, notes);
    last.end = GenerationState::Asking;
    let pairs = plural(last.pairs.len() as u64, "pair");
    model.differences.store(Against::Models, last.facts, count);
    model.log.note(model.now, LogState::Note, NAME, &format!("{pairs} may be renames; choose which"));
    if !lists::is_open::<Autogeneration>(model) {
        let key = model.preferences.keymap.shown(Command::Autogenerate);
        model.notify(format!("autogenerate asks about {pairs} that may be renames; {key} shows them"));
    }
    go_to_first_pair(model);
}

fn on_script(model: &mut Model, script: GeneratedScript) -> Vec<Effect> {
    let now = model.now;
    let GeneratedScript { path, home, text, verified, operations, hazards, line, objects, notes } = script;
    let Some(last) = model.states.get_mut::<Autogeneration>() else { return Vec::new() };
    last.phases.finish(now);
    add_notes(&mut last.notes, notes);
    let (id, took) = (verified.revision.clone(), elapsed(last.started, now));
    let proof = EditorProof::Found(Box::new(verified.clone()), now);
    let panel = Panel { proof, notes: last.notes.clone(), operations, hazards, ..Panel::default() };
    let revision = Some(id.clone());
    let opening = Opening { path, home, text: text.clone(), origin: Origin::New, revision, line, panel };
    last.end = GenerationState::Ready(Box::new(opening));
    model.differences.store(Against::Models, last.facts, objects);
    let (state, words) = if verified.is_proved() {
        (LogState::Done, format!("{} is proved: up, down and up again", id.short()))
    } else {
        (LogState::Failed, format!("{} is not proved", id.short()))
    };
    model.log.note(now, state, NAME, &words);
    model.proofs.insert(id, Proof { text, verified, took, at: now });
    let is_watched = lists::is_open::<Autogeneration>(model) && !model.screens.has(Layer::Editor);
    if is_watched && model.dialogs.is_empty() {
        return show(model);
    }
    let key = model.preferences.keymap.shown(Command::Autogenerate);
    model.notify(format!("autogenerate: {words}; {key} shows it"));
    Vec::new()
}

fn on_error(model: &mut Model, error: Error) -> Vec<Effect> {
    let Some(last) = model.states.get_mut::<Autogeneration>() else { return Vec::new() };
    let is_cancelled = error.kind == ErrorKind::Interrupted;
    last.phases.stop();
    last.end = GenerationState::Failed(if is_cancelled { cancelled() } else { error.clone() });
    match error.kind {
        ErrorKind::Interrupted => report(model, LogState::Warning, &cancelled().message),
        ErrorKind::Approval => {
            let new = last.request.new.clone();
            lists::close(model);
            return model.open_dialog(Question::run_command(&error, |model| begin(model, new, true)));
        }
        _ => {
            model.log.note(model.now, LogState::Failed, NAME, &error.message);
            model.show_error(error);
        }
    }
    Vec::new()
}
