//! The pending pane: what an upgrade would run, in running order.

use ratatui::layout::Rect;

use super::history::shifted;
use super::pane;
use super::pen::Paint;
use crate::tui::app::model::{Connection, Model, Pane};
use crate::tui::app::theme::Role;

/// Draws the pane.
pub fn draw(model: &Model, area: Rect, paint: &mut Paint) {
    if area.height == 0 {
        return;
    }
    let focused = model.focus == Pane::Pending && model.plan.is_none();
    let pending = model.history.pending();
    let more = if pending.is_empty() { String::new() } else { pending.len().to_string() };
    let inside = pane::frame(paint, area, &pane::title(2, "Pending", focused, &more), focused);
    if pending.is_empty() {
        let (words, role) = nothing(model);
        let mut pen = paint.pen(shifted(inside, 0));
        pen.skip(1);
        pen.put(words, role);
        return;
    }
    let numbers = pending.len().to_string().len();
    for row in 0..inside.height {
        let index = model.pending_top + usize::from(row);
        let Some(id) = pending.get(index) else { break };
        let mut pen = paint.pen(shifted(inside, row));
        let at_cursor = focused && index == model.pending_cursor;
        if at_cursor {
            pen.over(Role::Selection);
        }
        pen.put(if at_cursor { ">" } else { " " }, Role::Current);
        pen.put(&format!("{:>numbers$} ", index + 1), Role::Muted);
        pen.put(id.short(), Role::Id);
        pen.skip(2);
        pen.put(model.script_of(id).map_or("", |file| file.script.summary()), Role::Text);
    }
}

fn nothing(model: &Model) -> (&'static str, Role) {
    match &model.server.connection {
        Connection::Connecting => ("not known before the server answers", Role::Muted),
        Connection::Away(_) if model.server.status.is_none() => ("not known while the server is away", Role::Warning),
        _ if model.history.is_empty() => ("nothing: there are no revisions", Role::Muted),
        _ => ("nothing: the database is at the head", Role::Good),
    }
}
