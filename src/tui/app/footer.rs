//! The footer: the commands that apply, or a message.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::command::{Command, CommandInfo, KeyContext, table};
use super::dispatch;
use super::job::{Job, ShownBy};
use super::layout;
use super::model::Model;
use super::model::screen::Layer;

/// A command of the footer and its area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FooterItem {
    pub area: Rect,
    pub command: Command,
    pub key: String,
    pub title: String,
}

/// The commands from the left; help, quit and back at the right edge.
#[must_use]
pub fn items(model: &Model) -> Vec<FooterItem> {
    let area = layout::areas(model).footer;
    if model.panes.filter.typing && model.dialogs.is_empty() {
        return Vec::new();
    }
    let context = model.key_context();
    let mut commands: Vec<(Command, String)> =
        shown_commands(model).into_iter().map(|info| (info.id, info.title.clone())).collect();
    // Problems and questions come first: a narrow footer omits its last commands.
    commands.sort_by_key(|(command, _)| {
        !matches!((command, context), (Command::Problem, _) | (Command::Toggle, KeyContext::List))
    });
    if model.jobs.running().is_some_and(Job::is_cancellable) {
        commands.insert(0, (Command::Cancel, String::from("cancel")));
    }
    if message(model).is_some() {
        commands.retain(|(command, _)| is_at_right(*command) || *command == Command::Cancel);
    }
    let (right, left): (Vec<_>, Vec<_>) = commands.into_iter().partition(|(command, _)| is_at_right(*command));
    let mut items = Vec::new();
    let mut end = area.right();
    for (command, title) in right.into_iter().rev() {
        let mut item = item(model, command, title);
        if end < area.x + item.area.width {
            break;
        }
        end -= item.area.width;
        item.area.x = end;
        items.push(item);
    }
    let mut x = area.x;
    for (command, title) in left {
        let mut item = item(model, command, title);
        if x + item.area.width <= end {
            item.area.x = x;
            x += item.area.width;
            items.push(item);
        }
    }
    items
}

const fn is_at_right(command: Command) -> bool {
    matches!(command, Command::Help | Command::Quit | Command::Back)
}

/// The commands that the footer shows here and that apply.
fn shown_commands(model: &Model) -> Vec<&'static CommandInfo> {
    let context = model.key_context();
    let is_text = model.dialogs.last().is_some_and(|dialog| dialog.is_text());
    table()
        .iter()
        .filter(|info| info.footer.contains(&context) && !(is_text && info.id == Command::Accept))
        .filter(|info| dispatch::decide(model, info.id).is_ok())
        .collect()
}

/// The message in the footer: a notice, or the running job.
#[must_use]
pub fn message(model: &Model) -> Option<String> {
    if let Some(notice) = &model.notice {
        return Some(notice.text.clone());
    }
    let spec = &model.jobs.running()?.spec;
    let is_shown_elsewhere = match spec.shown_by {
        ShownBy::Footer => false,
        ShownBy::List => model.screens.has(Layer::List),
        ShownBy::Plan => true,
    };
    (!is_shown_elsewhere).then(|| format!("{} …", spec.doing))
}

/// Whether a text fits into the footer as a message.
#[must_use]
pub fn fits(model: &Model, text: &str) -> bool {
    let taken: u16 = items(model).iter().filter(|item| is_at_right(item.command)).map(|item| item.area.width).sum();
    text.width() < usize::from(layout::areas(model).footer.width.saturating_sub(taken))
}

/// The area of the message: between `cancel` on the left and the commands on the right.
#[must_use]
pub fn message_area(footer: Rect, items: &[FooterItem]) -> Rect {
    let left = items.iter().filter(|item| item.command == Command::Cancel).map(|item| item.area.right()).max();
    let right = items.iter().filter(|item| item.command != Command::Cancel).map(|item| item.area.x).min();
    let (left, right) = (left.unwrap_or(footer.x), right.unwrap_or(footer.right()));
    Rect { x: left, width: right.saturating_sub(left), ..footer }
}

fn item(model: &Model, command: Command, title: String) -> FooterItem {
    let key = model.preferences.keymap.shown_at(command, model.key_context());
    let title = match (command, model.key_context()) {
        (Command::Back, KeyContext::Text | KeyContext::Choice) if !model.dialogs.is_empty() => String::from("close"),
        (Command::Accept, _) => accept_title(model),
        _ if model.dialogs.is_empty() => {
            let special = model.screens.top().and_then(|screen| screen.title_of(model, command));
            special.map_or(title, str::to_owned)
        }
        _ => title,
    };
    let width = u16::try_from(key.width() + title.width() + 3).unwrap_or(u16::MAX);
    FooterItem { area: Rect::new(0, layout::areas(model).footer.y, width, 1), command, key, title }
}

/// What Enter does in the dialog on top.
fn accept_title(model: &Model) -> String {
    let Some(dialog) = model.dialogs.last() else { return String::from("keep") };
    if let Some(title) = dialog.unfinished() {
        return title.to_owned();
    }
    let form = dialog.form(model);
    let pressed = form.focused_button.and_then(|button| form.buttons.get(button));
    pressed.map_or_else(|| dialog.verb().to_owned(), |label| label.to_lowercase())
}
