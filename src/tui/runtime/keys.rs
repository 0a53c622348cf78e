//! `--keys`: a string of keys, as in `jj<enter><c-c>`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::engine::{Error, ErrorKind, Result};

/// Reads a string of keys: characters stand for themselves, `<name>` for a key, `<c-x>`, `<s-x>` and `<a-x>`
/// for a key with Control, Shift or Alt, `<lt>` for `<`.
pub(super) fn parse(text: &str) -> Result<Vec<KeyEvent>> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if character == '<' {
            let Some((name, behind)) = rest[1..].split_once('>') else {
                return Err(wrong(rest, "has no '>'"));
            };
            keys.push(named(name).ok_or_else(|| wrong(&rest[..name.len() + 2], "is no key"))?);
            rest = behind;
        } else {
            keys.push(typed(character));
            rest = &rest[character.len_utf8()..];
        }
    }
    Ok(keys)
}

fn wrong(what: &str, why: &str) -> Error {
    Error::of(ErrorKind::Usage, format!("--keys: '{what}' {why}")).hint(
        "names are enter esc tab space bs del up down left right home end pgup pgdn f1…f12 lt gt, \
         with c- s- a- before them",
    )
}

/// A character as terminals send it: capitals come with Shift.
fn typed(character: char) -> KeyEvent {
    let modifiers = if character.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    KeyEvent::new(KeyCode::Char(character), modifiers)
}

fn named(name: &str) -> Option<KeyEvent> {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = name;
    while let Some((modifier, behind)) = rest.split_once('-').filter(|(_, behind)| !behind.is_empty()) {
        modifiers |= match modifier {
            "c" | "C" => KeyModifiers::CONTROL,
            "s" | "S" => KeyModifiers::SHIFT,
            "a" | "A" | "m" | "M" => KeyModifiers::ALT,
            _ => return None,
        };
        rest = behind;
    }
    let code = code(rest, !modifiers.is_empty())?;
    if code == KeyCode::Tab && modifiers.contains(KeyModifiers::SHIFT) {
        return Some(KeyEvent::new(KeyCode::BackTab, modifiers));
    }
    Some(KeyEvent::new(code, modifiers))
}

/// A single character is only a name behind a modifier.
fn code(name: &str, with_modifier: bool) -> Option<KeyCode> {
    let mut characters = name.chars();
    if let (Some(character), None, true) = (characters.next(), characters.next(), with_modifier) {
        return Some(KeyCode::Char(character));
    }
    let lower = name.to_lowercase();
    if let Some(number) = lower.strip_prefix('f').and_then(|number| number.parse().ok()) {
        return (1..=12).contains(&number).then_some(KeyCode::F(number));
    }
    Some(match lower.as_str() {
        "enter" | "cr" | "return" => KeyCode::Enter,
        "esc" | "escape" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "space" => KeyCode::Char(' '),
        "lt" => KeyCode::Char('<'),
        "gt" => KeyCode::Char('>'),
        "bs" | "backspace" => KeyCode::Backspace,
        "del" | "delete" => KeyCode::Delete,
        "ins" | "insert" => KeyCode::Insert,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" | "pageup" => KeyCode::PageUp,
        "pgdn" | "pagedown" => KeyCode::PageDown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_names_and_modifiers() {
        let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
        assert_eq!(
            parse("jG<enter>한<lt><F5><space>>").unwrap(),
            [
                plain(KeyCode::Char('j')),
                KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT),
                plain(KeyCode::Enter),
                plain(KeyCode::Char('한')),
                plain(KeyCode::Char('<')),
                plain(KeyCode::F(5)),
                plain(KeyCode::Char(' ')),
                plain(KeyCode::Char('>')),
            ]
        );
        assert_eq!(
            parse("<c-c><a-left><s-tab><c-->").unwrap(),
            [
                KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL),
                KeyEvent::new(KeyCode::Left, KeyModifiers::ALT),
                KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT),
                KeyEvent::new(KeyCode::Char('-'), KeyModifiers::CONTROL),
            ]
        );
    }

    #[test]
    fn what_is_no_key_is_named() {
        for (text, part) in [("j<foo>", "'<foo>' is no key"), ("<x>", "'<x>'"), ("a<b", "'<b' has no '>'"), ("<f13>", "f13")] {
            let error = parse(text).unwrap_err();
            assert!(error.message.contains(part), "{error:?}");
            assert_eq!(error.kind, ErrorKind::Usage);
        }
    }
}
