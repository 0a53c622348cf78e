//! Saving, leaving, and what may stand in the way of both.

use std::sync::Arc;

use super::{After, Editor, Origin, ask::Ask, changed, locked, proving};
use crate::core::script::Script;
use crate::engine::Error;
use crate::engine::project::SaveOutcome;
use crate::tui::app::Effect;
use crate::tui::app::command::{Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::log::State;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::screen::writable;

/// Decides `^s`.
pub(crate) fn decide(model: &Model) -> Decision {
    if let Some(reason) = locked(model) {
        return no(reason);
    }
    writable(model)?;
    match &model.editor {
        Some(editor) if editor.is_undecided() => Ok(|model| {
            set_after(model, After::Stay);
            save(model)
        }),
        _ => no("nothing has changed since it was saved"),
    }
}

/// Decides Esc: out of the search, or out of the editor, which asks where something would be lost.
pub fn back(model: &mut Model) -> Vec<Effect> {
    if model.editor.as_ref().is_some_and(|editor| editor.find.is_some()) {
        return super::find::close(model);
    }
    if model.job == Some(Job::Proving) && !model.cancelling {
        model.cancelling = true;
        return vec![Effect::Cancel];
    }
    set_after(model, After::Close);
    ask_or_leave(model)
}

/// `^c` with no job: quits, but asks first where something would be lost.
pub fn quit(model: &mut Model) -> Vec<Effect> {
    set_after(model, After::Quit);
    ask_or_leave(model)
}

fn ask_or_leave(model: &mut Model) -> Vec<Effect> {
    match &model.editor {
        Some(editor) if editor.is_undecided() => {
            model.dialogs.retain(|dialog| !matches!(dialog, Dialog::Ask(_)));
            let ask = Ask::leaving(editor);
            model.dialogs.push(Dialog::Ask(ask));
            Vec::new()
        }
        _ => leave(model),
    }
}

fn set_after(model: &mut Model, after: After) {
    if let Some(editor) = &mut model.editor {
        editor.after = after;
    }
}

/// Goes where one was going when asked.
pub fn leave(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = model.editor.take() else { return Vec::new() };
    if editor.after == After::Quit { vec![Effect::Quit] } else { Vec::new() }
}

/// Saves as it is typed; what is no script any more is told first.
pub fn save(model: &mut Model) -> Vec<Effect> {
    if let Err(reason) = writable(model) {
        model.say(reason);
        return Vec::new();
    }
    let Some(editor) = &model.editor else { return Vec::new() };
    if let Some(ask) = objection(editor) {
        model.dialogs.push(Dialog::Ask(ask));
        return Vec::new();
    }
    write(model)
}

fn objection(editor: &Editor) -> Option<Ask> {
    match (Script::parse(&editor.text), &editor.revision) {
        (Err(error), _) => {
            let place = error.line.map_or_else(String::new, |line| format!("line {line}: "));
            Some(Ask::broken(format!("{place}{}", error.message), error.hint))
        }
        (Ok(script), Some(id)) if script.revision != *id && editor.origin == Origin::Script => {
            let words = format!("the revision ID was {id} and is now {}", script.revision);
            let hint = "scripts that revise it, and databases that hold it, look for the one before";
            Some(Ask::broken(words, Some(String::from(hint))))
        }
        _ if is_known_to_fail(editor) => Some(Ask::unproved()),
        _ => None,
    }
}

/// Whether a new script that is to go among the others was tried as it is now, and did not hold.
fn is_known_to_fail(editor: &Editor) -> bool {
    let fails = editor.panel.proof.found().is_some_and(|verified| !verified.is_proved());
    let is_this_text = editor.panel.proved.as_ref() == Some(&editor.text);
    editor.origin == Origin::New && editor.home.is_none() && fails && is_this_text
}

/// Asks for the file to be written.
pub fn write(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = &mut model.editor else { return Vec::new() };
    if !editor.is_modified() {
        return saved(model);
    }
    let (path, text) = (editor.path.clone(), editor.text.clone());
    editor.saving = Some(text.clone());
    let known = editor.disk.clone();
    model.job = Some(Job::Writing(String::from("saving the script")));
    vec![Effect::SaveScript { path, text, known }]
}

/// Takes what came of it.
pub fn on_saved(model: &mut Model, answer: Result<SaveOutcome, Error>) -> Vec<Effect> {
    model.job = None;
    if model.quitting {
        return vec![Effect::Quit];
    }
    let Some(editor) = &mut model.editor else { return vec![model.load_scripts()] };
    let text = editor.saving.take();
    match answer {
        Ok(SaveOutcome::Written) => {
            editor.disk = text;
            let mut effects = saved(model);
            effects.push(model.load_scripts());
            effects
        }
        Ok(SaveOutcome::Changed(found)) => {
            let ask = Ask::conflict(&editor.name(), found.map(Arc::from));
            model.dialogs.push(Dialog::Ask(ask));
            Vec::new()
        }
        Err(error) => {
            editor.after = After::Stay;
            model.show_error(error);
            Vec::new()
        }
    }
}

/// The file holds the text.
fn saved(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = &mut model.editor else { return Vec::new() };
    let is_new = std::mem::replace(&mut editor.origin, Origin::Script) == Origin::New;
    editor.moved = false;
    if let Ok(script) = Script::parse(&editor.text) {
        editor.revision = Some(script.revision);
    }
    let (name, path) = (editor.name(), editor.path.display().to_string());
    let after = std::mem::take(&mut editor.after);
    if is_new {
        model.select_when_loaded.clone_from(&editor.revision);
    }
    let words = match &editor.home {
        Some(_) => format!("kept as a draft, which is no part of the history: drafts/{name}"),
        None => format!("saved {name}"),
    };
    model.log.note(model.now, State::Done, "save", &path);
    model.say(words);
    match after {
        After::Stay => Vec::new(),
        After::Close => {
            model.select_when_loaded = model.editor.take().and_then(|editor| editor.revision);
            Vec::new()
        }
        After::Quit => vec![Effect::Quit],
        After::Prove => proving::start(model),
    }
}

/// Takes the file's text in the place of what was typed.
pub fn reload(model: &mut Model, text: Arc<str>) -> Vec<Effect> {
    let Some(editor) = &mut model.editor else { return Vec::new() };
    editor.after = After::Stay;
    editor.document.replace(&text);
    editor.disk = Some(text);
    editor.moved = false;
    changed(model)
}

/// Writes over what somebody else has written.
pub fn overwrite(model: &mut Model, found: Option<Arc<str>>) -> Vec<Effect> {
    if let Some(editor) = &mut model.editor {
        editor.disk = found;
    }
    write(model)
}

/// Where nobody can be asked any more: what was typed goes into a file beside the script, which is left as it is.
#[must_use]
pub fn rescue(model: &Model) -> Option<Effect> {
    let editor = model.editor.as_ref().filter(|editor| editor.is_writable() && editor.is_modified())?;
    let mut path = editor.path.clone().into_os_string();
    path.push(".unsaved");
    Some(Effect::Rescue(path.into(), editor.text.clone()))
}
