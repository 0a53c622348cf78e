//! What generating a script tells while it goes, and what came of it.

use super::compare::Against;
use super::editor::ask::{Ask, Asker};
use super::editor::{Opening, Origin, Panel, Proof};
use super::generate::{Answer, End, Made, cancelled, first_pair, show};
use super::phases::Name;
use super::plan_rows::count as counted;
use super::proof;
use super::renames::Pairs;
use super::verify::elapsed;
use crate::core::diff::count_objects;
use crate::engine::autogenerate::{AutogenerateEvent, Comparison};
use crate::engine::models;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::Command;
use crate::tui::app::dialog::Dialog;
use crate::tui::app::log::State;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::sheet::Kind;
use crate::tui::app::{Effect, Msg};

/// Takes a message of its own; what comes too late is dropped.
pub fn on_message(model: &mut Model, message: Msg) -> Vec<Effect> {
    match message {
        Msg::GenerateTold(generation, told) if model.job == Some(Job::Generating(generation)) => {
            on_told(model, told);
            Vec::new()
        }
        Msg::Generated(generation, answer) if model.job == Some(Job::Generating(generation)) => on_end(model, answer),
        _ => Vec::new(),
    }
}

fn on_told(model: &mut Model, told: AutogenerateEvent) {
    let now = model.now;
    if let AutogenerateEvent::Load(models::ModelsEvent::Scratch { place, .. })
    | AutogenerateEvent::Scratch { place, .. } = &told
    {
        model.log.note(now, State::Note, "generate", &format!("scratch database {place}"));
    }
    let Some(generate) = &mut model.generate else { return };
    generate.version += 1;
    let phases = &mut generate.phases;
    // The second time round all of it is for the renames, until the script is there.
    let is_second = generate.wanted.renames.is_some();
    match told {
        AutogenerateEvent::Load(models::ModelsEvent::Scratch { notes, .. })
        | AutogenerateEvent::Scratch { notes, .. } => {
            add(&mut generate.notes, notes);
        }
        AutogenerateEvent::Load(_) | AutogenerateEvent::Read if is_second => {}
        AutogenerateEvent::Load(models::ModelsEvent::Loading { file, number, count }) => {
            generate.files = count;
            phases.say(Name::Load, format!("{file}, {number} of {count}"));
        }
        AutogenerateEvent::Load(models::ModelsEvent::Reading) => phases.say(Name::Load, "reading what the models make"),
        AutogenerateEvent::Load(models::ModelsEvent::FromCache) => {
            phases.say(Name::Load, "as they were when they were last loaded");
        }
        AutogenerateEvent::Read => {
            if generate.files > 0 {
                phases.say(Name::Load, counted(generate.files as u64, "file"));
            }
            phases.begin(Name::Read, now);
            phases.say(Name::Read, "the database");
        }
        AutogenerateEvent::Compare if is_second => phases.say(Name::Renames, "comparing with what was said"),
        AutogenerateEvent::Compare => phases.begin(Name::Compare, now),
        AutogenerateEvent::Compared { statements, objects } => {
            let words = differing(statements, objects);
            let chosen = generate.pairs.chosen();
            if is_second {
                let pairs = counted(generate.pairs.len() as u64, "pair");
                phases.say(Name::Renames, format!("{chosen} of {pairs}: {words}"));
            } else {
                phases.say(Name::Compare, words);
            }
            phases.begin(Name::Prove, now);
            phases.say(Name::Prove, "copying the database's schema");
        }
        AutogenerateEvent::Prove(stage) => {
            phases.begin(Name::Prove, now);
            phases.say(Name::Prove, "");
            generate.stage = Some(stage);
        }
        AutogenerateEvent::Replay { .. } | AutogenerateEvent::Progress(_) => {}
    }
}

fn differing(statements: usize, objects: usize) -> String {
    format!("{} for {}", counted(statements as u64, "statement"), counted(objects as u64, "object"))
}

/// What people should know, each once.
fn add(notes: &mut Vec<String>, more: Vec<String>) {
    for note in more {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

fn on_end(model: &mut Model, answer: Result<Answer, Error>) -> Vec<Effect> {
    let now = model.now;
    model.job = None;
    let was_cancelled = std::mem::take(&mut model.cancelling);
    if model.quitting {
        return vec![Effect::Quit];
    }
    model.dialogs.retain(|dialog| !matches!(dialog, Dialog::Leaving(_)));
    let Some(generate) = &mut model.generate else { return Vec::new() };
    generate.version += 1;
    // Of what came although it was to be cancelled nothing is left either.
    let answer = if was_cancelled && answer.is_ok() { Err(cancelled()) } else { answer };
    match answer {
        Ok(Answer::Renames(comparison)) => on_renames(model, comparison),
        Ok(Answer::Nothing(notes)) => {
            generate.phases.say(Name::Compare, "nothing differs");
            generate.phases.finish(now);
            add(&mut generate.notes, notes);
            generate.end = End::Nothing;
            let ground = generate.ground;
            model.compared.keep(Against::Models, ground, 0);
            tell(model, State::Done, "the models add nothing to the database; nothing was written");
            Vec::new()
        }
        Ok(Answer::Made(made)) => on_made(model, *made),
        Err(error) => on_error(model, error),
    }
}

fn is_shown(model: &Model) -> bool {
    model.sheet.as_ref().is_some_and(|sheet| sheet.kind == Kind::Generate)
}

/// Says what came of it in the log, and to whoever has left the list.
fn tell(model: &mut Model, state: State, words: &str) {
    model.log.note(model.now, state, "generate", words);
    if !is_shown(model) {
        model.say(format!("autogenerate: {words}"));
    }
}

fn on_renames(model: &mut Model, comparison: Comparison) -> Vec<Effect> {
    let now = model.now;
    let Comparison { changes, renames, notes } = comparison;
    let words = differing(changes.operations.len(), count_objects(&changes.operations));
    let Some(generate) = &mut model.generate else { return Vec::new() };
    generate.phases.say(Name::Compare, words);
    generate.phases.finish(now);
    generate.pairs = Pairs::new(renames);
    add(&mut generate.notes, notes);
    generate.end = End::Asking;
    let (ground, pairs) = (generate.ground, counted(generate.pairs.len() as u64, "pair"));
    model.compared.keep(Against::Models, ground, count_objects(&changes.operations));
    model.log.note(now, State::Note, "generate", &format!("{pairs} may be renames: somebody has to say which"));
    if !is_shown(model) {
        let key = model.preferences.keymap.shown(Command::Autogenerate);
        model.say(format!("autogenerate asks about {pairs} that may be renames: {key} shows them"));
    }
    first_pair(model);
    Vec::new()
}

fn on_made(model: &mut Model, made: Made) -> Vec<Effect> {
    let now = model.now;
    let Made { path, home, text, verified, operations, hazards, line, objects, notes } = made;
    let Some(generate) = &mut model.generate else { return Vec::new() };
    generate.phases.finish(now);
    add(&mut generate.notes, notes);
    let (id, took) = (verified.revision.clone(), elapsed(generate.started, now));
    let opening = Opening {
        path,
        home,
        text: text.clone(),
        origin: Origin::New,
        revision: Some(id.clone()),
        line,
        panel: Panel {
            proof: Proof::Found(Box::new(verified.clone()), now),
            notes: generate.notes.clone(),
            operations,
            hazards,
            ..Panel::default()
        },
    };
    generate.end = End::Ready(Box::new(opening));
    let ground = generate.ground;
    model.compared.keep(Against::Models, ground, objects);
    let (state, words) = if verified.is_proved() {
        (State::Done, format!("{} is proved: up, down and up again", id.short()))
    } else {
        (State::Failed, format!("{} is not proved", id.short()))
    };
    model.log.note(now, state, "generate", &words);
    model.proofs.insert(id, proof::Proof { text, verified, took, at: now });
    if is_shown(model) && model.dialogs.is_empty() && model.editor.is_none() {
        return show(model);
    }
    let key = model.preferences.keymap.shown(Command::Autogenerate);
    model.say(format!("autogenerate: {words}; {key} shows it"));
    Vec::new()
}

fn on_error(model: &mut Model, error: Error) -> Vec<Effect> {
    let is_cancelled = error.kind == ErrorKind::Interrupted;
    if let Some(generate) = &mut model.generate {
        generate.phases.stop();
        generate.end = End::Failed(if is_cancelled { cancelled() } else { error.clone() });
    }
    match error.kind {
        ErrorKind::Interrupted => tell(model, State::Warning, &cancelled().message),
        ErrorKind::Approval => {
            model.sheet = None;
            model.dialogs.push(Dialog::Ask(Ask::program(&error, Asker::Generate)));
        }
        _ => {
            model.log.note(model.now, State::Failed, "generate", &error.message);
            model.show_error(error);
        }
    }
    Vec::new()
}
