//! The questions of the editor. The first button of each is the harmless one.

use std::sync::Arc;

use super::{After, Editor};
use crate::tui::app::effect::Effect;
use crate::tui::app::model::Model;
use crate::tui::app::opening::Origin;
use crate::tui::app::question::Question;
use crate::tui::app::theme::Role;

/// What a button of a question does.
pub(super) type Choice = fn(&mut Model) -> Vec<Effect>;

/// Before the editor closes with unsaved text.
pub(super) fn close(editor: &Editor, discard: Choice, save: Choice) -> Question {
    let name = editor.name();
    if editor.origin != Origin::New {
        let lines = vec![(format!("{name} has changes that are not saved."), Role::Text)];
        return with_continue("Unsaved changes", lines).choice("Discard", discard).choice("Save", save);
    }
    let mut lines = vec![(format!("{name} has not been written to a file yet."), Role::Text)];
    if editor.home.is_some() {
        let draft = "It is not proved. If you keep it, it is saved as a draft outside the history.";
        lines.push((String::from(draft), Role::Warning));
    }
    with_continue("Keep the new script?", lines).choice("Discard", discard).choice("Keep", save)
}

/// Before a text is saved that is not a valid script, or another script than the one that was opened.
pub(super) fn invalid_script(problem: String, hint: Option<String>, write: Choice) -> Question {
    let mut lines = vec![(problem, Role::Danger)];
    lines.extend(hint.map(|hint| (hint, Role::Good)));
    let question = with_continue("This is not the same script", lines);
    question.choice("Save anyway", write).dangerous()
}

/// Before a new script is saved whose proof has failed.
pub(super) fn unproved(write: Choice) -> Question {
    let problem = "Its proof failed. If you save it, it becomes part of the history.";
    let hint = "Correct it and prove it again with ^p, or discard it.";
    let lines = vec![(String::from(problem), Role::Danger), (String::from(hint), Role::Good)];
    with_continue("This script is not proved", lines).choice("Save anyway", write).dangerous()
}

/// The file was changed or removed by another program. `found` is its current text.
pub(super) fn file_changed(
    name: &str,
    found: Option<Arc<str>>,
    reload: fn(&mut Model, Arc<str>) -> Vec<Effect>,
    overwrite: fn(&mut Model, Option<Arc<str>>) -> Vec<Effect>,
) -> Question {
    let Some(text) = found else {
        let lines = vec![(format!("{name} does not exist any more."), Role::Warning)];
        let question = with_continue("The file has changed", lines);
        return question.choice("Save again", move |model| overwrite(model, None)).dangerous();
    };
    let what = format!("Another program has changed {name} since it was opened.");
    let effect = "Reload replaces your text with the text of the file. Undo restores your text.";
    let lines = vec![(what, Role::Warning), (String::from(effect), Role::Muted)];
    let known = Arc::clone(&text);
    with_continue("The file has changed", lines)
        .choice("Reload", move |model| reload(model, text))
        .choice("Overwrite", move |model| overwrite(model, Some(known)))
        .dangerous()
}

/// A question whose first button continues editing.
fn with_continue(title: &'static str, lines: Vec<(String, Role)>) -> Question {
    Question::new(title, lines).choice("Continue editing", |model| {
        if let Some(editor) = model.screens.get_mut::<Editor>() {
            editor.after = After::Stay;
        }
        Vec::new()
    })
}
