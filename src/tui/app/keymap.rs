//! The keymap: the compiled-in keys with the user's changes.

use std::collections::HashMap;

use crossterm::event::KeyEvent;

use super::chord::Chord;
use super::command::{self, Command, KeyContext};

/// Keys to commands, and commands to keys.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    commands: HashMap<(KeyContext, Chord), Command>,
    keys: HashMap<Command, Vec<Chord>>,
}

impl Keymap {
    /// The compiled-in keys, changed by `[keys]` of the user's `config.toml`: a command's id with a key or a list of
    /// keys. Invalid changes are reported and ignored.
    #[must_use]
    pub fn new(overrides: &toml::Table) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut keys: HashMap<Command, Vec<Chord>> =
            command::table().iter().map(|info| (info.id, parse_list(&info.keys, &mut problems))).collect();
        for (id, value) in overrides {
            let Some(info) = command::table().iter().find(|info| info.id.id() == *id) else {
                problems.push(format!("keys: the command '{id}' is unknown"));
                continue;
            };
            let words: Vec<String> = match value {
                toml::Value::String(key) => vec![key.clone()],
                toml::Value::Array(list) => list.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect(),
                _ => Vec::new(),
            };
            let before = problems.len();
            let chords = parse_list(&words, &mut problems);
            if problems.len() == before && !chords.is_empty() {
                keys.insert(info.id, chords);
            } else if problems.len() == before {
                problems.push(format!("keys: '{id}' needs a key or a list of keys"));
            }
        }
        (Self::index(keys, &mut problems), problems)
    }

    /// The command of a key in a context.
    #[must_use]
    pub fn command(&self, context: KeyContext, key: KeyEvent) -> Option<Command> {
        self.commands.get(&(context, Chord::of(key))).copied()
    }

    /// The keys of a command; the first one is shown.
    #[must_use]
    pub fn keys(&self, command: Command) -> &[Chord] {
        self.keys.get(&command).map_or(&[], Vec::as_slice)
    }

    /// The first key of a command as text. Empty if it has none.
    #[must_use]
    pub fn shown(&self, command: Command) -> String {
        self.keys(command).first().map(ToString::to_string).unwrap_or_default()
    }

    /// The keys of a command in a context; the first one is shown.
    pub fn keys_at(&self, command: Command, context: KeyContext) -> impl Iterator<Item = &Chord> {
        self.keys(command).iter().filter(move |chord| self.commands.get(&(context, **chord)) == Some(&command))
    }

    /// The first key of a command in a context, or its first key at all.
    #[must_use]
    pub fn shown_at(&self, command: Command, context: KeyContext) -> String {
        self.keys_at(command, context).next().map_or_else(|| self.shown(command), ToString::to_string)
    }

    fn index(keys: HashMap<Command, Vec<Chord>>, problems: &mut Vec<String>) -> Self {
        let mut commands: HashMap<(KeyContext, Chord), Command> = HashMap::new();
        for info in command::table() {
            for chord in keys.get(&info.id).into_iter().flatten() {
                for context in &info.contexts {
                    // In a text field a letter is text.
                    if context.is_typed() && chord.is_text() {
                        continue;
                    }
                    if let Some(other) = commands.insert((*context, *chord), info.id) {
                        problems.push(format!("keys: {chord} is used by both '{}' and '{}'", other.id(), info.id.id()));
                    }
                }
            }
        }
        Self { commands, keys }
    }
}

fn parse_list(words: &[String], problems: &mut Vec<String>) -> Vec<Chord> {
    let mut chords = Vec::new();
    for word in words {
        match Chord::parse(word) {
            Some(chord) => chords.push(chord),
            None => problems.push(format!("keys: '{word}' is not a key")),
        }
    }
    chords
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_no_conflict_and_no_invalid_key() {
        let (_, problems) = Keymap::new(&toml::Table::new());
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn overrides_replace_keys_and_invalid_ones_are_reported() {
        let overrides: toml::Table =
            toml::from_str("upgrade = 'p'\nnothing = 'x'\ndowngrade = 'hyper-d'\nhelp = 'j'").unwrap();
        let (keymap, problems) = Keymap::new(&overrides);
        let press = |word: &str| keymap.command(KeyContext::Main, Chord::parse(word).unwrap().event());
        assert_eq!(press("p"), Some(Command::Upgrade));
        assert_eq!(press("u"), None);
        assert_eq!(press("d"), Some(Command::Downgrade));
        assert_eq!(problems.len(), 6, "{problems:?}");
        assert!(problems[0].contains("'hyper-d' is not a key") || problems[1].contains("'hyper-d' is not a key"));
    }
}
