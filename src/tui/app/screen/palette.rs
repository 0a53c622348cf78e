//! The palette: a command by its name, loosely typed.

use super::moving::Motion;
use crate::tui::app::Effect;
use crate::tui::app::command::{self, Command, Info, table};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::input::Input;
use crate::tui::app::model::Model;
use crate::tui::app::theme::Role;

/// The commands as they applied when it opened, what was typed, and the cursor over what it finds.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    entries: Vec<Entry>,
    pub input: Input,
    pub cursor: usize,
}

#[derive(Debug, Clone)]
struct Entry {
    info: &'static Info,
    key: String,
    /// Why it does not apply.
    reason: Option<String>,
}

impl Palette {
    /// The commands of what the model shows now.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        let place = model.place();
        let here = table().iter().filter(|info| info.places.contains(&place) && info.id != Command::Palette);
        let entries = here.map(|info| Entry {
            info,
            key: model.preferences.keymap.shown_at(info.id, place),
            reason: command::decide(model, info.id).err().map(std::borrow::Cow::into_owned),
        });
        Self { entries: entries.collect(), input: Input::default(), cursor: 0 }
    }

    /// Moves over what was found.
    pub fn go(&mut self, motion: Motion, page: usize) {
        self.cursor = motion.apply(self.cursor, self.found().len(), page);
    }

    /// The line to type into, and the commands found, best first.
    #[must_use]
    pub fn form(&self) -> Form {
        let mut form = Form::new("Commands", 76);
        form.lines.push(FormLine::Field {
            label: String::from(": "),
            input: self.input.clone(),
            focused: true,
            index: 0,
        });
        let found = self.found();
        for (index, entry) in found.iter().enumerate() {
            let (key, title) = (format!("{:<8}", entry.key), format!("{:<20}", entry.info.title));
            let pieces = match &entry.reason {
                None => {
                    vec![(title, Role::Title), (key, Role::FooterKey), (entry.info.description.clone(), Role::Muted)]
                }
                Some(reason) => vec![(title, Role::Disabled), (key, Role::Disabled), (reason.clone(), Role::Disabled)],
            };
            form.lines.push(FormLine::Entry { pieces, selected: index == self.cursor, index });
        }
        if found.is_empty() {
            form.text("no command is called that", Role::Muted);
        }
        form
    }

    /// What fits best first; what does not apply stands behind what does.
    fn found(&self) -> Vec<&Entry> {
        let typed = self.input.text();
        let mut found: Vec<(bool, usize, &Entry)> = self
            .entries
            .iter()
            .filter_map(|entry| {
                let score = score(typed, &entry.info.title, &entry.info.description)?;
                Some((entry.reason.is_some(), score, entry))
            })
            .collect();
        found.sort_by_key(|(refused, score, _)| (*refused, *score));
        found.into_iter().map(|(_, _, entry)| entry).collect()
    }
}

/// How badly a text fits what was typed: 0 is best; `None` when its letters are not there in order.
fn score(typed: &str, title: &str, description: &str) -> Option<usize> {
    let typed: String = typed.to_lowercase().split_whitespace().collect();
    let (title, description) = (title.to_lowercase(), description.to_lowercase());
    if title.starts_with(&typed) {
        return Some(0);
    }
    if title.contains(&typed) {
        return Some(1);
    }
    gaps(&typed, &title).map(|gaps| 2 + gaps).or_else(|| description.contains(&typed).then_some(1000))
}

/// How many letters lie between those that were typed.
fn gaps(typed: &str, text: &str) -> Option<usize> {
    let mut gaps = 0;
    let mut rest = text.chars();
    for (n, wanted) in typed.chars().enumerate() {
        let skipped = rest.by_ref().position(|character| character == wanted)?;
        gaps += if n == 0 { 0 } else { skipped };
    }
    Some(gaps)
}

/// Enter: runs the command under the cursor, or says why it does not apply.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Palette(palette)) = model.dialogs.pop() else { return Vec::new() };
    match palette.found().get(palette.cursor) {
        Some(entry) => command::run(model, entry.info.id),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_letters_find_and_closer_ones_come_first() {
        assert_eq!(score("upg", "upgrade", ""), Some(0));
        assert_eq!(score("here", "upgrade to here", ""), Some(1));
        assert!(score("uth", "upgrade to here", "") > score("upg", "upgrade", ""));
        assert_eq!(score("xyz", "upgrade", "plan"), None);
    }
}
