//! The dialog on top, drawn from its form.

use ratatui::layout::Rect;

use super::history::shifted;
use super::pane;
use super::pen::Paint;
use crate::tui::app::form::FormLine;
use crate::tui::app::layout::{self, DialogAreas};
use crate::tui::app::model::Model;
use crate::tui::app::theme::Role;

/// Draws the dialog on top. Returns the position of the cursor.
pub fn draw(model: &Model, paint: &mut Paint) -> Option<(u16, u16)> {
    let areas = layout::dialog(model)?;
    let around = Rect { x: areas.frame.x.saturating_sub(1), width: areas.frame.width + 2, ..areas.frame };
    paint.fill(around, Role::Text);
    let role = if areas.form.danger { Role::Danger } else { Role::Title };
    pane::border(paint, areas.frame, true);
    pane::titled(paint, areas.frame, &[(areas.form.title.clone(), role)]);
    let mut cursor = None;
    for row in 0..areas.body.height {
        let Some(line) = areas.lines.get(areas.first + usize::from(row)) else { break };
        cursor = draw_line(line, shifted(areas.body, row), paint).or(cursor);
    }
    for (row, line) in (0..areas.pinned.height).zip(&areas.form.pinned) {
        cursor = draw_line(line, shifted(areas.pinned, row), paint).or(cursor);
    }
    draw_buttons(&areas, paint);
    draw_scroll_mark(&areas, paint);
    cursor
}

fn draw_line(line: &FormLine, area: Rect, paint: &mut Paint) -> Option<(u16, u16)> {
    let mut pen = paint.pen(area);
    match line {
        FormLine::Text(pieces, _) | FormLine::Raw(pieces) => {
            for (text, role) in pieces {
                pen.put(text, *role);
            }
            None
        }
        FormLine::Entry { pieces, selected, .. } => {
            if *selected {
                pen.over(Role::Selection);
            }
            pen.put(if *selected { ">" } else { " " }, Role::Current);
            for (text, role) in pieces {
                pen.put(text, *role);
            }
            None
        }
        FormLine::Field { label, input, focused, .. } => {
            pen.put(label, Role::Text);
            pen.over(Role::Input);
            let (text, column) = input.window(pen.left().saturating_sub(1));
            let x = pen.x();
            let space = pen.left();
            pen.put(text, Role::Input);
            let column = u16::try_from(column.min(space.saturating_sub(1))).unwrap_or(0);
            (*focused && space > 0).then_some((x + column, area.y))
        }
    }
}

fn draw_buttons(areas: &DialogAreas, paint: &mut Paint) {
    for (index, (label, area)) in areas.form.buttons.iter().zip(&areas.buttons).enumerate() {
        let focused = areas.form.focused_button == Some(index);
        let mut pen = paint.pen(*area);
        let (open, close) = if focused { ("[ ", " ]") } else { ("  ", "  ") };
        let role = if focused { Role::ButtonFocused } else { Role::Button };
        pen.put(&format!("{open}{label}{close}"), role);
    }
}

/// Shows at the bottom border how many lines are below.
fn draw_scroll_mark(areas: &DialogAreas, paint: &mut Paint) {
    let seen = areas.first + usize::from(areas.body.height);
    let below = areas.lines.len().saturating_sub(seen);
    if below == 0 && areas.first == 0 {
        return;
    }
    let words = if below > 0 { format!(" {below} more below ") } else { String::from(" end ") };
    let row = Rect { y: areas.frame.bottom().saturating_sub(1), height: 1, ..areas.body };
    paint.pen(row).right(&words, Role::Muted);
}
