//! Which key means which command where: the table that is compiled in, with the user's changes on top.

use std::collections::HashMap;
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::command::{self, Command};

/// Where the keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The panes.
    Main,
    /// The plan screen.
    Plan,
    /// A list above the panes: what was verified, what differs.
    List,
    /// A dialog in which one chooses, scrolls or presses a button.
    Choice,
    /// A line of text that is being typed.
    Text,
    /// The editor's text.
    Editor,
    /// What is looked for in the editor.
    Find,
}

impl Place {
    /// Whether letters are text there, whatever else they mean.
    #[must_use]
    pub const fn is_typed(self) -> bool {
        matches!(self, Self::Text | Self::Editor | Self::Find)
    }
}

/// A key with its modifiers, as a keyboard without surprises would send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Keys to commands, and commands to keys.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    commands: HashMap<(Place, Chord), Command>,
    keys: HashMap<Command, Vec<Chord>>,
}

impl Keymap {
    /// The keys that are compiled in, changed by `[keys]` of the user's `config.toml`: a command's id
    /// with a key or a list of keys. What cannot be taken is told in words and left as it was.
    #[must_use]
    pub fn new(overrides: &toml::Table) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut keys: HashMap<Command, Vec<Chord>> =
            command::table().iter().map(|info| (info.id, parse_list(&info.keys, &mut problems))).collect();
        for (id, value) in overrides {
            let Some(info) = command::table().iter().find(|info| info.id.id() == *id) else {
                problems.push(format!("keys: there is no command '{id}'"));
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
                problems.push(format!("keys: '{id}' takes a key or a list of keys"));
            }
        }
        (Self::index(keys, &mut problems), problems)
    }

    /// The command of a key at a place.
    #[must_use]
    pub fn command(&self, place: Place, key: KeyEvent) -> Option<Command> {
        self.commands.get(&(place, Chord::of(key))).copied()
    }

    /// The keys of a command, the one to show first.
    #[must_use]
    pub fn keys(&self, command: Command) -> &[Chord] {
        self.keys.get(&command).map_or(&[], Vec::as_slice)
    }

    /// The first key of a command as it is shown; empty when it has none.
    #[must_use]
    pub fn shown(&self, command: Command) -> String {
        self.keys(command).first().map(ToString::to_string).unwrap_or_default()
    }

    /// The keys of a command that reach it at a place, the one to show first.
    pub fn keys_at(&self, command: Command, place: Place) -> impl Iterator<Item = &Chord> {
        self.keys(command).iter().filter(move |chord| self.commands.get(&(place, **chord)) == Some(&command))
    }

    /// The first key that reaches a command at a place; where none does, its first.
    #[must_use]
    pub fn shown_at(&self, command: Command, place: Place) -> String {
        self.keys_at(command, place).next().map_or_else(|| self.shown(command), ToString::to_string)
    }

    fn index(keys: HashMap<Command, Vec<Chord>>, problems: &mut Vec<String>) -> Self {
        let mut commands: HashMap<(Place, Chord), Command> = HashMap::new();
        for info in command::table() {
            for chord in keys.get(&info.id).into_iter().flatten() {
                for place in &info.places {
                    // A letter is text where one types.
                    if place.is_typed() && chord.is_text() {
                        continue;
                    }
                    if let Some(other) = commands.insert((*place, *chord), info.id) {
                        problems.push(format!("keys: {chord} means both '{}' and '{}'", other.id(), info.id.id()));
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
            None => problems.push(format!("keys: '{word}' is no key")),
        }
    }
    chords
}

impl Chord {
    /// The chord of a key event: shift is told by the character itself.
    #[must_use]
    pub fn of(key: KeyEvent) -> Self {
        let mut modifiers = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match key.code {
            KeyCode::Char(character) => {
                modifiers.remove(KeyModifiers::SHIFT);
                let control = modifiers.contains(KeyModifiers::CONTROL);
                KeyCode::Char(if control { character.to_ascii_lowercase() } else { character })
            }
            KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        if code == KeyCode::BackTab {
            modifiers.remove(KeyModifiers::SHIFT);
        }
        Self { code, modifiers }
    }

    /// Reads `j`, `G`, `^d`, `ctrl-d`, `alt-x`, `enter`, `f5`, `<` …
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = word;
        loop {
            let (taken, modifier) = if let Some(after) = rest.strip_prefix('^').filter(|after| !after.is_empty()) {
                (after, KeyModifiers::CONTROL)
            } else if let Some(after) = strip_word(rest, "ctrl-").or_else(|| strip_word(rest, "c-")) {
                (after, KeyModifiers::CONTROL)
            } else if let Some(after) = strip_word(rest, "alt-").or_else(|| strip_word(rest, "a-")) {
                (after, KeyModifiers::ALT)
            } else if let Some(after) = strip_word(rest, "shift-").or_else(|| strip_word(rest, "s-")) {
                (after, KeyModifiers::SHIFT)
            } else {
                break;
            };
            rest = taken;
            modifiers |= modifier;
        }
        Some(Self::of(KeyEvent::new(code(rest)?, modifiers)))
    }

    /// The event that a terminal would send.
    #[must_use]
    pub const fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// Whether it is a character that can be typed.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }
}

fn strip_word<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    (head.eq_ignore_ascii_case(prefix) && text.len() > prefix.len()).then(|| &text[prefix.len()..])
}

fn code(word: &str) -> Option<KeyCode> {
    let mut characters = word.chars();
    if let (Some(character), None) = (characters.next(), characters.next()) {
        return Some(KeyCode::Char(character));
    }
    let lower = word.to_ascii_lowercase();
    NAMES.iter().find(|(name, _)| *name == lower).map(|(_, code)| *code).or_else(|| {
        let number: u8 = lower.strip_prefix('f')?.parse().ok()?;
        (1..=24).contains(&number).then_some(KeyCode::F(number))
    })
}

/// Names of keys; the first of a code is the one that is not shown as a glyph.
const NAMES: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("cr", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("escape", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("lt", KeyCode::Char('<')),
    ("backspace", KeyCode::Backspace),
    ("bs", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
];

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("^")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            f.write_str("Shift-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(character) => write!(f, "{character}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::BackTab => f.write_str("S-Tab"),
            code => {
                let name = NAMES.iter().find(|(_, other)| *other == code).map_or("?", |(name, _)| name);
                let (first, rest) = name.split_at(1);
                write!(f, "{}{rest}", first.to_ascii_uppercase())
            }
        }
    }
}

/// Reads a string of keys as `--keys` takes them: characters as they are, others in angle brackets
/// (`jj<enter><^d><ctrl-c><lt>`).
///
/// # Errors
/// Names the bracket that is no key.
pub fn parse_keys(text: &str) -> Result<Vec<KeyEvent>, String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|after| after.split_once('>'));
        if let Some((name, after)) = named.filter(|(name, _)| !name.is_empty() && !name.contains('<')) {
            let chord = Chord::parse(name).ok_or_else(|| format!("'<{name}>' is no key"))?;
            keys.push(chord.event());
            rest = after;
        } else {
            let code = if character == '\n' { KeyCode::Enter } else { KeyCode::Char(character) };
            keys.push(Chord::of(KeyEvent::new(code, KeyModifiers::NONE)).event());
            rest = &rest[character.len_utf8()..];
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chord_reads_what_it_shows() {
        for word in ["j", "G", "^d", "Enter", "Esc", "Tab", "Space", "F5", "Alt-x", "?", ":", "^", "-"] {
            assert_eq!(Chord::parse(word).unwrap().to_string(), word);
        }
        assert_eq!(Chord::parse("ctrl-D"), Chord::parse("^d"));
        assert_eq!(Chord::parse("shift-tab"), Chord::parse("backtab"));
        assert_eq!(Chord::parse("hyper-x"), None);
    }

    #[test]
    fn the_table_has_no_clash_and_no_bad_key() {
        let (_, problems) = Keymap::new(&toml::Table::new());
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn overrides_replace_keys_and_faults_are_told() {
        let overrides: toml::Table =
            toml::from_str("upgrade = 'p'\nnothing = 'x'\ndowngrade = 'hyper-d'\nhelp = 'j'").unwrap();
        let (keymap, problems) = Keymap::new(&overrides);
        let press = |word: &str| keymap.command(Place::Main, Chord::parse(word).unwrap().event());
        assert_eq!(press("p"), Some(Command::Upgrade));
        assert_eq!(press("u"), None);
        assert_eq!(press("d"), Some(Command::Downgrade));
        assert_eq!(problems.len(), 5, "{problems:?}");
        assert!(problems[0].contains("'hyper-d' is no key") || problems[1].contains("'hyper-d' is no key"));
    }

    #[test]
    fn key_strings() {
        let keys = parse_keys("j<enter><^c>a<<lt>").unwrap();
        assert_eq!(keys.len(), 6);
        assert!(parse_keys("<nokey>").is_err());
    }
}
