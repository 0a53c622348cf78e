//! The footer: the keys that make sense here, or a line of news, or the filter as it is typed.

use super::pen::Paint;
use crate::tui::app::layout::{self, Areas};
use crate::tui::app::model::{Job, Model};
use crate::tui::app::theme::Role;

/// Draws the footer; gives back where the cursor stands while a filter is typed.
pub fn draw(model: &Model, areas: &Areas, paint: &mut Paint) -> Option<(u16, u16)> {
    if model.filter.typing && model.dialogs.is_empty() {
        return Some(filter(model, areas, paint));
    }
    let items = layout::footer(model);
    let right = items.iter().map(|item| item.area.x).max().unwrap_or(areas.footer.right());
    let news = news(model);
    for item in &items {
        let kept = item.area.x >= right.min(areas.footer.right()) || keeps(item.command);
        if news.is_some() && !kept {
            continue;
        }
        let mut pen = paint.pen(item.area);
        pen.put(" ", Role::FooterText);
        pen.put(&item.key, Role::FooterKey);
        pen.put(" ", Role::FooterText);
        pen.put(&item.title, Role::FooterText);
    }
    if let Some((text, role)) = news {
        let end = items.iter().filter(|item| keeps(item.command)).map(|item| item.area.x).min();
        let start = items.iter().filter(|item| is_cancel(item.command)).map(|item| item.area.right()).max();
        let start = start.unwrap_or(areas.footer.x);
        let end = end.unwrap_or(areas.footer.right());
        let mut area = areas.footer;
        area.x = start;
        area.width = end.saturating_sub(start);
        let mut pen = paint.pen(area);
        pen.put(" ", role);
        pen.put(&text, role);
    }
    None
}

const fn keeps(command: crate::tui::app::command::Command) -> bool {
    use crate::tui::app::command::Command as C;
    matches!(command, C::Help | C::Quit | C::Back)
}

const fn is_cancel(command: crate::tui::app::command::Command) -> bool {
    matches!(command, crate::tui::app::command::Command::Cancel)
}

fn news(model: &Model) -> Option<(String, Role)> {
    if let Some(notice) = &model.notice {
        return Some((notice.text.clone(), Role::Title));
    }
    match &model.job {
        Some(job @ (Job::Preparing(..) | Job::Writing(_))) => Some((format!("{} …", job.words()), Role::Muted)),
        _ => None,
    }
}

fn filter(model: &Model, areas: &Areas, paint: &mut Paint) -> (u16, u16) {
    let mut pen = paint.pen(areas.footer);
    pen.put(" /", Role::FooterKey);
    let found = match model.filter.count {
        _ if model.filter.input.is_empty() => String::from("id, message, label or state"),
        Some(0) => String::from("nothing found"),
        Some(1) => String::from("1 found"),
        Some(count) => format!("{count} found"),
        None => String::new(),
    };
    pen.right(&format!("{found} "), Role::Muted);
    let (text, column) = model.filter.input.window(pen.left().saturating_sub(1));
    let x = pen.x();
    pen.put(text, Role::Text);
    (x + u16::try_from(column).unwrap_or(0), areas.footer.y)
}
