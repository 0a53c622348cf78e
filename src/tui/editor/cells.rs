//! The cells of the characters of a line. A grapheme is never split.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::core::escape::{escape_line, is_unsafe};

/// The text that is drawn for a tab.
pub const TAB: &str = "    ";

/// A grapheme and its place in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyph<'a> {
    /// Its first byte in the line.
    pub byte: usize,
    /// Its first character (a Rust `char`) in the line.
    pub character: usize,
    /// Its first cell.
    pub cell: usize,
    /// Its width in cells.
    pub width: usize,
    /// The text that is drawn.
    pub shown: Cow<'a, str>,
}

/// The graphemes of a line from left to right. A tab is drawn as blanks, a control character as its Unicode picture,
/// and a bidirectional character as its number.
pub fn glyphs(line: &str) -> impl Iterator<Item = Glyph<'_>> {
    let (mut character, mut cell) = (0, 0);
    line.grapheme_indices(true).map(move |(byte, grapheme)| {
        let shown = shown(grapheme);
        let width = shown.width();
        let glyph = Glyph { byte, character, cell, width, shown };
        character += grapheme.chars().count();
        cell += width;
        glyph
    })
}

/// The cell of the `character`th character of a line. After the end of the line, the next cell.
#[must_use]
pub fn cell_of(line: &str, character: usize) -> usize {
    let before = glyphs(line).take_while(|glyph| glyph.character < character);
    before.last().map_or(0, |glyph| glyph.cell + glyph.width)
}

/// The character at a cell. After the end of the line, its end.
#[must_use]
pub fn character_at(line: &str, cell: usize) -> usize {
    let found = glyphs(line).find(|glyph| cell < glyph.cell + glyph.width);
    found.map_or_else(|| line.chars().count(), |glyph| glyph.character)
}

/// The position before a position; `None` at the start of the line.
#[must_use]
pub fn before(line: &str, character: usize) -> Option<usize> {
    glyphs(line).take_while(|glyph| glyph.character < character).last().map(|glyph| glyph.character)
}

/// The position after a position; `None` at the end of the line.
#[must_use]
pub fn after(line: &str, character: usize) -> Option<usize> {
    let end = line.chars().count();
    if character >= end {
        return None;
    }
    Some(glyphs(line).map(|glyph| glyph.character).find(|start| *start > character).unwrap_or(end))
}

/// The start of the word before a position, or the start of the line.
#[must_use]
pub fn word_before(line: &str, character: usize) -> usize {
    split_words(line).into_iter().map(|(start, _)| start).take_while(|start| *start < character).last().unwrap_or(0)
}

/// The end of the word after a position, or the end of the line.
#[must_use]
pub fn word_after(line: &str, character: usize) -> usize {
    split_words(line)
        .into_iter()
        .map(|(_, end)| end)
        .find(|end| *end > character)
        .unwrap_or_else(|| line.chars().count())
}

/// The words of a line, as their first character and the character after them. `legacy_code` is one word.
fn split_words(line: &str) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut at = 0;
    for part in line.split_word_bounds() {
        let end = at + part.chars().count();
        if part.chars().any(|c| c.is_alphanumeric() || c == '_') {
            words.push((at, end));
        }
        at = end;
    }
    words
}

fn shown(grapheme: &str) -> Cow<'_, str> {
    if grapheme == "\t" {
        return Cow::Borrowed(TAB);
    }
    match grapheme.chars().next() {
        Some(control @ '\0'..='\x1f') => {
            Cow::Owned(char::from_u32(0x2400 + u32::from(control)).unwrap_or('?').to_string())
        }
        Some('\x7f') => Cow::Borrowed("␡"),
        // Such a character is always a grapheme of its own.
        Some(character) if is_unsafe(character) => escape_line(grapheme),
        _ => Cow::Borrowed(grapheme),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_joined_characters_are_one_grapheme() {
        let line = "가e\u{301}👨‍👩‍👧\tx";
        let places: Vec<(usize, usize)> = glyphs(line).map(|glyph| (glyph.character, glyph.cell)).collect();
        assert_eq!(places, [(0, 0), (1, 2), (3, 3), (8, 5), (9, 9)]);
        assert_eq!((cell_of(line, 8), cell_of(line, 10), cell_of(line, 99)), (5, 10, 10));
        assert_eq!((character_at(line, 1), character_at(line, 4), character_at(line, 99)), (0, 3, 10));
        assert_eq!((after(line, 1), after(line, 3), after(line, 10)), (Some(3), Some(8), None));
        assert_eq!((before(line, 8), before(line, 3), before(line, 0)), (Some(3), Some(1), None));
    }

    #[test]
    fn identifiers_are_one_word() {
        let line = "  DROP COLUMN legacy_code;";
        assert_eq!((word_after(line, 0), word_after(line, 6), word_after(line, 14)), (6, 13, 25));
        assert_eq!((word_before(line, 26), word_before(line, 14), word_before(line, 2)), (14, 7, 0));
    }

    #[test]
    fn control_characters_are_drawn_as_pictures() {
        let shown: String = glyphs("a\x1b[2J\r").map(|glyph| glyph.shown.into_owned()).collect();
        assert_eq!(shown, "a␛[2J␍");
        let places: Vec<(usize, usize, String)> =
            glyphs("a\u{202e}b\u{9b}c").map(|glyph| (glyph.cell, glyph.width, glyph.shown.into_owned())).collect();
        let expected = [(0, 1, "a"), (1, 6, "\\u202E"), (7, 1, "b"), (8, 6, "\\u009B"), (14, 1, "c")];
        assert_eq!(places, expected.map(|(cell, width, shown)| (cell, width, shown.to_owned())));
    }
}
