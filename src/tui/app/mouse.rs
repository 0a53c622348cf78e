//! The mouse: a click selects, focuses and presses buttons; the wheel scrolls what is under it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::command::KeyContext;
use super::effect::Effect;
use super::form::FormLine;
use super::model::screen::Layer;
use super::model::{Model, Pane};
use super::motion::Motion;
use super::run_command::run_command;
use super::screen::{editor, tree};
use super::{dispatch, footer, layout, moving};

/// The number of lines that one turn of the wheel scrolls.
const WHEEL: isize = 3;

/// Takes a mouse event.
pub fn on_mouse(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    if model.wants_drawn() {
        return Vec::new();
    }
    let at = Position::new(event.column, event.row);
    let is_in_footer = event.row + 1 == model.height;
    match event.kind {
        _ if model.screens.has(Layer::Editor) && model.dialogs.is_empty() && !is_in_footer => {
            model.notice = model.notice.take().filter(|_| !matches!(event.kind, MouseEventKind::Down(_)));
            editor::typing::on_mouse(model, event)
        }
        MouseEventKind::Down(MouseButton::Left) => {
            // The user clicked on the footer as it was with the notice.
            let pressed = footer::items(model).into_iter().find(|item| item.area.contains(at));
            model.notice = None;
            match pressed {
                Some(item) => run_command(model, item.command),
                None => click(model, at),
            }
        }
        MouseEventKind::ScrollDown => scroll(model, at, WHEEL),
        MouseEventKind::ScrollUp => scroll(model, at, -WHEEL),
        _ => Vec::new(),
    }
}

fn click(model: &mut Model, at: Position) -> Vec<Effect> {
    if !model.dialogs.is_empty() {
        return click_dialog(model, at);
    }
    let areas = layout::areas(model);
    if let Some(screen) = model.screens.top_mut() {
        if areas.plan_body.contains(at) {
            screen.click(usize::from(at.y - areas.plan_body.y));
        }
        return Vec::new();
    }
    let Some((pane, area)) = pane_at(&areas, at) else {
        if areas.pending_line.contains(at) {
            model.focus_pane(Pane::Pending);
        }
        return Vec::new();
    };
    if model.key_context() == KeyContext::Text {
        tree::filter::close(model, true);
    }
    model.focus_pane(pane);
    let inside = layout::inner(area);
    if inside.contains(at) {
        click_pane(model, pane, usize::from(at.y - inside.y));
    }
    Vec::new()
}

fn click_pane(model: &mut Model, pane: Pane, row: usize) {
    match pane {
        Pane::History => {
            if let Some(line) = model.history.line(model.history.top + row) {
                model.history.select(line.item);
            }
        }
        Pane::Pending => {
            let last = model.history.pending().len().saturating_sub(1);
            model.panes.pending_cursor = (model.panes.pending_top + row).min(last);
            model.select_pending();
        }
        Pane::Script | Pane::Log => {}
    }
}

fn click_dialog(model: &mut Model, at: Position) -> Vec<Effect> {
    let Some(areas) = layout::dialog(model) else { return Vec::new() };
    if let Some(button) = areas.buttons.iter().position(|area| area.contains(at)) {
        if let Some(top) = model.dialogs.last_mut() {
            top.focus_button(button);
        }
        return dispatch::accept(model);
    }
    if !areas.body.contains(at) {
        return Vec::new();
    }
    let line = areas.first + usize::from(at.y - areas.body.y);
    if let (Some(FormLine::Entry { index, selected, .. }), Some(top)) =
        (areas.lines.get(line), model.dialogs.last_mut())
    {
        let is_second_click = *selected && top.is_menu();
        top.focus_entry(*index);
        if is_second_click {
            return dispatch::accept(model);
        }
    }
    Vec::new()
}

fn scroll(model: &mut Model, at: Position, lines: isize) -> Vec<Effect> {
    let areas = layout::areas(model);
    if !model.dialogs.is_empty() || model.is_covered() {
        return moving::move_cursor(model, Motion::Lines(lines));
    }
    let Some((pane, area)) = pane_at(&areas, at) else { return Vec::new() };
    let height = usize::from(layout::inner(area).height);
    match pane {
        Pane::History => model.history.scroll(lines, height),
        Pane::Script => model.panes.script.top = model.panes.script.top.saturating_add_signed(lines),
        Pane::Log => model.log.scroll(-lines, height),
        Pane::Pending => {
            let count = model.history.pending().len();
            model.panes.pending_cursor = Motion::Lines(lines).apply(model.panes.pending_cursor, count, height);
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
