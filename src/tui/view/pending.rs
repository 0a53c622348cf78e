//! The pending pane: the revisions that an upgrade would run, in their order.

use ratatui::layout::Rect;

use super::history::shifted;
use super::pane;
use super::pen::Paint;
use crate::core::text::plural;
use crate::tui::app::command::Command;
use crate::tui::app::form::Piece;
use crate::tui::app::model::{Connection, Model, Pane};
use crate::tui::app::theme::Role;

/// Draws the pane.
pub fn draw(model: &Model, area: Rect, paint: &mut Paint) {
    if area.height == 0 {
        return;
    }
    let focused = model.panes.focus == Pane::Pending && !model.is_covered();
    let pending = model.history.pending();
    let more = if pending.is_empty() { String::new() } else { plural(pending.len() as u64, "revision") };
    let inside = pane::titled(paint, area, &pane::title(2, "Pending", focused, &more));
    if pending.is_empty() {
        draw_empty(model, inside, paint);
        return;
    }
    let numbers = pending.len().to_string().len();
    for row in 0..inside.height {
        let index = model.panes.pending_top + usize::from(row);
        let Some(id) = pending.get(index) else { break };
        let mut pen = paint.pen(shifted(inside, row));
        let at_cursor = focused && index == model.panes.pending_cursor;
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

/// What the user can do without a database, one line each.
fn no_database_pieces(model: &Model) -> Vec<Piece> {
    let lines = model.server.connection.no_database_lines(&model.preferences);
    lines.into_iter().map(|(line, role)| (format!("{line}\n"), role)).collect()
}

fn draw_empty(model: &Model, inside: Rect, paint: &mut Paint) {
    let lines: Vec<(String, Role)> = match &model.server.connection {
        Connection::Connecting => vec![(String::from("unknown until the server answers"), Role::Muted)],
        Connection::Unreachable(error) if model.server.status.is_none() => {
            let keys = &model.preferences.keymap;
            let (retry, why) = (keys.shown(Command::Refresh), keys.shown(Command::Problem));
            // The keys come first, because the pane is low and the message may be long.
            vec![
                (format!("{retry} tries again, {why} shows the error\n"), Role::Muted),
                (error.message.clone(), Role::Danger),
            ]
        }
        _ if model.history.missing_count() > 0 => {
            vec![(String::from("unknown: the database's revision has no script"), Role::Warning)]
        }
        Connection::NoDatabase(_) => no_database_pieces(model),
        _ if model.history.is_empty() => vec![(String::from("nothing: there are no revisions"), Role::Muted)],
        _ => vec![(String::from("nothing: the database is at the head"), Role::Good)],
    };
    pane::wrapped(paint, inside, 1, &lines);
}
