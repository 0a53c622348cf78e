//! The mouse: a click selects, focuses and presses; the wheel scrolls what is under it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::form::FormLine;
use super::keymap::Place;
use super::model::{Model, Pane};
use super::screen::moving::{self, Motion};
use super::screen::{dialog, panes};
use super::{Effect, command, layout};

/// How many lines the wheel turns at once.
const WHEEL: isize = 3;

/// Takes a mouse event.
pub fn on_mouse(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    if model.wants_drawn() {
        return Vec::new();
    }
    let at = Position::new(event.column, event.row);
    match event.kind {
        _ if model.editor.is_some() && model.dialogs.is_empty() && event.row + 1 != model.height => {
            model.notice = model.notice.take().filter(|_| !matches!(event.kind, MouseEventKind::Down(_)));
            super::screen::editor::typing::on_mouse(model, event)
        }
        MouseEventKind::Down(MouseButton::Left) => {
            // The footer that was clicked is the one with the news in it.
            let pressed = layout::footer(model).into_iter().find(|item| item.area.contains(at));
            model.notice = None;
            match pressed {
                Some(item) => command::run(model, item.command),
                None => click(model, at),
            }
        }
        MouseEventKind::ScrollDown => wheel(model, at, WHEEL),
        MouseEventKind::ScrollUp => wheel(model, at, -WHEEL),
        _ => Vec::new(),
    }
}

fn click(model: &mut Model, at: Position) -> Vec<Effect> {
    if !model.dialogs.is_empty() {
        return click_dialog(model, at);
    }
    let areas = layout::areas(model);
    if let Some(sheet) = &mut model.sheet {
        if areas.plan_body.contains(at) {
            sheet.point(sheet.top + usize::from(at.y - areas.plan_body.y));
        }
        return Vec::new();
    }
    if let Some(screen) = &mut model.plan {
        if areas.plan_body.contains(at) {
            screen.cursor = screen.top + usize::from(at.y - areas.plan_body.y);
        }
        return Vec::new();
    }
    let Some((pane, area)) = pane_at(&areas, at) else {
        if areas.pending_line.contains(at) {
            return panes::focus(model, Pane::Pending);
        }
        return Vec::new();
    };
    if model.place() == Place::Text {
        super::screen::filter::close(model, true);
    }
    panes::focus(model, pane);
    let inside = layout::inner(area);
    if inside.contains(at) {
        let row = usize::from(at.y - inside.y);
        match pane {
            Pane::History => click_history(model, row),
            Pane::Pending => {
                model.pending_cursor = (model.pending_top + row).min(model.history.pending().len().saturating_sub(1));
                panes::select_pending(model);
            }
            Pane::Script | Pane::Log => {}
        }
    }
    Vec::new()
}

fn click_history(model: &mut Model, row: usize) {
    if let Some(line) = model.history.line(model.history.top + row) {
        model.history.select(line.item);
    }
}

fn click_dialog(model: &mut Model, at: Position) -> Vec<Effect> {
    let Some(areas) = layout::dialog(model) else { return Vec::new() };
    if let Some(button) = areas.buttons.iter().position(|area| area.contains(at)) {
        if let Some(top) = model.dialogs.last_mut() {
            top.focus_button(button);
        }
        return dialog::accept(model);
    }
    if !areas.body.contains(at) {
        return Vec::new();
    }
    let line = areas.first + usize::from(at.y - areas.body.y);
    if let (Some(FormLine::Entry { index, selected, .. }), Some(top)) =
        (areas.lines.get(line), model.dialogs.last_mut())
    {
        let again = *selected && top.is_menu();
        top.focus_entry(*index);
        if again {
            return dialog::accept(model);
        }
    }
    Vec::new()
}

fn wheel(model: &mut Model, at: Position, lines: isize) -> Vec<Effect> {
    let areas = layout::areas(model);
    if !model.dialogs.is_empty() || model.is_covered() {
        return moving::go(model, Motion::Lines(lines));
    }
    let Some((pane, area)) = pane_at(&areas, at) else { return Vec::new() };
    let height = usize::from(layout::inner(area).height);
    match pane {
        Pane::History => model.history.scroll(lines, height),
        Pane::Script => model.script.top = model.script.top.saturating_add_signed(lines),
        Pane::Log => model.log.scroll(-lines, height),
        Pane::Pending => {
            let count = model.history.pending().len();
            model.pending_cursor = Motion::Lines(lines).apply(model.pending_cursor, count, height);
        }
    }
    Vec::new()
}

fn pane_at(areas: &layout::Areas, at: Position) -> Option<(Pane, Rect)> {
    [
        (Pane::Log, areas.log),
        (Pane::Pending, areas.pending),
        (Pane::Script, areas.script),
        (Pane::History, areas.history),
    ]
    .into_iter()
    .find(|(_, area)| area.contains(at))
}
