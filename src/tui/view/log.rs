//! The command log.

use ratatui::layout::Rect;

use super::history::shifted;
use super::pane;
use super::pen::Paint;
use crate::core::text::plural;
use crate::tui::app::format::format_duration;
use crate::tui::app::log::{LogEntry, LogState};
use crate::tui::app::model::{Model, Pane};
use crate::tui::app::theme::Role;

/// Draws the pane.
pub fn draw(model: &Model, area: Rect, paint: &mut Paint) {
    if area.height == 0 {
        return;
    }
    let focused = model.panes.focus == Pane::Log && !model.is_covered();
    let more = if model.log.back > 0 { format!("{} newer entries below", model.log.back) } else { String::new() };
    let inside = pane::titled(paint, area, &pane::title(4, "Log", focused, &more));
    let entries = model.log.entries();
    if entries.is_empty() {
        let mut pen = paint.pen(shifted(inside, 0));
        pen.skip(1);
        pen.put("the statements that run are listed here", Role::Muted);
        return;
    }
    let height = usize::from(inside.height);
    let first = entries.len().saturating_sub(height + model.log.back);
    for (row, entry) in (0..inside.height).zip(entries.iter().skip(first)) {
        draw_entry(entry, shifted(inside, row), paint);
    }
}

fn draw_entry(entry: &LogEntry, area: Rect, paint: &mut Paint) {
    let (glyph, role) = match entry.state {
        LogState::Running => (paint.glyph("▸", ">"), Role::Current),
        LogState::Done => (paint.glyph("✓", "+"), Role::Good),
        LogState::Failed => (paint.glyph("✗", "x"), Role::Danger),
        LogState::Undone => (paint.glyph("↶", "<"), Role::Warning),
        LogState::Warning => ("!", Role::Warning),
        LogState::Note => (paint.glyph("·", "."), Role::Muted),
    };
    let mut pen = paint.pen(area);
    pen.skip(1);
    pen.put(&entry.at.strftime("%H:%M:%S").to_string(), Role::Muted);
    pen.skip(2);
    let word = match entry.state {
        LogState::Running => "running".to_owned(),
        LogState::Failed => "failed".to_owned(),
        LogState::Undone => "undone".to_owned(),
        _ => entry.elapsed.map(format_duration).unwrap_or_default(),
    };
    let rows = entry.rows.map(|rows| plural(rows, "row")).unwrap_or_default();
    if pen.left() > 50 {
        // A message has nothing on the right and uses the whole line.
        if !rows.is_empty() || !word.is_empty() {
            pen.right(&format!("{rows:>12}  {word:>9} "), role);
        }
    }
    pen.put(glyph, role);
    pen.skip(1);
    pen.column(&entry.what, 18, Role::Muted);
    pen.skip(1);
    pen.put(&entry.text, Role::Text);
}
