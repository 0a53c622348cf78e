//! Shows control characters and bidirectional characters as text, so that text from a script, a database or a file
//! cannot move the cursor of a terminal, erase what limbeck wrote, or change the order of what a person reads.
//!
//! The form is psql's: `\x1B` for ASCII, `\u202E` for other characters.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character may change what a terminal shows besides itself: a control character (C0, DEL, C1), a character
/// that changes the direction of text (Unicode's `Bidi_Control`), or a line or paragraph separator.
#[must_use]
pub const fn is_unsafe(character: char) -> bool {
    matches!(
        character,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// Escapes a text of any number of lines. Line ends and tabs stay; CRLF becomes a line end.
#[must_use]
pub fn escape_text(text: &str) -> Cow<'_, str> {
    escape(text, |character| is_unsafe(character) && !matches!(character, '\n' | '\t'))
}

/// Escapes a text that is shown in one line: line ends and tabs are written as `\n` and `\t`.
#[must_use]
pub fn escape_line(text: &str) -> Cow<'_, str> {
    escape(text, is_unsafe)
}

/// Escapes a JSON document. JSON itself escapes only the control characters below U+0020. The value does not change.
#[must_use]
pub fn escape_json(document: &str) -> Cow<'_, str> {
    let must_escape = |character: char| !character.is_ascii_control() && is_unsafe(character) || character == '\x7f';
    if document.is_ascii() && !document.contains('\x7f') || !document.contains(must_escape) {
        return Cow::Borrowed(document);
    }
    let mut escaped = String::with_capacity(document.len() + 16);
    for character in document.chars() {
        if must_escape(character) {
            // Every such character is in the basic plane. Writing to a string cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

fn escape(text: &str, must_escape: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Most texts are short ASCII or contain nothing to escape.
    let Some(first) = text.find(&must_escape) else { return Cow::Borrowed(text) };
    let mut escaped = String::with_capacity(text.len() + 16);
    escaped.push_str(&text[..first]);
    let mut rest = text[first..].chars().peekable();
    while let Some(character) = rest.next() {
        if !must_escape(character) {
            escaped.push(character);
        } else if character != '\r' || rest.peek() != Some(&'\n') {
            push_escaped(&mut escaped, character);
        }
    }
    Cow::Owned(escaped)
}

fn push_escaped(text: &mut String, character: char) {
    // Writing to a string cannot fail.
    let _ = match character {
        '\n' => write!(text, "\\n"),
        '\r' => write!(text, "\\r"),
        '\t' => write!(text, "\\t"),
        character if character.is_ascii() => write!(text, "\\x{:02X}", u32::from(character)),
        character => write!(text, "\\u{:04X}", u32::from(character)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_characters_are_visible_and_others_stay() {
        for (text, expected_text, expected_line) in [
            ("", "", ""),
            ("plain", "plain", "plain"),
            ("가나 é 👨‍👩‍👧 \u{200d}\u{200c}", "가나 é 👨‍👩‍👧 \u{200d}\u{200c}", "가나 é 👨‍👩‍👧 \u{200d}\u{200c}"),
            ("\x1b[2Jt", "\\x1B[2Jt", "\\x1B[2Jt"),
            ("a\u{9b}2Jt", "a\\u009B2Jt", "a\\u009B2Jt"),
            ("\x07\x08\x7f\0", "\\x07\\x08\\x7F\\x00", "\\x07\\x08\\x7F\\x00"),
            ("a\u{202e}b\u{2066}c\u{2069}", "a\\u202Eb\\u2066c\\u2069", "a\\u202Eb\\u2066c\\u2069"),
            ("\u{200e}\u{200f}\u{61c}", "\\u200E\\u200F\\u061C", "\\u200E\\u200F\\u061C"),
            ("a\u{2028}b\u{2029}", "a\\u2028b\\u2029", "a\\u2028b\\u2029"),
            ("a\nb\tc", "a\nb\tc", "a\\nb\\tc"),
            ("a\r\nb\rc\r", "a\nb\\rc\\r", "a\\nb\\rc\\r"),
            ("back\\slash", "back\\slash", "back\\slash"),
        ] {
            assert_eq!(escape_text(text), expected_text, "{text:?}");
            assert_eq!(escape_line(text), expected_line, "{text:?}");
        }
    }

    #[test]
    fn escaping_twice_changes_nothing() {
        let all: String = (0..0x3000).filter_map(char::from_u32).collect();
        for escaped in [escape_text(&all), escape_line(&all)] {
            assert_eq!(escape_text(&escaped), escaped);
            assert!(!escaped.chars().any(|character| is_unsafe(character) && character != '\n' && character != '\t'));
        }
    }

    #[test]
    fn a_json_document_keeps_its_value() {
        let value: String = (0..0x3000).filter_map(char::from_u32).collect();
        let document = serde_json::to_string_pretty(&serde_json::json!({ value.as_str(): [value.as_str()] })).unwrap();
        let escaped = escape_json(&document);
        assert!(!escaped.chars().any(|character| is_unsafe(character) && character != '\n'));
        let read: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read[value.as_str()][0], value.as_str());
        assert_eq!(escape_json("{\n  \"a\": \"가\"\n}"), "{\n  \"a\": \"가\"\n}");
    }
}
