//! `^p`: saves the script and proves it on a scratch database: upgrade, downgrade, and upgrade again.

use super::{Editor, EditorMsg, on_changed};
use crate::core::alembic::parse_text;
use crate::core::graph::RevisionId;
use crate::engine::autogenerate::remove_unproved_note;
use crate::engine::verify::{Stage, VerifiedRevision, VerifyEvent};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::format::elapsed;
use crate::tui::app::job::{JobSpec, OnCancel, ShownBy};
use crate::tui::app::log::LogState;
use crate::tui::app::model::Model;
use crate::tui::app::opening::{EditorProof, Origin};
use crate::tui::app::proof::Proof;
use crate::tui::app::question::Question;

/// The name of the job and in the log.
const NAME: &str = "prove";

/// Whether a proof runs that can be cancelled.
pub(super) fn is_cancellable(model: &Model) -> bool {
    model.jobs.runs(NAME) && !model.jobs.is_cancelling()
}

/// Proves the saved text.
pub(super) fn start(model: &mut Model) -> Vec<Effect> {
    if let Err(reason) = model.require_connected() {
        model.notify(reason);
        return Vec::new();
    }
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    let Ok(Some(script)) = parse_text(editor.language(), &editor.text) else { return Vec::new() };
    // A text without a file in the tree is proved as it is in the editor.
    let in_tree = model.tree.as_ref().and_then(|tree| tree.scripts.get(&script.revision));
    let has_file = editor.origin != Origin::New && in_tree.is_some_and(|file| file.path == editor.path);
    let text = (!has_file).then(|| (editor.path.clone(), editor.text.clone()));
    editor.panel.proof = EditorProof::Running(String::from("proving …"), model.now);
    editor.panel.proved = Some(editor.text.clone());
    let spec = JobSpec {
        name: NAME,
        doing: String::from("proving the script"),
        on_cancel: OnCancel::Stop,
        shown_by: ShownBy::Footer,
        writes: false,
        quit_warning: "A proof is running. Cancelling it drops its scratch database.",
    };
    model.start_job(spec, Task::Prove(script.revision, text))
}

/// Takes a progress message.
pub fn on_progress(model: &mut Model, message: EditorMsg) {
    let EditorMsg::ProofProgress(progress) = message else { return };
    let words = match progress {
        VerifyEvent::Scratch { .. } => String::from("proving: the scratch database was created"),
        VerifyEvent::Applying { revision } => format!("proving: applying {} first", revision.short()),
        VerifyEvent::Proving { stage: Stage::Up, .. } => String::from("proving: up …"),
        VerifyEvent::Proving { stage: Stage::Down, .. } => String::from("proving: down …"),
        VerifyEvent::Proving { stage: Stage::Again, .. } => String::from("proving: up again …"),
        VerifyEvent::BackToBase | VerifyEvent::Verified(_) | VerifyEvent::Progress(_) => return,
    };
    if let Some(editor) = model.screens.get_mut::<Editor>()
        && let EditorProof::Running(_, since) = editor.panel.proof
    {
        editor.panel.proof = EditorProof::Running(words, since);
    }
}

/// Takes the result.
pub(super) fn on_proved(
    model: &mut Model,
    id: &RevisionId,
    answer: Result<Box<VerifiedRevision>, Error>,
) -> Vec<Effect> {
    if let Some(error) = answer.as_ref().err().filter(|error| error.needs_consent.is_some()) {
        let known = known_proof(model, id);
        if let Some(editor) = model.screens.get_mut::<Editor>() {
            editor.panel.proof = known;
        }
        return model.open_dialog(Question::run_command(error, start));
    }
    let short = id.short();
    let is_new = answer.is_ok();
    let (proof, state, words) = match answer {
        Ok(verified) if verified.is_proved() => (
            EditorProof::Found(verified, model.now),
            LogState::Done,
            format!("{short} is proved: up, down and up again"),
        ),
        Ok(verified) => (EditorProof::Found(verified, model.now), LogState::Failed, format!("{short} is not proved")),
        Err(error) if error.kind == ErrorKind::Interrupted => (
            known_proof(model, id),
            LogState::Note,
            String::from("the proof was cancelled; its scratch database was dropped"),
        ),
        Err(error) => {
            let words = format!("{short} could not be proved: {}", error.message);
            (EditorProof::Failed(Box::new(error)), LogState::Failed, words)
        }
    };
    model.log.note(model.now, state, NAME, &words);
    model.notify(words);
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    let EditorProof::Running(_, since) = editor.panel.proof else { return Vec::new() };
    let verified = proof.found().filter(|_| is_new).cloned();
    editor.panel.proof = proof;
    if let (Some(verified), Some(text)) = (verified, editor.panel.proved.clone()) {
        let took = elapsed(since, model.now);
        let is_proved = verified.is_proved();
        model.proofs.insert(id.clone(), Proof { text, verified, took, at: model.now });
        if is_proved {
            return finish_draft(model);
        }
    }
    Vec::new()
}

/// The earlier proof of the text.
fn known_proof(model: &Model, id: &RevisionId) -> EditorProof {
    let text = model.screens.get::<Editor>().map(|editor| &editor.text);
    match model.proofs.get(id).filter(|known| Some(&known.text) == text) {
        Some(known) => EditorProof::Found(Box::new(known.verified.clone()), known.at),
        None => EditorProof::None,
    }
}

/// A proved draft moves to the versions folder when it is saved, without the comment about its faults.
fn finish_draft(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    if editor.panel.proved.as_ref() != Some(&editor.text) {
        return Vec::new();
    }
    let Some(home) = editor.home.take() else { return Vec::new() };
    editor.path = home;
    editor.origin = Origin::New;
    editor.disk = None;
    let words = format!("{} is proved and is not a draft any more", editor.name());
    if let Some(text) = remove_unproved_note(&editor.text).map(str::to_owned) {
        editor.document.replace(&text);
        editor.panel.proved = Some(text.clone().into());
        if let Some(known) = editor.revision.as_ref().and_then(|id| model.proofs.get_mut(id)) {
            known.text = text.into();
        }
    }
    model.notify(words);
    on_changed(model)
}
