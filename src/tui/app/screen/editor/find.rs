//! The search line.

use crossterm::event::KeyEvent;

use super::Editor;
use crate::tui::app::command::Command;
use crate::tui::app::effect::Effect;
use crate::tui::app::input::Input;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::editor::{Move, TextPosition};

/// The search line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    pub input: Input,
    /// The number of matches.
    pub count: usize,
    /// The number of the match at the cursor, from 1.
    pub at: Option<usize>,
    /// The cursor before the search.
    from: TextPosition,
}

/// Decides the search commands.
pub(crate) fn decide(editor: &Editor, command: Command) -> Decision {
    if command == Command::Find {
        return act(open);
    }
    if !editor.document.is_searching() {
        return refuse("enter a search text first (^f)");
    }
    let forward = matches!(command, Command::FindNext | Command::MatchNext);
    act(move |model| go_to_match(model, forward))
}

/// Opens the search line with the selected text.
fn open(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    let from = editor.document.selection().map_or_else(|| editor.document.cursor(), |(start, _)| start);
    let selected = editor.document.selected_text().filter(|text| !text.contains('\n')).unwrap_or_default();
    editor.find = Some(Find { input: Input::with(selected), count: 0, at: None, from });
    on_search(model);
    Vec::new()
}

/// Takes an editing key.
pub fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let find = model.screens.get_mut::<Editor>().and_then(|editor| editor.find.as_mut());
    if find.is_some_and(|find| find.input.key(key)) {
        on_search(model);
    }
    Vec::new()
}

/// Takes a paste.
pub fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(find) = model.screens.get_mut::<Editor>().and_then(|editor| editor.find.as_mut()) {
        find.input.insert(text);
        on_search(model);
    }
    Vec::new()
}

/// Searches from the cursor before the search.
fn on_search(model: &mut Model) {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return };
    let Some(find) = &mut editor.find else { return };
    find.count = editor.document.search(find.input.text());
    editor.document.move_cursor(Move::To(find.from), false);
    editor.document.find_next(true, true);
    find.at = editor.document.found_at_cursor();
    editor.follow = true;
}

fn go_to_match(model: &mut Model, forward: bool) -> Vec<Effect> {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    let found = editor.document.find_next(forward, false);
    editor.follow = true;
    if let Some(find) = &mut editor.find {
        find.at = editor.document.found_at_cursor();
        find.from = editor.document.cursor();
    }
    if !found {
        model.notify("no match in the script");
    }
    Vec::new()
}

/// Closes the search line. The cursor stays at the match.
pub fn close(model: &mut Model) -> Vec<Effect> {
    if let Some(editor) = model.screens.get_mut::<Editor>() {
        editor.find = None;
    }
    Vec::new()
}
