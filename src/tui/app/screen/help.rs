//! Help: every key of the screen below it, and why those that do not apply do not.

use crate::tui::app::command::{Info, decide, table};
use crate::tui::app::form::{Form, FormLine, Piece};
use crate::tui::app::model::Model;
use crate::tui::app::theme::Role;

/// The cells of the keys, and of a command's title.
const KEYS: usize = 10;
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
        let here = table().iter().filter(|info| info.places.contains(&place));
        Self { lines: here.map(|info| FormLine::Text(line(model, info), KEYS + TITLE)).collect(), scroll: 0 }
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

fn line(model: &Model, info: &Info) -> Vec<Piece> {
    let keys: Vec<String> = {
        let keymap = &model.preferences.keymap;
        keymap.keys_at(info.id, model.place()).map(ToString::to_string).collect()
    };
    let keys = format!("{:<KEYS$}", keys.join(" "));
    let title = format!("{:<TITLE$}", info.title);
    match decide(model, info.id) {
        Ok(_) => vec![(keys, Role::FooterKey), (title, Role::Title), (info.description.clone(), Role::Text)],
        Err(reason) => vec![(keys, Role::Disabled), (title, Role::Disabled), (reason.into_owned(), Role::Muted)],
    }
}
