//! A key with its modifiers, and key strings.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers, independent of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Chord {
    /// The chord of a key event. For a character, shift is part of the character.
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

/// The names of keys. The first name of a code is shown.
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

/// Reads a key string as `--keys` takes it: characters as they are, other keys in angle brackets
/// (`jj<enter><^d><ctrl-c><lt>`).
///
/// # Errors
/// The brackets that are not a key.
pub fn parse_keys(text: &str) -> Result<Vec<KeyEvent>, String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|after| after.split_once('>'));
        if let Some((name, after)) = named.filter(|(name, _)| !name.is_empty() && !name.contains('<')) {
            let chord = Chord::parse(name).ok_or_else(|| format!("'<{name}>' is not a key"))?;
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
    fn a_chord_parses_its_own_text() {
        for word in ["j", "G", "^d", "Enter", "Esc", "Tab", "Space", "F5", "Alt-x", "?", ":", "^", "-"] {
            assert_eq!(Chord::parse(word).unwrap().to_string(), word);
        }
        assert_eq!(Chord::parse("ctrl-D"), Chord::parse("^d"));
        assert_eq!(Chord::parse("shift-tab"), Chord::parse("backtab"));
        assert_eq!(Chord::parse("hyper-x"), None);
    }

    #[test]
    fn key_strings_are_parsed() {
        let keys = parse_keys("j<enter><^c>a<<lt>").unwrap();
        assert_eq!(keys.len(), 6);
        assert!(parse_keys("<nokey>").is_err());
    }
}
