//! Saving and closing, and the questions before both.

use std::sync::Arc;

use super::{After, Editor, on_changed, proving, questions};
use crate::core::alembic::parse_text;
use crate::engine::Error;
use crate::engine::project::SaveOutcome;
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::job::JobSpec;
use crate::tui::app::log::LogState;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::screen::Layer;
use crate::tui::app::opening::Origin;
use crate::tui::app::question::Question;

/// Decides `^s`.
pub(crate) fn decide(model: &Model) -> Decision {
    let Some(editor) = model.screens.get::<Editor>() else { return refuse("no script is open") };
    if let Some(reason) = editor.read_only_reason(model.read_only) {
        return refuse(reason);
    }
    model.require_writable()?;
    if !editor.is_undecided() {
        return refuse("there are no unsaved changes");
    }
    act(|model| {
        set_after(model, After::Stay);
        save(model)
    })
}

/// Decides `^p`.
pub(crate) fn decide_prove(model: &Model) -> Decision {
    let Some(editor) = model.screens.get::<Editor>() else { return refuse("no script is open") };
    if editor.origin == Origin::FromLedger {
        return refuse("this is the ledger's copy; there is no file to prove");
    }
    model.require_writable()?;
    model.require_connected()?;
    if let Some(fault) = editor.faults.iter().min_by_key(|fault| fault.line) {
        return refuse(format!("line {}: {}", fault.line, fault.message));
    }
    act(|model| {
        let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
        if !editor.is_modified() || editor.origin == Origin::New {
            return proving::start(model);
        }
        editor.after = After::Prove;
        save(model)
    })
}

/// Esc: closes the search line, or the editor. If changes would be lost, it asks first.
pub(super) fn back(model: &mut Model) -> Vec<Effect> {
    if model.screens.get::<Editor>().is_some_and(|editor| editor.find.is_some()) {
        return super::find::close(model);
    }
    if proving::is_cancellable(model) {
        return model.cancel_job();
    }
    set_after(model, After::Close);
    ask_or_leave(model)
}

/// `^c` without a job: quits. If changes would be lost, it asks first.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    set_after(model, After::Quit);
    ask_or_leave(model)
}

fn ask_or_leave(model: &mut Model) -> Vec<Effect> {
    match model.screens.get::<Editor>() {
        Some(editor) if editor.is_undecided() => {
            let question = questions::close(editor, discard, save);
            model.close_dialogs::<Question>();
            model.open_dialog(question)
        }
        _ => leave(model),
    }
}

fn set_after(model: &mut Model, after: After) {
    if let Some(editor) = model.screens.get_mut::<Editor>() {
        editor.after = after;
    }
}

fn discard(model: &mut Model) -> Vec<Effect> {
    model.notify("discarded; nothing was written");
    leave(model)
}

/// Closes the editor, and quits if that was the request.
pub(super) fn leave(model: &mut Model) -> Vec<Effect> {
    let quits = model.screens.get::<Editor>().is_some_and(|editor| editor.after == After::Quit);
    model.screens.close(Layer::Editor);
    if quits { vec![Effect::Quit] } else { Vec::new() }
}

/// Saves the text. If it is not a valid script, it asks first.
pub(super) fn save(model: &mut Model) -> Vec<Effect> {
    if let Err(reason) = model.require_writable() {
        model.notify(reason);
        return Vec::new();
    }
    let Some(editor) = model.screens.get::<Editor>() else { return Vec::new() };
    match objection(editor) {
        Some(question) => model.open_dialog(question),
        None => write(model),
    }
}

/// The question before the text is saved, if there is a reason to ask.
fn objection(editor: &Editor) -> Option<Question> {
    match (parse_text(editor.language(), &editor.text), &editor.revision) {
        (Err(error), _) => {
            let place = error.line.map_or_else(String::new, |line| format!("line {line}: "));
            Some(questions::invalid_script(format!("{place}{}", error.message), error.hint, write))
        }
        (Ok(Some(script)), Some(id)) if script.revision != *id && editor.origin == Origin::Script => {
            let words = format!("the revision ID was {id} and is now {}", script.revision);
            let hint = "scripts and databases still refer to the old revision ID";
            Some(questions::invalid_script(words, Some(String::from(hint)), write))
        }
        _ if is_known_to_fail(editor) => Some(questions::unproved(write)),
        _ => None,
    }
}

/// Whether the proof of a new script failed, and the text has not changed since.
fn is_known_to_fail(editor: &Editor) -> bool {
    let fails = editor.panel.proof.found().is_some_and(|verified| !verified.is_proved());
    let is_this_text = editor.panel.proved.as_ref() == Some(&editor.text);
    editor.origin == Origin::New && editor.home.is_none() && fails && is_this_text
}

/// Writes the file.
pub(super) fn write(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    if !editor.is_modified() {
        return after_saved(model);
    }
    let (path, text) = (editor.path.clone(), editor.text.clone());
    editor.saving = Some(text.clone());
    let known = editor.disk.clone();
    let spec = JobSpec::writing("save", String::from("saving the script"));
    model.start_job(spec, Task::SaveScript { path, text, known })
}

/// Takes the result of saving.
pub(super) fn on_saved(model: &mut Model, answer: Result<SaveOutcome, Error>) -> Vec<Effect> {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return vec![model.load_scripts()] };
    let text = editor.saving.take();
    match answer {
        Ok(SaveOutcome::Written) => {
            editor.disk = text;
            let mut effects = after_saved(model);
            effects.push(model.load_scripts());
            effects
        }
        Ok(SaveOutcome::Changed(found)) => {
            let question = questions::file_changed(&editor.name(), found.map(Arc::from), reload, overwrite);
            model.open_dialog(question)
        }
        Err(error) => {
            editor.after = After::Stay;
            model.show_error(error);
            Vec::new()
        }
    }
}

/// The file has the text: closes, quits or proves, as requested.
fn after_saved(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    let is_new = std::mem::replace(&mut editor.origin, Origin::Script) == Origin::New;
    editor.file_changed = false;
    if let Ok(Some(script)) = parse_text(editor.language(), &editor.text) {
        editor.revision = Some(script.revision);
    }
    let (name, path) = (editor.name(), editor.path.display().to_string());
    let after = std::mem::take(&mut editor.after);
    let revision = editor.revision.clone();
    if is_new {
        model.select_when_loaded.clone_from(&revision);
    }
    let words = match &editor.home {
        Some(_) => format!("saved as a draft outside the history: drafts/{name}"),
        None => format!("saved {name}"),
    };
    model.log.note(model.now, LogState::Done, "save", &path);
    model.notify(words);
    match after {
        After::Stay => Vec::new(),
        After::Close => {
            model.select_when_loaded = revision;
            model.screens.close(Layer::Editor);
            Vec::new()
        }
        After::Quit => vec![Effect::Quit],
        After::Prove => proving::start(model),
    }
}

/// Replaces the text in the editor with the text of the file.
pub(super) fn reload(model: &mut Model, text: Arc<str>) -> Vec<Effect> {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    editor.after = After::Stay;
    editor.document.replace(&text);
    editor.disk = Some(text);
    editor.file_changed = false;
    on_changed(model)
}

/// Overwrites the file that another program has changed.
pub(super) fn overwrite(model: &mut Model, found: Option<Arc<str>>) -> Vec<Effect> {
    if let Some(editor) = model.screens.get_mut::<Editor>() {
        editor.disk = found;
    }
    write(model)
}
