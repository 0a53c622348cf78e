//! The footer: the commands that apply, a message, or the filter that is being typed.

use super::pen::Paint;
use crate::tui::app::footer;
use crate::tui::app::layout::Areas;
use crate::tui::app::model::Model;
use crate::tui::app::theme::Role;

/// Draws the footer. Returns the position of the cursor while a filter is typed.
pub fn draw(model: &Model, areas: &Areas, paint: &mut Paint) -> Option<(u16, u16)> {
    if model.panes.filter.typing && model.dialogs.is_empty() {
        return Some(draw_filter(model, areas, paint));
    }
    let items = footer::items(model);
    for item in &items {
        let mut pen = paint.pen(item.area);
        pen.put(" ", Role::FooterText);
        pen.put(&item.key, Role::FooterKey);
        pen.put(" ", Role::FooterText);
        pen.put(&item.title, Role::FooterText);
    }
    if let Some(text) = footer::message(model) {
        let role = if model.notice.is_some() { Role::Title } else { Role::Muted };
        let mut pen = paint.pen(footer::message_area(areas.footer, &items));
        pen.put(" ", role);
        pen.put(&text, role);
    }
    None
}

fn draw_filter(model: &Model, areas: &Areas, paint: &mut Paint) -> (u16, u16) {
    let mut pen = paint.pen(areas.footer);
    pen.put(" /", Role::FooterKey);
    let found = match model.panes.filter.count {
        _ if model.panes.filter.input.is_empty() => String::from("id, message, label or state"),
        Some(0) => String::from("nothing found"),
        Some(1) => String::from("1 found"),
        Some(count) => format!("{count} found"),
        None => String::new(),
    };
    pen.right(&format!("{found} "), Role::Muted);
    let (text, column) = model.panes.filter.input.window(pen.left().saturating_sub(1));
    let x = pen.x();
    pen.put(text, Role::Text);
    (x + u16::try_from(column).unwrap_or(0), areas.footer.y)
}
