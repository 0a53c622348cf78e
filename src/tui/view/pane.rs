//! The frame of a pane: its title, and its border, which neighbours share.

use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::symbols::merge::MergeStrategy;
use ratatui::widgets::{Block, Borders, Widget};

use super::pen::Paint;
use crate::tui::app::form::{Piece, wrap};
use crate::tui::app::layout;
use crate::tui::app::theme::Role;

const ASCII: border::Set<'_> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Draws the border of a pane. Where two borders meet, they are joined.
pub fn border(paint: &mut Paint, area: Rect, focused: bool) {
    if area.width < 2 || area.height < 2 {
        return;
    }
    let role = if focused { Role::BorderFocused } else { Role::Border };
    let set = if paint.ascii { ASCII } else { border::PLAIN };
    Block::new()
        .borders(Borders::ALL)
        .border_set(set)
        .border_style(paint.style(role))
        .merge_borders(MergeStrategy::Exact)
        .render(area, paint.buffer);
}

/// Writes a title into the border after all borders are drawn. Returns the area inside.
pub fn titled(paint: &mut Paint, area: Rect, title: &[(String, Role)]) -> Rect {
    if area.width < 2 || area.height < 2 {
        return Rect::default();
    }
    let mut pen = paint.pen(Rect::new(area.x + 1, area.y, area.width - 2, 1));
    if !title.is_empty() {
        pen.put(" ", Role::Title);
        for (text, role) in title {
            pen.put(text, *role);
        }
        if pen.left() > 0 {
            pen.put(" ", Role::Title);
        }
    }
    layout::inner(area)
}

/// The title of a pane: its number and name, and more text after a dash. It is bright if the pane has the focus.
pub fn title(number: u8, name: &str, focused: bool, more: &str) -> Vec<(String, Role)> {
    let role = if focused { Role::BorderFocused } else { Role::Title };
    let mut title = vec![(format!("{number} {name}"), role)];
    if !more.is_empty() {
        title.push((String::from(" ─ "), Role::Border));
        title.push((more.to_owned(), Role::Muted));
    }
    title
}

/// Writes text with `margin` cells on both sides, wrapped at blanks. The text that does not fit is appended to the last
/// line, which is cut with an ellipsis.
pub fn wrapped(paint: &mut Paint, inside: Rect, margin: u16, pieces: &[Piece]) {
    let width = inside.width.saturating_sub(2 * margin);
    let mut lines = wrap(pieces, usize::from(width), 0).into_iter();
    for row in 0..inside.height {
        let last = row + 1 == inside.height;
        let Some(mut line) = lines.next() else { break };
        if last {
            line.extend(lines.by_ref().flatten());
        }
        let mut pen = paint.pen(Rect { x: inside.x + margin, y: inside.y + row, width, height: 1 });
        for (text, role) in line {
            pen.put(&text, role);
        }
    }
}
