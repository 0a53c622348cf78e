//! Keys that are text, pastes and the mouse.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::areas;
use super::{changed, find, locked};
use crate::tui::app::keymap::Place as Keys;
use crate::tui::app::model::Model;
use crate::tui::app::{Effect, command};
use crate::tui::editor::{Move, Place, cells};

/// How many lines the wheel turns at once.
const WHEEL: isize = 3;

/// Takes a key that no command has: a character, or a movement with Shift held.
pub fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if model.place() == Keys::Find {
        return find::on_key(model, key);
    }
    let typed = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    if let KeyCode::Char(character) = key.code
        && typed
    {
        return type_text(model, character.encode_utf8(&mut [0; 4]));
    }
    if !key.modifiers.contains(KeyModifiers::SHIFT) {
        return Vec::new();
    }
    let plain = KeyEvent::new(key.code, key.modifiers - KeyModifiers::SHIFT);
    let Some(command) = model.preferences.keymap.command(Keys::Editor, plain) else { return Vec::new() };
    if let Some(editor) = &mut model.editor {
        editor.selecting = true;
    }
    let effects = command::run(model, command);
    if let Some(editor) = &mut model.editor {
        editor.selecting = false;
    }
    effects
}

/// Takes a paste: one step that can be undone.
pub fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if model.place() == Keys::Find { find::on_paste(model, text) } else { type_text(model, text) }
}

fn type_text(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(reason) = locked(model) {
        model.say(format!("read-only: {reason}"));
        return Vec::new();
    }
    let inserted = model.editor.as_mut().is_some_and(|editor| editor.document.insert(text));
    if inserted { changed(model) } else { Vec::new() }
}

/// Takes the mouse, where no dialog stands above: a click places the cursor, dragging selects, the wheel scrolls.
pub fn on_mouse(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    let Some(editor) = &model.editor else { return Vec::new() };
    let areas = areas::of(model, editor);
    let at = Position::new(event.column, event.row);
    let in_text = areas.text.contains(at) || areas.gutter.contains(at);
    let place = place_at(editor, &areas, at);
    let Some(editor) = &mut model.editor else { return Vec::new() };
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            editor.pressed = in_text.then_some(place);
            if in_text {
                editor.find = None;
                editor.document.go(Move::To(place), event.modifiers.contains(KeyModifiers::SHIFT));
                editor.follow = true;
            }
        }
        MouseEventKind::Drag(MouseButton::Left) => {
            if let Some(from) = editor.pressed {
                editor.document.go(Move::To(from), false);
                editor.document.go(Move::To(place), true);
                editor.follow = true;
            }
        }
        MouseEventKind::Up(_) => editor.pressed = None,
        MouseEventKind::ScrollDown => scroll(editor, WHEEL),
        MouseEventKind::ScrollUp => scroll(editor, -WHEEL),
        _ => {}
    }
    Vec::new()
}

fn scroll(editor: &mut super::Editor, lines: isize) {
    editor.follow = false;
    editor.top = editor.top.saturating_add_signed(lines);
}

/// The place in the text below a point; above and below the pane, the lines beyond.
fn place_at(editor: &super::Editor, areas: &areas::EditorAreas, at: Position) -> Place {
    let row = match at.y.checked_sub(areas.text.y) {
        Some(below) => editor.top + usize::from(below),
        None => editor.top.saturating_sub(1),
    };
    let row = row.min(editor.document.lines().len().saturating_sub(1));
    let cell = editor.left + usize::from(at.x.saturating_sub(areas.text.x));
    (row, cells::character_at(editor.document.line(row), cell))
}
