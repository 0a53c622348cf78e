//! The layout of the screen. Drawing and the mouse use the same rectangles.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::form::{Form, FormLine};
use super::model::screen::Layer;
use super::model::{Model, Pane};
use crate::tui::editor::cells::glyphs;

/// The smallest width with two columns.
pub const WIDE: u16 = 100;

/// The smallest height at which a narrow screen has a line about pending revisions.
const TALL: u16 = 20;

/// The cells of the script's line numbers and the blank after them.
pub const GUTTER: usize = 5;

/// The parts of the screen. Invisible parts are empty. Panes share their borders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Areas {
    /// The screen is too small to show anything.
    pub too_small: bool,
    pub header: Rect,
    /// The line about pending revisions on a narrow screen.
    pub pending_line: Rect,
    pub history: Rect,
    pub pending: Rect,
    pub script: Rect,
    pub log: Rect,
    /// The plan or a list, with its borders.
    pub plan: Rect,
    /// The rows of the plan or the list.
    pub plan_body: Rect,
    /// The status line of the plan or the list.
    pub plan_status: Rect,
    /// The editor with its panel.
    pub editor: Rect,
    pub footer: Rect,
}

/// A dialog and the areas of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogAreas {
    pub form: Form,
    pub frame: Rect,
    pub body: Rect,
    /// The wrapped lines of the body.
    pub lines: Vec<FormLine>,
    /// The first visible line.
    pub first: usize,
    /// The lines that never scroll.
    pub pinned: Rect,
    pub buttons: Vec<Rect>,
}

/// A pane without its borders.
#[must_use]
pub fn inner(pane: Rect) -> Rect {
    if pane.width < 2 || pane.height < 2 {
        return Rect::default();
    }
    Rect::new(pane.x + 1, pane.y + 1, pane.width - 2, pane.height - 2)
}

/// The text of the script pane, without the borders and the proof line.
#[must_use]
pub fn script_text(model: &Model, pane: Rect) -> Rect {
    let inside = inner(pane);
    let proof = u16::from(inside.height > 3 && model.selected_proof().is_some());
    Rect { height: inside.height - proof, ..inside }
}

/// The width of a script line in cells.
#[must_use]
pub fn cells(line: &str) -> usize {
    if line.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return line.len();
    }
    glyphs(line).map(|glyph| glyph.width).sum()
}

/// The widest line of a text in cells.
#[must_use]
pub fn longest_line(text: &str) -> usize {
    text.lines().map(cells).max().unwrap_or_default()
}

/// The layout for the model's size and state.
#[must_use]
pub fn areas(model: &Model) -> Areas {
    let (width, height) = (model.width, model.height);
    if width < 30 || height < 8 {
        return Areas { too_small: true, ..Areas::default() };
    }
    let mut areas =
        Areas { header: Rect::new(0, 0, width, 1), footer: Rect::new(0, height - 1, width, 1), ..Areas::default() };
    let mut body = Rect::new(0, 1, width, height - 2);
    if model.screens.has(Layer::Editor) {
        areas.editor = body;
        return areas;
    }
    if width >= WIDE {
        two_columns(model, body, &mut areas);
    } else {
        if height >= TALL && !model.is_covered() {
            areas.pending_line = Rect::new(0, 1, width, 1);
            body = Rect::new(0, 2, width, height - 3);
        }
        one_column(model, body, &mut areas);
    }
    if model.is_covered() {
        cover_panes(&mut areas, body);
    }
    areas
}

/// The plan or list covers the panes; the log stays at the bottom.
fn cover_panes(areas: &mut Areas, body: Rect) {
    let log = areas.log;
    let bottom = if log.height > 0 && log.y > body.y { log.y + 1 } else { body.bottom() };
    *areas = Areas { header: areas.header, footer: areas.footer, ..Areas::default() };
    if bottom < body.bottom() {
        areas.log = log;
    }
    areas.plan = Rect::new(body.x, body.y, body.width, bottom - body.y);
    let inside = inner(areas.plan);
    areas.plan_body = Rect { height: inside.height.saturating_sub(1), ..inside };
    areas.plan_status = Rect { y: areas.plan_body.bottom(), height: inside.height.min(1), ..inside };
}

fn two_columns(model: &Model, body: Rect, areas: &mut Areas) {
    let large = model.log.large || model.panes.focus == Pane::Log;
    let log = if large { body.height / 2 } else { 5.min(body.height / 4) };
    let top = body.height - log;
    areas.log = Rect::new(body.x, body.y + top, body.width, log);
    // Neighbours share a border: each pane overlaps the next one by one cell.
    let left = body.width / 2 + 1;
    areas.script = Rect::new(body.x + left - 1, body.y, body.width - left + 1, top + 1);
    let lines =
        model.history.pending().len().max(model.server.connection.no_database_lines(&model.preferences).len()).max(2);
    let wanted = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    let pending = wanted.min(top / 3).max(3.min(top));
    areas.history = Rect::new(body.x, body.y, left, top + 1 - pending);
    areas.pending = Rect::new(body.x, body.y + top - pending, left, pending + 1);
}

fn one_column(model: &Model, body: Rect, areas: &mut Areas) {
    let mut main = body;
    if model.panes.focus == Pane::Log && !model.is_covered() {
        areas.log = body;
        return;
    }
    if model.log.large && body.height >= 12 {
        let log = body.height / 3;
        areas.log = Rect::new(body.x, body.bottom() - log, body.width, log);
        main.height = body.height - log + 1;
    }
    match model.panes.focus {
        Pane::History | Pane::Log => areas.history = main,
        Pane::Pending => areas.pending = main,
        Pane::Script => areas.script = main,
    }
}

/// The areas of the dialog on top, in the middle of the screen.
#[must_use]
pub fn dialog(model: &Model) -> Option<DialogAreas> {
    let form = model.dialogs.last()?.form(model);
    let (width, height) = (model.width, model.height);
    if width < 30 || height < 8 {
        return None;
    }
    let outer = form.width.min(width.saturating_sub(2));
    let lines = form.wrapped(usize::from(outer.saturating_sub(4)));
    let buttons = u16::from(!form.buttons.is_empty());
    let pinned = u16::try_from(form.pinned.len()).unwrap_or(0);
    let fixed = 2 + buttons + pinned;
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(fixed);
    let outer_height = wanted.clamp(fixed + 1, height.saturating_sub(2).max(fixed + 1)).min(height);
    let frame = Rect::new((width - outer) / 2, (height - outer_height) / 2, outer, outer_height);
    let inside = inner(frame);
    let body = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        height: inside.height.saturating_sub(buttons + pinned),
        ..inside
    };
    let first = first_line(&form, &lines, usize::from(body.height));
    let pinned = Rect { y: body.bottom(), height: pinned, ..body };
    let buttons = button_areas(&form, Rect { y: pinned.bottom(), height: buttons, ..body });
    Some(DialogAreas { form, frame, body, lines, first, pinned, buttons })
}

/// The first visible line: the scroll position, changed so that the focused line is visible.
fn first_line(form: &Form, lines: &[FormLine], height: usize) -> usize {
    let last = lines.len().saturating_sub(height);
    let focused = lines.iter().position(|line| match line {
        FormLine::Entry { selected, .. } => *selected,
        FormLine::Field { focused, .. } => *focused,
        _ => false,
    });
    let first = form.scroll.min(last);
    let entry = lines.iter().position(|line| matches!(line, FormLine::Entry { selected: true, .. }));
    match entry.or(focused) {
        Some(line) if line < first => line,
        Some(line) if line >= first + height => (line + 1 - height.max(1)).min(last),
        _ => first,
    }
}

fn button_areas(form: &Form, row: Rect) -> Vec<Rect> {
    let mut end = row.right();
    let mut areas: Vec<Rect> = Vec::with_capacity(form.buttons.len());
    for label in form.buttons.iter().rev() {
        let width = u16::try_from(label.width() + 4).unwrap_or(u16::MAX).min(row.width);
        let x = end.saturating_sub(width).max(row.x);
        areas.push(Rect::new(x, row.y, width.min(end.saturating_sub(x)), row.height));
        end = x.saturating_sub(1).max(row.x);
    }
    areas.reverse();
    areas
}

/// The number of lines of `width` cells that a wrapped line needs.
#[must_use]
pub fn wrapped_height(line: &str, width: usize) -> usize {
    cells(line).div_ceil(width.max(1)).max(1)
}
