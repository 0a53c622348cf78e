//! Typing, pasting and the mouse in the editor.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{Editor, areas, commands, find, on_changed};
use crate::tui::app::command::KeyContext;
use crate::tui::app::effect::Effect;
use crate::tui::app::layout;
use crate::tui::app::model::{Model, ScreenRequest};
use crate::tui::editor::{Move, TextPosition, cells};

/// The number of lines that one turn of the wheel scrolls.
const WHEEL: isize = 3;

/// Takes a key without a command: a character, or Shift with a movement.
pub fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if model.key_context() == KeyContext::Find {
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
    let Some(command) = model.preferences.keymap.command(KeyContext::Editor, plain) else { return Vec::new() };
    let Ok(action) = commands::decide(model, command) else {
        model.requests.push(ScreenRequest::Run(command));
        return Vec::new();
    };
    set_selecting(model, true);
    let effects = action(model);
    set_selecting(model, false);
    effects
}

fn set_selecting(model: &mut Model, selecting: bool) {
    if let Some(editor) = model.screens.get_mut::<Editor>() {
        editor.selecting = selecting;
    }
}

/// Takes a paste. It is one undo step.
pub fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if model.key_context() == KeyContext::Find { find::on_paste(model, text) } else { type_text(model, text) }
}

fn type_text(model: &mut Model, text: &str) -> Vec<Effect> {
    let is_read_only = model.read_only;
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    if let Some(reason) = editor.read_only_reason(is_read_only) {
        model.notify(format!("read-only: {reason}"));
        return Vec::new();
    }
    if editor.document.insert(text) { on_changed(model) } else { Vec::new() }
}

/// Takes the mouse: a click moves the cursor, dragging selects, the wheel scrolls.
pub fn on_mouse(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    let Some(editor) = model.screens.get::<Editor>() else { return Vec::new() };
    let areas = areas::of(model, editor, layout::areas(model).editor);
    let at = Position::new(event.column, event.row);
    let in_text = areas.text.contains(at) || areas.gutter.contains(at);
    let position = position_at(editor, &areas, at);
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            editor.pressed = in_text.then_some(position);
            if in_text {
                editor.find = None;
                editor.document.move_cursor(Move::To(position), event.modifiers.contains(KeyModifiers::SHIFT));
                editor.follow = true;
            }
        }
        MouseEventKind::Drag(MouseButton::Left) => {
            if let Some(from) = editor.pressed {
                editor.document.move_cursor(Move::To(from), false);
                editor.document.move_cursor(Move::To(position), true);
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

fn scroll(editor: &mut Editor, lines: isize) {
    editor.follow = false;
    editor.top = editor.top.saturating_add_signed(lines);
}

/// The text position at a point. Above and below the pane it is on a line outside the window.
fn position_at(editor: &Editor, areas: &areas::EditorAreas, at: Position) -> TextPosition {
    let row = match at.y.checked_sub(areas.text.y) {
        Some(below) => editor.top + usize::from(below),
        None => editor.top.saturating_sub(1),
    };
    let row = row.min(editor.document.lines().len().saturating_sub(1));
    let cell = editor.left + usize::from(at.x.saturating_sub(areas.text.x));
    (row, cells::character_at(editor.document.line(row), cell))
}
