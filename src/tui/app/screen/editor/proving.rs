//! `^p`: saves, and proves the script up, down and up again on a scratch database.

use super::{After, Origin, Proof, saving};
use crate::core::graph::RevisionId;
use crate::core::script::Script;
use crate::engine::verify::{Stage, Told, Verified};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::Effect;
use crate::tui::app::command::{Decision, no};
use crate::tui::app::log::State;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::screen::{connected, writable};

/// Decides it.
pub(crate) fn decide(model: &Model) -> Decision {
    let Some(editor) = &model.editor else { return no("no script is open") };
    if editor.origin == Origin::Recalled {
        return no("this is the ledger's copy; there is no file to prove");
    }
    writable(model)?;
    connected(model)?;
    if let Some(fault) = editor.faults.iter().min_by_key(|fault| fault.line) {
        return no(format!("line {}: {}", fault.line, fault.message));
    }
    Ok(|model| {
        let Some(editor) = &mut model.editor else { return Vec::new() };
        if !editor.is_modified() {
            return start(model);
        }
        editor.after = After::Prove;
        saving::save(model)
    })
}

/// Proves what is saved.
pub fn start(model: &mut Model) -> Vec<Effect> {
    if let Err(reason) = connected(model) {
        model.say(reason);
        return Vec::new();
    }
    let Some(editor) = &mut model.editor else { return Vec::new() };
    let Ok(script) = Script::parse(&editor.text) else { return Vec::new() };
    editor.panel.proof = Proof::Running(String::from("proving …"));
    editor.panel.proved = Some(editor.text.clone());
    model.job = Some(Job::Proving);
    model.cancelling = false;
    vec![Effect::Prove(script.revision)]
}

/// Takes news of a proof that runs.
pub fn on_told(model: &mut Model, told: &Told) -> Vec<Effect> {
    let words = match told {
        Told::Scratch { .. } => String::from("proving: the scratch database is there"),
        Told::Applying { revision } => format!("proving: first {}", revision.short()),
        Told::Proving { stage: Stage::Up, .. } => String::from("proving: up …"),
        Told::Proving { stage: Stage::Down, .. } => String::from("proving: down …"),
        Told::Proving { stage: Stage::Again, .. } => String::from("proving: up again …"),
        Told::BackToBase | Told::Found(_) | Told::Progress(_) => return Vec::new(),
    };
    if let Some(editor) = &mut model.editor
        && matches!(editor.panel.proof, Proof::Running(_))
    {
        editor.panel.proof = Proof::Running(words);
    }
    Vec::new()
}

/// Takes what came of it.
pub fn on_proved(model: &mut Model, id: &RevisionId, answer: Result<Box<Verified>, Error>) -> Vec<Effect> {
    model.job = None;
    model.cancelling = false;
    if model.quitting {
        return vec![Effect::Quit];
    }
    let short = id.short();
    let (proof, state, words) = match answer {
        Ok(verified) if verified.is_proved() => {
            (Proof::Found(verified, model.now), State::Done, format!("{short} is proved: up, down and up again"))
        }
        Ok(verified) => (Proof::Found(verified, model.now), State::Failed, format!("{short} is not proved")),
        Err(error) if error.kind == ErrorKind::Interrupted => {
            (Proof::None, State::Note, String::from("the proof was cancelled; its scratch database is gone"))
        }
        Err(error) => {
            let words = format!("{short} could not be proved: {}", error.message);
            (Proof::Failed(Box::new(error)), State::Failed, words)
        }
    };
    model.log.note(model.now, state, "prove", &words);
    model.say(words);
    if let Some(editor) = &mut model.editor
        && matches!(editor.panel.proof, Proof::Running(_))
    {
        editor.panel.proof = proof;
    }
    Vec::new()
}
