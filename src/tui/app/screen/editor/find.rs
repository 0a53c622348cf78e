//! The line in which one types what is looked for.

use crossterm::event::KeyEvent;

use super::Editor;
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::input::Input;
use crate::tui::app::model::Model;
use crate::tui::editor::{Move, Place};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    pub input: Input,
    /// How often it is there.
    pub count: usize,
    /// Which of them the cursor is at, from 1.
    pub at: Option<usize>,
    /// Where the cursor stood before.
    from: Place,
}

/// Decides the commands of searching.
pub(crate) fn decide(editor: &Editor, command: Command) -> Decision {
    Ok(match command {
        Command::Find => open,
        _ if !editor.document.is_looking() => return no("nothing was looked for yet"),
        Command::FindNext | Command::MatchNext => |model| next(model, true),
        _ => |model| next(model, false),
    })
}

/// Opens the line, with what is selected in it.
fn open(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = &mut model.editor else { return Vec::new() };
    let from = editor.document.selection().map_or_else(|| editor.document.cursor(), |(start, _)| start);
    let selected = editor.document.selected_text().filter(|text| !text.contains('\n')).unwrap_or_default();
    editor.find = Some(Find { input: Input::with(selected), count: 0, at: None, from });
    looked(model);
    Vec::new()
}

/// Takes an editing key.
pub fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let find = model.editor.as_mut().and_then(|editor| editor.find.as_mut());
    if find.is_some_and(|find| find.input.key(key)) {
        looked(model);
    }
    Vec::new()
}

/// Takes a paste.
pub fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(find) = model.editor.as_mut().and_then(|editor| editor.find.as_mut()) {
        find.input.insert(text);
        looked(model);
    }
    Vec::new()
}

/// Looks for what was typed, from where the cursor stood before.
fn looked(model: &mut Model) {
    let Some(editor) = &mut model.editor else { return };
    let Some(find) = &mut editor.find else { return };
    find.count = editor.document.look_for(find.input.text());
    editor.document.go(Move::To(find.from), false);
    editor.document.find_next(true, true);
    find.at = editor.document.found_at_cursor();
    editor.follow = true;
}

fn next(model: &mut Model, forward: bool) -> Vec<Effect> {
    let Some(editor) = &mut model.editor else { return Vec::new() };
    let found = editor.document.find_next(forward, false);
    editor.follow = true;
    if let Some(find) = &mut editor.find {
        find.at = editor.document.found_at_cursor();
        find.from = editor.document.cursor();
    }
    if !found {
        model.say("it is nowhere in the script");
    }
    Vec::new()
}

/// Leaves the line; the cursor stays at what was found.
pub fn close(model: &mut Model) -> Vec<Effect> {
    if let Some(editor) = &mut model.editor {
        editor.find = None;
    }
    Vec::new()
}
