//! `^p`: saves a script that has a file, and proves it up, down and up again on a scratch database.

use super::{After, Origin, Proof, changed, saving};
use crate::core::graph::RevisionId;
use crate::core::script::Script;
use crate::engine::autogenerate::remove_unproved_note;
use crate::engine::verify::{Stage, VerifiedRevision, VerifyEvent};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::Effect;
use crate::tui::app::command::{Decision, no};
use crate::tui::app::log::State;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::screen::proof::Proof as KnownProof;
use crate::tui::app::screen::verify::elapsed;
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
        if !editor.is_modified() || editor.origin == Origin::New {
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
    // What the tree does not have is proved as it stands here.
    let in_tree = model.tree.as_ref().and_then(|tree| tree.scripts.get(&script.revision));
    let has_file = editor.origin != Origin::New && in_tree.is_some_and(|file| file.path == editor.path);
    let text = (!has_file).then(|| (editor.path.clone(), editor.text.clone()));
    editor.panel.proof = Proof::Running(String::from("proving …"), model.now);
    editor.panel.proved = Some(editor.text.clone());
    model.job = Some(Job::Proving);
    model.cancelling = false;
    vec![Effect::Prove(script.revision, text)]
}

/// Takes news of a proof that runs.
pub fn on_told(model: &mut Model, told: &VerifyEvent) -> Vec<Effect> {
    let words = match told {
        VerifyEvent::Scratch { .. } => String::from("proving: the scratch database is there"),
        VerifyEvent::Applying { revision } => format!("proving: first {}", revision.short()),
        VerifyEvent::Proving { stage: Stage::Up, .. } => String::from("proving: up …"),
        VerifyEvent::Proving { stage: Stage::Down, .. } => String::from("proving: down …"),
        VerifyEvent::Proving { stage: Stage::Again, .. } => String::from("proving: up again …"),
        VerifyEvent::BackToBase | VerifyEvent::Verified(_) | VerifyEvent::Progress(_) => return Vec::new(),
    };
    if let Some(editor) = &mut model.editor
        && let Proof::Running(_, since) = editor.panel.proof
    {
        editor.panel.proof = Proof::Running(words, since);
    }
    Vec::new()
}

/// Takes what came of it.
pub fn on_proved(model: &mut Model, id: &RevisionId, answer: Result<Box<VerifiedRevision>, Error>) -> Vec<Effect> {
    model.job = None;
    model.cancelling = false;
    if model.quitting {
        return vec![Effect::Quit];
    }
    let short = id.short();
    let is_new = answer.is_ok();
    let (proof, state, words) = match answer {
        Ok(verified) if verified.is_proved() => {
            (Proof::Found(verified, model.now), State::Done, format!("{short} is proved: up, down and up again"))
        }
        Ok(verified) => (Proof::Found(verified, model.now), State::Failed, format!("{short} is not proved")),
        Err(error) if error.kind == ErrorKind::Interrupted => {
            (known(model, id), State::Note, String::from("the proof was cancelled; its scratch database is gone"))
        }
        Err(error) => {
            let words = format!("{short} could not be proved: {}", error.message);
            (Proof::Failed(Box::new(error)), State::Failed, words)
        }
    };
    model.log.note(model.now, state, "prove", &words);
    model.say(words);
    let Some(editor) = &mut model.editor else { return Vec::new() };
    let Proof::Running(_, since) = editor.panel.proof else { return Vec::new() };
    let verified = proof.found().filter(|_| is_new).cloned();
    editor.panel.proof = proof;
    if let (Some(verified), Some(text)) = (verified, editor.panel.proved.clone()) {
        let took = elapsed(since, model.now);
        let is_proved = verified.is_proved();
        model.proofs.insert(id.clone(), KnownProof { text, verified, took, at: model.now });
        if is_proved {
            return bring_home(model);
        }
    }
    Vec::new()
}

/// What was found of the text before.
fn known(model: &Model, id: &RevisionId) -> Proof {
    let text = model.editor.as_ref().map(|editor| &editor.text);
    match model.proofs.get(id).filter(|known| Some(&known.text) == text) {
        Some(known) => Proof::Found(Box::new(known.verified.clone()), known.at),
        None => Proof::None,
    }
}

/// A draft that is proved belongs among the scripts, and nothing stands against it any more.
fn bring_home(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = &mut model.editor else { return Vec::new() };
    if editor.panel.proved.as_ref() != Some(&editor.text) {
        return Vec::new();
    }
    let Some(home) = editor.home.take() else { return Vec::new() };
    editor.path = home;
    editor.origin = Origin::New;
    editor.disk = None;
    let words = format!("{} is proved, and is no draft any more", editor.name());
    if let Some(text) = remove_unproved_note(&editor.text).map(str::to_owned) {
        editor.document.replace(&text);
        editor.panel.proved = Some(text.clone().into());
        if let Some(known) = editor.revision.as_ref().and_then(|id| model.proofs.get_mut(id)) {
            known.text = text.into();
        }
    }
    model.say(words);
    changed(model)
}
