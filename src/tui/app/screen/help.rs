//! Help: the commands of the current screen with their keys, and why some do not apply.

use unicode_width::UnicodeWidthStr;

use crate::tui::app::command::CommandEntry;
use crate::tui::app::effect::Effect;
use crate::tui::app::form::{Form, FormLine, Piece};
use crate::tui::app::model::Model;
use crate::tui::app::model::dialog::Dialog;
use crate::tui::app::motion::Motion;
use crate::tui::app::theme::Role;

/// The width of the keys in cells: the least and the most.
const KEYS: (usize, usize) = (10, 18);
/// The width of a command's title in cells.
const TITLE: usize = 20;

/// The dialog. It shows what applied when it was opened.
#[derive(Debug, Default)]
pub struct Help {
    lines: Vec<FormLine>,
    scroll: usize,
}

impl Help {
    /// One line for each command.
    #[must_use]
    pub fn new(entries: Vec<CommandEntry>) -> Self {
        let entries: Vec<_> = entries.into_iter().map(|entry| (entry.keys.join(" "), entry)).collect();
        let longest = entries.iter().map(|(keys, _)| keys.width() + 1).max().unwrap_or_default();
        let width = longest.clamp(KEYS.0, KEYS.1);
        let lines = entries.into_iter().map(|(keys, entry)| {
            FormLine::Text(line(&entry, format!("{keys:<width$} ", width = width - 1)), width + TITLE)
        });
        Self { lines: lines.collect(), scroll: 0 }
    }
}

fn line(entry: &CommandEntry, keys: String) -> Vec<Piece> {
    let title = format!("{:<TITLE$}", entry.info.title);
    match &entry.reason {
        None => vec![(keys, Role::FooterKey), (title, Role::Title), (entry.info.description.clone(), Role::Text)],
        Some(reason) => {
            vec![(keys, Role::Disabled), (title, Role::Disabled), (reason.clone().into_owned(), Role::Muted)]
        }
    }
}

impl Dialog for Help {
    fn form(&self, _model: &Model) -> Form {
        let mut form = Form::new("Keys", 96);
        form.scroll = self.scroll;
        form.lines.clone_from(&self.lines);
        form
    }

    fn accept(self: Box<Self>, _model: &mut Model) -> Vec<Effect> {
        Vec::new()
    }

    fn move_cursor(&mut self, motion: Motion, page: usize) {
        self.scroll = motion.apply(self.scroll, usize::MAX, page);
    }

    fn limit_scroll(&mut self, _model: &Model, last: usize) {
        self.scroll = self.scroll.min(last);
    }

    fn is_text(&self) -> bool {
        true
    }
}
