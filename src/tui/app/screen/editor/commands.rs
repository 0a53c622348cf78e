//! The commands of the editor.

use super::{Editor, areas, find, go_to, on_changed, saving};
use crate::tui::app::command::Command;
use crate::tui::app::effect::Effect;
use crate::tui::app::layout;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::editor::Move;

type EditorAction = fn(&mut Model) -> Vec<Effect>;

/// Decides the commands.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    use Command as C;
    let Some(editor) = model.screens.get::<Editor>() else { return refuse("no script is open") };
    match command {
        C::Save => return saving::decide(model),
        C::Prove => return saving::decide_prove(model),
        C::Find | C::FindNext | C::FindPrevious | C::MatchNext | C::MatchPrevious => {
            return find::decide(editor, command);
        }
        C::GoToLine => return act(go_to::open),
        _ => {}
    }
    if let Some(action) = moving_action(command) {
        return act(action);
    }
    if let Some(reason) = editor.read_only_reason(model.read_only) {
        return refuse(reason);
    }
    match editing_action(command) {
        Some(action) => act(action),
        None => refuse("not here"),
    }
}

/// The commands that do not change the text.
fn moving_action(command: Command) -> Option<EditorAction> {
    use Command as C;
    Some(match command {
        C::CursorLeft => |model| move_cursor(model, Move::Left),
        C::CursorRight => |model| move_cursor(model, Move::Right),
        C::CursorUp => |model| move_cursor(model, Move::Lines(-1)),
        C::CursorDown => |model| move_cursor(model, Move::Lines(1)),
        C::WordLeft => |model| move_cursor(model, Move::WordLeft),
        C::WordRight => |model| move_cursor(model, Move::WordRight),
        C::LineStart => |model| move_cursor(model, Move::LineStart),
        C::LineEnd => |model| move_cursor(model, Move::LineEnd),
        C::TextStart => |model| move_cursor(model, Move::Start),
        C::TextEnd => |model| move_cursor(model, Move::End),
        C::ScreenUp => |model| move_page(model, -1),
        C::ScreenDown => |model| move_page(model, 1),
        C::SelectAll => |model| {
            if let Some(editor) = model.screens.get_mut::<Editor>() {
                editor.document.select_all();
            }
            Vec::new()
        },
        C::CopyText => copy,
        C::Panel => |model| {
            let shown = model.screens.get::<Editor>().is_some_and(|editor| areas::shows_panel(model, editor));
            if let Some(editor) = model.screens.get_mut::<Editor>() {
                editor.panel_shown = Some(!shown);
                editor.follow = true;
            }
            Vec::new()
        },
        C::NextProblem => next_problem,
        _ => return None,
    })
}

/// The commands that change the text.
fn editing_action(command: Command) -> Option<EditorAction> {
    use Command as C;
    Some(match command {
        C::NewLine => |model| edit(model, |editor| editor.document.new_line()),
        C::Indent => |model| edit(model, |editor| editor.document.indent()),
        C::DeleteBefore => |model| edit(model, |editor| editor.document.delete(Move::Left)),
        C::DeleteAfter => |model| edit(model, |editor| editor.document.delete(Move::Right)),
        C::DeleteWordBefore => |model| edit(model, |editor| editor.document.delete(Move::WordLeft)),
        C::DeleteWordAfter => |model| edit(model, |editor| editor.document.delete(Move::WordRight)),
        C::Undo => |model| undo(model, |editor| editor.document.undo(), "nothing to undo"),
        C::Redo => |model| undo(model, |editor| editor.document.redo(), "nothing to redo"),
        C::Cut => cut,
        C::Paste => |model| edit(model, |editor| editor.document.paste()),
        _ => return None,
    })
}

fn move_cursor(model: &mut Model, motion: Move) -> Vec<Effect> {
    if let Some(editor) = model.screens.get_mut::<Editor>() {
        editor.document.move_cursor(motion, editor.selecting);
        editor.follow = true;
    }
    Vec::new()
}

fn move_page(model: &mut Model, sign: isize) -> Vec<Effect> {
    let Some(editor) = model.screens.get::<Editor>() else { return Vec::new() };
    let height =
        isize::try_from(areas::of(model, editor, layout::areas(model).editor).text.height.max(2)).unwrap_or(2) - 1;
    if let Some(editor) = model.screens.get_mut::<Editor>() {
        editor.top = editor.top.saturating_add_signed(sign * height);
    }
    move_cursor(model, Move::Lines(sign * height))
}

fn edit(model: &mut Model, change: impl FnOnce(&mut Editor) -> bool) -> Vec<Effect> {
    let has_changed = model.screens.get_mut::<Editor>().is_some_and(change);
    if has_changed { on_changed(model) } else { Vec::new() }
}

fn undo(model: &mut Model, change: impl FnOnce(&mut Editor) -> bool, nothing: &str) -> Vec<Effect> {
    let effects = edit(model, change);
    if effects.is_empty() {
        model.notify(nothing);
    }
    effects
}

/// Copies the selection, or the line.
pub(super) fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    let what = describe_copied(editor);
    let text = editor.document.copy();
    vec![Effect::Copy(text, what)]
}

fn cut(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    let what = describe_copied(editor);
    let (text, has_changed) = editor.document.cut();
    let mut effects = vec![Effect::Copy(text, what)];
    if has_changed {
        effects.extend(on_changed(model));
    }
    effects
}

fn describe_copied(editor: &Editor) -> String {
    String::from(if editor.document.selection().is_some() { "the selection" } else { "the line" })
}

/// Goes to the next fault or hazard below the cursor, or to the first one.
fn next_problem(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = model.screens.get::<Editor>() else { return Vec::new() };
    let (row, _) = editor.document.cursor();
    let hazards = editor.panel.hazards.iter().map(|found| found.line);
    let mut lines: Vec<usize> = editor.faults.iter().map(|fault| fault.line).chain(hazards).collect();
    lines.sort_unstable();
    if let Some(line) = lines.iter().find(|line| **line > row + 1).or(lines.first()) {
        return move_cursor(model, Move::To((line.saturating_sub(1), 0)));
    }
    model.notify("there are no faults and no hazards");
    Vec::new()
}
