//! Help: every key of the screen below it, and why those that do not apply do not.

use unicode_width::UnicodeWidthStr;

use crate::tui::app::command::{Info, decide, table};
use crate::tui::app::form::{Form, FormLine, Piece};
use crate::tui::app::model::Model;
use crate::tui::app::theme::Role;

/// The cells of the keys at least and at most, and of a command's title.
const KEYS: (usize, usize) = (10, 18);
const TITLE: usize = 20;

/// What was true when it opened, and how far it is scrolled.
#[derive(Debug, Clone, Default)]
pub struct Help {
    lines: Vec<FormLine>,
    pub scroll: usize,
}

impl Help {
    /// The table of commands as it applies to what the model shows now.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        let place = model.place();
        let here: Vec<(&Info, String)> =
            table().iter().filter(|info| info.places.contains(&place)).map(|info| (info, keys(model, info))).collect();
        let longest = here.iter().map(|(_, keys)| keys.width() + 1).max().unwrap_or_default();
        let width = longest.clamp(KEYS.0, KEYS.1);
        let lines = here.into_iter().map(|(info, keys)| {
            FormLine::Text(line(model, info, format!("{keys:<width$} ", width = width - 1)), width + TITLE)
        });
        Self { lines: lines.collect(), scroll: 0 }
    }

    /// One line a command.
    #[must_use]
    pub fn form(&self) -> Form {
        let mut form = Form::new("Keys", 96);
        form.scroll = self.scroll;
        form.lines.clone_from(&self.lines);
        form
    }
}

fn keys(model: &Model, info: &Info) -> String {
    let keys = model.preferences.keymap.keys_at(info.id, model.place());
    keys.map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn line(model: &Model, info: &Info, keys: String) -> Vec<Piece> {
    let title = format!("{:<TITLE$}", info.title);
    match decide(model, info.id) {
        Ok(_) => vec![(keys, Role::FooterKey), (title, Role::Title), (info.description.clone(), Role::Text)],
        Err(reason) => vec![(keys, Role::Disabled), (title, Role::Disabled), (reason.into_owned(), Role::Muted)],
    }
}
