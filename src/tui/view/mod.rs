//! Draws a model: `(&Model, &mut Frame)` to cells. Only the visible part is built.

mod dialog;
mod editor;
mod footer;
mod header;
mod history;
mod list;
mod log;
mod pane;
mod pen;
mod pending;
mod plan;
mod script;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::pen::Paint;
use crate::tui::app::layout;
use crate::tui::app::model::screen::Layer;
use crate::tui::app::model::{Model, Pane};
use crate::tui::app::theme::Role;

/// Draws the model, and sets the cursor of a text field.
pub fn draw(model: &Model, frame: &mut Frame) {
    let area = frame.area();
    let cursor = paint(model, area, frame.buffer_mut());
    if let Some((x, y)) = cursor {
        frame.set_cursor_position((x, y));
    }
}

/// Fills a buffer. Returns the position of the cursor.
fn paint(model: &Model, area: Rect, buffer: &mut Buffer) -> Option<(u16, u16)> {
    // Between a resize and its message the frame may be smaller than the model's size.
    if area.width == 0 || area.height == 0 || area.width < model.width || area.height < model.height {
        return None;
    }
    let mut paint = Paint::new(&model.preferences, buffer);
    paint.fill(area, Role::Text);
    let areas = layout::areas(model);
    if areas.too_small {
        let mut pen = paint.pen(Rect { height: 1, ..area });
        pen.put("too small: 30×8 is needed", Role::Warning);
        return None;
    }
    header::draw(model, &areas, &mut paint);
    let panes = [
        (Pane::History, areas.history),
        (Pane::Pending, areas.pending),
        (Pane::Script, areas.script),
        (Pane::Log, areas.log),
    ];
    for focused in [false, true] {
        for (_, area) in panes.iter().filter(|(pane, _)| (*pane == model.panes.focus && !model.is_covered()) == focused)
        {
            pane::border(&mut paint, *area, focused);
        }
    }
    pane::border(&mut paint, areas.plan, true);
    for (pane, _) in panes {
        match pane {
            Pane::History => history::draw(model, areas.history, &mut paint),
            Pane::Pending => pending::draw(model, areas.pending, &mut paint),
            Pane::Script => script::draw(model, areas.script, &mut paint),
            Pane::Log => log::draw(model, areas.log, &mut paint),
        }
    }
    if model.screens.has(Layer::List) {
        list::draw(model, &areas, &mut paint);
    } else {
        plan::draw(model, &areas, &mut paint);
    }
    let text = editor::draw(model, &areas, &mut paint);
    let filter = footer::draw(model, &areas, &mut paint);
    let typed = filter.or(text);
    if model.dialogs.is_empty() { typed } else { dialog::draw(model, &mut paint) }
}
