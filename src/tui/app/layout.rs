//! Where everything stands on a screen of a given size: the picture is drawn and the mouse is
//! understood from the same rectangles.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::command::{self, Command};
use super::dialog::Dialog;
use super::form::{Form, FormLine};
use super::keymap::Place;
use super::model::{Job, Model, Pane};

/// From this width on there are two columns.
pub const WIDE: u16 = 100;

/// From this height on a narrow screen has a line for what is pending.
const TALL: u16 = 20;

/// The cells of the script's line numbers, with the blank behind them.
pub const GUTTER: usize = 5;

/// The parts of the screen; what is not seen is empty. Panes share their borders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Areas {
    /// The screen is too small for anything.
    pub too_small: bool,
    pub header: Rect,
    /// A narrow screen's line about what is pending.
    pub pending_line: Rect,
    pub history: Rect,
    pub pending: Rect,
    pub script: Rect,
    pub log: Rect,
    /// The plan screen, or a list in its place, borders included.
    pub plan: Rect,
    /// Its rows.
    pub plan_body: Rect,
    /// Its line of news at the bottom.
    pub plan_status: Rect,
    /// The editor, panel included.
    pub editor: Rect,
    pub footer: Rect,
}

/// One command of the footer and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FooterItem {
    pub area: Rect,
    pub command: Command,
    pub key: String,
    pub title: String,
}

/// A dialog and where its parts stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogAreas {
    pub form: Form,
    pub frame: Rect,
    pub body: Rect,
    /// The lines of the body, wrapped; `first` is the first that is seen.
    pub lines: Vec<FormLine>,
    pub first: usize,
    /// Where the pinned lines stand.
    pub pinned: Rect,
    pub buttons: Vec<Rect>,
}

/// A pane without its borders.
#[must_use]
pub fn inner(pane: Rect) -> Rect {
    if pane.width < 2 || pane.height < 2 {
        return Rect::default();
    }
    Rect::new(pane.x + 1, pane.y + 1, pane.width - 2, pane.height - 2)
}

/// The text of the script pane: without its borders, and without the line that says what was proved.
#[must_use]
pub fn script_text(model: &Model, pane: Rect) -> Rect {
    let inside = inner(pane);
    let proof = u16::from(inside.height > 3 && super::screen::proof::line(model).is_some());
    Rect { height: inside.height - proof, ..inside }
}

/// What a tab is drawn as.
pub const TAB: &str = "    ";

/// The cells that a line of a script takes.
#[must_use]
pub fn cells(line: &str) -> usize {
    line.split('\t').map(UnicodeWidthStr::width).sum::<usize>() + line.matches('\t').count() * TAB.len()
}

/// The widest line of a text in cells.
#[must_use]
pub fn longest_line(text: &str) -> usize {
    text.lines().map(cells).max().unwrap_or_default()
}

/// Lays the screen out.
#[must_use]
pub fn areas(model: &Model) -> Areas {
    let (width, height) = (model.width, model.height);
    if width < 30 || height < 8 {
        return Areas { too_small: true, ..Areas::default() };
    }
    let mut areas =
        Areas { header: Rect::new(0, 0, width, 1), footer: Rect::new(0, height - 1, width, 1), ..Areas::default() };
    let mut body = Rect::new(0, 1, width, height - 2);
    if model.editor.is_some() {
        areas.editor = body;
        return areas;
    }
    if width >= WIDE {
        two_columns(model, body, &mut areas);
    } else {
        if height >= TALL && !model.is_covered() {
            areas.pending_line = Rect::new(0, 1, width, 1);
            body = Rect::new(0, 2, width, height - 3);
        }
        one_column(model, body, &mut areas);
    }
    if model.is_covered() {
        with_plan(&mut areas, body);
    }
    areas
}

/// The log takes the bottom, the plan the rest; the panes are not seen.
fn with_plan(areas: &mut Areas, body: Rect) {
    let log = areas.log;
    let bottom = if log.height > 0 && log.y > body.y { log.y + 1 } else { body.bottom() };
    *areas = Areas { header: areas.header, footer: areas.footer, ..Areas::default() };
    if bottom < body.bottom() {
        areas.log = log;
    }
    areas.plan = Rect::new(body.x, body.y, body.width, bottom - body.y);
    let inside = inner(areas.plan);
    areas.plan_body = Rect { height: inside.height.saturating_sub(1), ..inside };
    areas.plan_status = Rect { y: areas.plan_body.bottom(), height: inside.height.min(1), ..inside };
}

fn two_columns(model: &Model, body: Rect, areas: &mut Areas) {
    let large = model.log.large || model.focus == Pane::Log;
    let log = if large { body.height / 2 } else { 5.min(body.height / 4) };
    let top = body.height - log;
    areas.log = Rect::new(body.x, body.y + top, body.width, log);
    // Neighbours share a border: each pane reaches one cell into the next.
    let left = body.width / 2 + 1;
    areas.script = Rect::new(body.x + left - 1, body.y, body.width - left + 1, top + 1);
    let lines = model.history.pending().len().max(super::screen::own_server::words(model).len()).max(2);
    let wanted = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    let pending = wanted.min(top / 3).max(3.min(top));
    areas.history = Rect::new(body.x, body.y, left, top + 1 - pending);
    areas.pending = Rect::new(body.x, body.y + top - pending, left, pending + 1);
}

fn one_column(model: &Model, body: Rect, areas: &mut Areas) {
    let mut main = body;
    if model.focus == Pane::Log && !model.is_covered() {
        areas.log = body;
        return;
    }
    if model.log.large && body.height >= 12 {
        let log = body.height / 3;
        areas.log = Rect::new(body.x, body.bottom() - log, body.width, log);
        main.height = body.height - log + 1;
    }
    match model.focus {
        Pane::History | Pane::Log => areas.history = main,
        Pane::Pending => areas.pending = main,
        Pane::Script => areas.script = main,
    }
}

/// The footer's commands from the left, and the last two at the right edge.
#[must_use]
pub fn footer(model: &Model) -> Vec<FooterItem> {
    let area = areas(model).footer;
    if model.filter.typing && model.dialogs.is_empty() {
        return Vec::new();
    }
    let place = model.place();
    let mut commands: Vec<(Command, String)> =
        command::footer(model).into_iter().map(|info| (info.id, info.title.clone())).collect();
    // What is wrong, or asked, comes first: a narrow footer leaves out what is at its end.
    commands.sort_by_key(|(command, _)| {
        !matches!((command, place), (Command::Problem, _) | (Command::Toggle, Place::List))
    });
    if model.job.as_ref().is_some_and(Job::is_cancellable) {
        commands.insert(0, (Command::Cancel, String::from("cancel")));
    }
    let keep_right = |command: &Command| matches!(command, Command::Help | Command::Quit | Command::Back);
    if news(model).is_some() {
        commands.retain(|(command, _)| keep_right(command) || *command == Command::Cancel);
    }
    let (right, left): (Vec<_>, Vec<_>) = commands.into_iter().partition(|(command, _)| keep_right(command));
    let mut items = Vec::new();
    let mut end = area.right();
    for (command, title) in right.into_iter().rev() {
        let mut item = footer_item(model, command, title);
        if end < area.x + item.area.width {
            break;
        }
        end -= item.area.width;
        item.area.x = end;
        items.push(item);
    }
    let mut x = area.x;
    for (command, title) in left {
        let mut item = footer_item(model, command, title);
        if x + item.area.width <= end {
            item.area.x = x;
            x += item.area.width;
            items.push(item);
        }
    }
    items
}

/// A line of news for the footer: what just happened, or what is being done.
#[must_use]
pub fn news(model: &Model) -> Option<String> {
    match (&model.notice, &model.job) {
        (Some(notice), _) => Some(notice.text.clone()),
        (None, Some(Job::Verifying(_) | Job::Comparing(..) | Job::Generating(_) | Job::BackingUp(_)))
            if model.sheet.is_some() =>
        {
            None
        }
        (None, None | Some(Job::Applying)) => None,
        (None, Some(job)) => Some(format!("{} …", job.words())),
    }
}

/// Whether a line of news would stand in the footer as a whole.
#[must_use]
pub fn fits_footer(model: &Model, words: &str) -> bool {
    let keep_right = |item: &&FooterItem| matches!(item.command, Command::Help | Command::Quit | Command::Back);
    let taken: u16 = footer(model).iter().filter(keep_right).map(|item| item.area.width).sum();
    words.width() < usize::from(areas(model).footer.width.saturating_sub(taken))
}

/// Where the news stands: between what is cancelled on the left and where one goes on the right.
#[must_use]
pub fn news_area(footer: Rect, items: &[FooterItem]) -> Rect {
    let left = items.iter().filter(|item| item.command == Command::Cancel).map(|item| item.area.right()).max();
    let right = items.iter().filter(|item| item.command != Command::Cancel).map(|item| item.area.x).min();
    let (left, right) = (left.unwrap_or(footer.x), right.unwrap_or(footer.right()));
    Rect { x: left, width: right.saturating_sub(left), ..footer }
}

fn footer_item(model: &Model, command: Command, title: String) -> FooterItem {
    let key = model.preferences.keymap.shown_at(command, model.place());
    let title = match (command, model.place()) {
        (Command::Back, Place::Text | Place::Choice) if !model.dialogs.is_empty() => String::from("close"),
        (Command::Refresh, Place::List) => String::from("again"),
        (Command::Open, Place::List) if super::screen::generate::is_asking(model) => String::from("go on"),
        (Command::Toggle, Place::List) => String::from("rename or not"),
        (Command::Accept, _) => accept_title(model),
        (Command::Apply, _) if model.plan.as_ref().is_some_and(|screen| !screen.is_reviewing()) => {
            String::from("close")
        }
        _ => title,
    };
    let width = u16::try_from(key.width() + title.width() + 3).unwrap_or(u16::MAX);
    FooterItem { area: Rect::new(0, areas(model).footer.y, width, 1), command, key, title }
}

/// What Enter does in the dialog on top.
fn accept_title(model: &Model) -> String {
    let Some(dialog) = model.dialogs.last() else { return String::from("keep") };
    if let Dialog::Confirm(confirm) = dialog
        && confirm.is_unfinished()
    {
        return String::from("check the word");
    }
    let form = dialog.form(model);
    let pressed = form.focused_button.and_then(|button| form.buttons.get(button));
    pressed.map_or_else(|| dialog.verb().to_owned(), |label| label.to_lowercase())
}

/// The dialog on top, in the middle of the screen.
#[must_use]
pub fn dialog(model: &Model) -> Option<DialogAreas> {
    let form = model.dialogs.last()?.form(model);
    let (width, height) = (model.width, model.height);
    if width < 30 || height < 8 {
        return None;
    }
    let outer = form.width.min(width.saturating_sub(2));
    let lines = form.wrapped(usize::from(outer.saturating_sub(4)));
    let buttons = u16::from(!form.buttons.is_empty());
    let pinned = u16::try_from(form.pinned.len()).unwrap_or(0);
    let fixed = 2 + buttons + pinned;
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(fixed);
    let outer_height = wanted.clamp(fixed + 1, height.saturating_sub(2).max(fixed + 1)).min(height);
    let frame = Rect::new((width - outer) / 2, (height - outer_height) / 2, outer, outer_height);
    let inside = inner(frame);
    let body = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        height: inside.height.saturating_sub(buttons + pinned),
        ..inside
    };
    let first = first_line(&form, &lines, usize::from(body.height));
    let pinned = Rect { y: body.bottom(), height: pinned, ..body };
    let buttons = button_areas(&form, Rect { y: pinned.bottom(), height: buttons, ..body });
    Some(DialogAreas { form, frame, body, lines, first, pinned, buttons })
}

/// Scrolled as wished, or so far that what has the focus is seen.
fn first_line(form: &Form, lines: &[FormLine], height: usize) -> usize {
    let last = lines.len().saturating_sub(height);
    let focused = lines.iter().position(|line| match line {
        FormLine::Entry { selected, .. } => *selected,
        FormLine::Field { focused, .. } => *focused,
        _ => false,
    });
    let first = form.scroll.min(last);
    let entry = lines.iter().position(|line| matches!(line, FormLine::Entry { selected: true, .. }));
    match entry.or(focused) {
        Some(line) if line < first => line,
        Some(line) if line >= first + height => (line + 1 - height.max(1)).min(last),
        _ => first,
    }
}

fn button_areas(form: &Form, row: Rect) -> Vec<Rect> {
    let mut end = row.right();
    let mut areas: Vec<Rect> = Vec::with_capacity(form.buttons.len());
    for label in form.buttons.iter().rev() {
        let width = u16::try_from(label.width() + 4).unwrap_or(u16::MAX).min(row.width);
        let x = end.saturating_sub(width).max(row.x);
        areas.push(Rect::new(x, row.y, width.min(end.saturating_sub(x)), row.height));
        end = x.saturating_sub(1).max(row.x);
    }
    areas.reverse();
    areas
}

/// How many lines of `width` cells a line takes when it is wrapped.
#[must_use]
pub fn wrapped_height(line: &str, width: usize) -> usize {
    cells(line).div_ceil(width.max(1)).max(1)
}
