//! A text field of one line. The cursor moves by graphemes.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The typed text and the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// In bytes, always between two graphemes.
    cursor: usize,
}

impl Input {
    /// Starts with a text; the cursor is at its end.
    #[must_use]
    pub fn with(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// The typed text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Inserts text at the cursor. Line breaks become blanks, other control characters are removed.
    pub fn insert(&mut self, text: &str) {
        for character in text.trim_end_matches(['\n', '\r']).chars() {
            let character = if matches!(character, '\n' | '\t') { ' ' } else { character };
            if !character.is_control() {
                self.text.insert(self.cursor, character);
                self.cursor += character.len_utf8();
            }
        }
    }

    /// Takes an editing key. Returns whether it was one.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char(character) if control => return self.control(character.to_ascii_lowercase()),
            KeyCode::Char('b') if alt => self.cursor = self.word_before(),
            KeyCode::Char('f') if alt => self.cursor = self.word_after(),
            KeyCode::Char(_) if alt => return false,
            KeyCode::Char(character) => self.insert(character.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace if control || alt => self.cut(self.word_before(), self.cursor),
            KeyCode::Backspace => self.cut(self.before(), self.cursor),
            KeyCode::Delete => self.cut(self.cursor, self.after()),
            KeyCode::Left if control || alt => self.cursor = self.word_before(),
            KeyCode::Right if control || alt => self.cursor = self.word_after(),
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    /// The part of the text that fits into `width` cells with the cursor in it, and the cursor's column in that part.
    #[must_use]
    pub fn window(&self, width: usize) -> (&str, usize) {
        let width = width.max(1);
        let (before, _) = self.text.split_at(self.cursor);
        let mut start = 0;
        let mut column = before.width();
        for (at, grapheme) in before.grapheme_indices(true) {
            if column < width {
                break;
            }
            column -= grapheme.width();
            start = at + grapheme.len();
        }
        (self.text.get(start..).unwrap_or_default(), column)
    }

    fn control(&mut self, character: char) -> bool {
        match character {
            'a' => self.cursor = 0,
            'e' => self.cursor = self.text.len(),
            'b' => self.cursor = self.before(),
            'f' => self.cursor = self.after(),
            'h' => self.cut(self.before(), self.cursor),
            'd' => self.cut(self.cursor, self.after()),
            'k' => self.cut(self.cursor, self.text.len()),
            'u' => self.cut(0, self.cursor),
            'w' => self.cut(self.word_before(), self.cursor),
            _ => return false,
        }
        true
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        let rest = &self.text[self.cursor..];
        self.cursor + rest.graphemes(true).next().map_or(0, str::len)
    }

    fn word_before(&self) -> usize {
        self.text[..self.cursor].unicode_word_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn word_after(&self) -> usize {
        let rest = &self.text[self.cursor..];
        rest.unicode_word_indices().next().map_or(self.text.len(), |(at, word)| self.cursor + at + word.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::app::parse_keys;

    fn typed(keys: &str) -> Input {
        let mut input = Input::default();
        for key in parse_keys(keys).unwrap() {
            assert!(input.key(key), "{key:?} is no editing key");
        }
        input
    }

    #[test]
    fn keys_edit_as_in_a_shell() {
        assert_eq!(typed("add users<left><left><backspace>x").text(), "add usxrs");
        assert_eq!(typed("add users<^w>jobs").text(), "add jobs");
        assert_eq!(typed("add users<^a><^d>A<^e>!").text(), "Add users!");
        assert_eq!(typed("add users<^u>").text(), "");
    }

    #[test]
    fn a_wide_or_joined_character_is_one_grapheme() {
        assert_eq!(typed("가나다<left><backspace>").text(), "가다");
        let mut input = Input::with("a👨‍👩‍👧b");
        input.key(parse_keys("<left>").unwrap()[0]);
        input.key(parse_keys("<backspace>").unwrap()[0]);
        assert_eq!(input.text(), "ab");
    }

    #[test]
    fn a_pasted_text_becomes_one_line() {
        let mut input = Input::with("x");
        input.insert("a\nb\tc\u{1b}[31m\n");
        assert_eq!(input.text(), "xa b c[31m");
    }

    #[test]
    fn the_visible_part_contains_the_cursor() {
        let input = Input::with("마이그레이션 설명");
        let (text, column) = input.window(8);
        assert!(column < 8, "{column}");
        assert_eq!(text.width(), column);
    }
}
