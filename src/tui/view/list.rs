//! A list: entries with their details, and the status line.

use unicode_width::UnicodeWidthStr;

use super::history::shifted;
use super::pane;
use super::pen::{Paint, Pen};
use crate::tui::app::form::{Piece, SEPARATOR};
use crate::tui::app::layout::Areas;
use crate::tui::app::list::{INDENT, ListEntry, ListLine, ListScreen};
use crate::tui::app::model::Model;
use crate::tui::app::theme::Role;

/// The minimum width of an entry's left half in cells.
const LEFT: usize = 24;

/// Draws the list if it is open.
pub fn draw(model: &Model, areas: &Areas, paint: &mut Paint) {
    let Some(screen) = model.screens.get::<ListScreen>().filter(|_| areas.plan.height > 0) else { return };
    let Some(list) = screen.list(model) else { return };
    pane::titled(paint, areas.plan, &list.title());
    for row in 0..areas.plan_body.height {
        let index = screen.top() + usize::from(row);
        let Some(line) = screen.lines().get(index) else { break };
        let mut pen = paint.pen(shifted(areas.plan_body, row));
        if index == screen.cursor() {
            pen.over(Role::Selection);
        }
        pen.put(if index == screen.cursor() { ">" } else { " " }, Role::Current);
        match line {
            ListLine::Entry(entry) => draw_entry(&list.entry(model, *entry), &mut pen),
            ListLine::Detail(entry, pieces) => {
                pen.skip(if entry.is_some() { INDENT } else { 0 });
                put_pieces(pieces, &mut pen);
            }
        }
    }
    let (text, role) = list.status(model);
    let mut pen = paint.pen(areas.plan_status);
    pen.put(" ", role);
    pen.put(&text, role);
}

fn draw_entry(entry: &ListEntry, pen: &mut Pen) {
    let width = |pieces: &[Piece]| pieces.iter().map(|(text, _)| text.width()).sum::<usize>();
    let left = width(&entry.left);
    // Pieces on the right are omitted from the end if the left half has too little space.
    let mut right = entry.right.as_slice();
    while let [rest @ .., last] = right
        && (width(right) + left.min(LEFT) + 2 > pen.left() || last.0 == SEPARATOR)
    {
        right = rest;
    }
    let space = pen.left().saturating_sub(width(right) + 1);
    let mut used = 0;
    for (text, role) in &entry.left {
        let cells = text.width().min(space.saturating_sub(used));
        pen.column(text, cells, *role);
        used += cells;
    }
    pen.skip(space.saturating_sub(used) + 1);
    put_pieces(right, pen);
}

fn put_pieces(pieces: &[Piece], pen: &mut Pen) {
    for (text, role) in pieces {
        pen.put(text, *role);
    }
}
