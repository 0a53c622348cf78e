//! The palette: finds a command by its name.

use crate::tui::app::command::{Command, CommandEntry, KeyContext};
use crate::tui::app::effect::Effect;
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::input::Input;
use crate::tui::app::model::dialog::Dialog;
use crate::tui::app::model::{Model, ScreenRequest};
use crate::tui::app::motion::Motion;
use crate::tui::app::theme::Role;

/// The dialog: the commands as they applied when it was opened, the typed text, and the cursor over the matches.
#[derive(Debug, Default)]
pub struct Palette {
    entries: Vec<CommandEntry>,
    input: Input,
    cursor: usize,
}

impl Palette {
    /// Lists commands.
    #[must_use]
    pub fn new(mut entries: Vec<CommandEntry>) -> Self {
        entries.retain(|entry| entry.info.id != Command::Palette);
        Self { entries, input: Input::default(), cursor: 0 }
    }

    /// The matches, the best first. Commands that do not apply come last.
    fn matches(&self) -> Vec<&CommandEntry> {
        let typed = self.input.text();
        let mut matches: Vec<(bool, usize, &CommandEntry)> = self
            .entries
            .iter()
            .filter_map(|entry| {
                let score = score(typed, &entry.info.title, &entry.info.description)?;
                Some((entry.reason.is_some(), score, entry))
            })
            .collect();
        matches.sort_by_key(|(refused, score, _)| (*refused, *score));
        matches.into_iter().map(|(_, _, entry)| entry).collect()
    }
}

impl Dialog for Palette {
    fn form(&self, _model: &Model) -> Form {
        let mut form = Form::new("Commands", 76);
        let label = String::from(": ");
        form.lines.push(FormLine::Field { label, input: self.input.clone(), focused: true, index: 0 });
        let matches = self.matches();
        for (index, entry) in matches.iter().enumerate() {
            let (key, title) = (format!("{:<8}", entry.first_key), format!("{:<20}", entry.info.title));
            let (roles, text) = match &entry.reason {
                None => ((Role::Title, Role::FooterKey, Role::Muted), entry.info.description.clone()),
                Some(reason) => ((Role::Disabled, Role::Disabled, Role::Disabled), reason.clone().into_owned()),
            };
            let pieces = vec![(title, roles.0), (key, roles.1), (text, roles.2)];
            form.lines.push(FormLine::Entry { pieces, selected: index == self.cursor, index });
        }
        if matches.is_empty() {
            form.text("no command matches", Role::Muted);
        }
        form
    }

    /// Runs the command under the cursor.
    fn accept(self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        let command = self.matches().get(self.cursor).map(|entry| entry.info.id);
        model.requests.extend(command.map(ScreenRequest::Run));
        Vec::new()
    }

    fn key_context(&self) -> KeyContext {
        KeyContext::Text
    }

    fn input(&mut self) -> Option<&mut Input> {
        Some(&mut self.input)
    }

    fn on_typed(&mut self) {
        self.cursor = 0;
    }

    fn move_cursor(&mut self, motion: Motion, page: usize) {
        self.cursor = motion.apply(self.cursor, self.matches().len(), page);
    }

    fn focus_entry(&mut self, entry: usize) {
        self.cursor = entry;
    }

    fn is_menu(&self) -> bool {
        true
    }

    fn verb(&self) -> &'static str {
        "run"
    }
}

/// How well a command matches the typed text: 0 is best. `None`: it does not contain the letters in this order.
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

/// The number of letters between the typed ones.
fn gaps(typed: &str, text: &str) -> Option<usize> {
    let mut gaps = 0;
    let mut rest = text.chars();
    for (n, wanted) in typed.chars().enumerate() {
        let skipped = rest.by_ref().position(|character| character == wanted)?;
        gaps += if n == 0 { 0 } else { skipped };
    }
    Some(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_with_gaps_match_and_closer_letters_come_first() {
        assert_eq!(score("upg", "upgrade", ""), Some(0));
        assert_eq!(score("here", "upgrade to here", ""), Some(1));
        assert!(score("uth", "upgrade to here", "") > score("upg", "upgrade", ""));
        assert_eq!(score("xyz", "upgrade", "plan"), None);
    }
}
