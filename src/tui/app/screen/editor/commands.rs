//! The editor's commands: which apply, and what they do to the text.

use super::{Editor, areas, changed, find, go_to, locked, proving, saving};
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::model::Model;
use crate::tui::editor::Move;

/// Decides them.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    use Command as C;
    let Some(editor) = &model.editor else { return no("no script is open") };
    match command {
        C::Save => return saving::decide(model),
        C::Prove => return proving::decide(model),
        C::Find | C::FindNext | C::FindPrevious | C::MatchNext | C::MatchPrevious => {
            return find::decide(editor, command);
        }
        C::GoToLine => return Ok(go_to::open),
        _ => {}
    }
    if let Some(action) = looking(command) {
        return Ok(action);
    }
    match locked(model) {
        Some(reason) => no(reason),
        None => editing(command),
    }
}

/// What leaves the text as it is.
fn looking(command: Command) -> Option<fn(&mut Model) -> Vec<Effect>> {
    use Command as C;
    Some(match command {
        C::CursorLeft => |model| go(model, Move::Left),
        C::CursorRight => |model| go(model, Move::Right),
        C::CursorUp => |model| go(model, Move::Lines(-1)),
        C::CursorDown => |model| go(model, Move::Lines(1)),
        C::WordLeft => |model| go(model, Move::WordLeft),
        C::WordRight => |model| go(model, Move::WordRight),
        C::LineStart => |model| go(model, Move::LineStart),
        C::LineEnd => |model| go(model, Move::LineEnd),
        C::TextStart => |model| go(model, Move::Start),
        C::TextEnd => |model| go(model, Move::End),
        C::ScreenUp => |model| page(model, -1),
        C::ScreenDown => |model| page(model, 1),
        C::SelectAll => |model| {
            if let Some(editor) = &mut model.editor {
                editor.document.select_all();
            }
            Vec::new()
        },
        C::CopyText => copy,
        C::Panel => |model| {
            let shown = model.editor.as_ref().is_some_and(|editor| areas::shows_panel(model, editor));
            if let Some(editor) = &mut model.editor {
                editor.panel_shown = Some(!shown);
                editor.follow = true;
            }
            Vec::new()
        },
        C::NextProblem => next_problem,
        _ => return None,
    })
}

/// What changes the text.
fn editing(command: Command) -> Decision {
    use Command as C;
    Ok(match command {
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
        _ => return no("not here"),
    })
}

fn go(model: &mut Model, motion: Move) -> Vec<Effect> {
    if let Some(editor) = &mut model.editor {
        editor.document.go(motion, editor.selecting);
        editor.follow = true;
    }
    Vec::new()
}

fn page(model: &mut Model, sign: isize) -> Vec<Effect> {
    let Some(editor) = &model.editor else { return Vec::new() };
    let height = isize::try_from(areas::of(model, editor).text.height.max(2)).unwrap_or(2) - 1;
    if let Some(editor) = &mut model.editor {
        editor.top = editor.top.saturating_add_signed(sign * height);
    }
    go(model, Move::Lines(sign * height))
}

fn edit(model: &mut Model, change: impl FnOnce(&mut Editor) -> bool) -> Vec<Effect> {
    let has_changed = model.editor.as_mut().is_some_and(|editor| change(editor));
    if has_changed { changed(model) } else { Vec::new() }
}

fn undo(model: &mut Model, change: impl FnOnce(&mut Editor) -> bool, nothing: &str) -> Vec<Effect> {
    let effects = edit(model, change);
    if effects.is_empty() {
        model.say(nothing);
    }
    effects
}

/// Copies what is selected, also for other programs; nothing where nothing is.
pub fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = &mut model.editor else { return Vec::new() };
    let what = words(editor);
    let text = editor.document.copy();
    vec![Effect::Copy(text, what)]
}

fn cut(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = &mut model.editor else { return Vec::new() };
    let what = words(editor);
    let (text, has_changed) = editor.document.cut();
    let mut effects = vec![Effect::Copy(text, what)];
    if has_changed {
        effects.extend(changed(model));
    }
    effects
}

fn words(editor: &Editor) -> String {
    String::from(if editor.document.selection().is_some() { "the selection" } else { "the line" })
}

/// Goes to the next fault or hazard below the cursor, round the end.
fn next_problem(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = &model.editor else { return Vec::new() };
    let (row, _) = editor.document.cursor();
    let hazards = editor.panel.hazards.iter().map(|found| found.line);
    let mut lines: Vec<usize> = editor.faults.iter().map(|fault| fault.line).chain(hazards).collect();
    lines.sort_unstable();
    if let Some(line) = lines.iter().find(|line| **line > row + 1).or(lines.first()) {
        return go(model, Move::To((line.saturating_sub(1), 0)));
    }
    model.say("no fault and no hazard was found");
    Vec::new()
}
