//! The contents of a dialog as data. Drawing and the mouse use the same lines.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::format::printable;
use super::input::Input;
use super::theme::Role;

/// A piece of text and its role.
pub type Piece = (String, Role);

/// The separator between pieces.
pub const SEPARATOR: &str = " · ";

/// Whether a line of an error's excerpt is the caret below the fault.
#[must_use]
pub fn is_caret_line(line: &str) -> bool {
    line.trim_start_matches([' ', '|', '│']).starts_with('^')
}

/// One line of a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormLine {
    /// Wrapped if it is too long. The number is the indent of the following lines.
    Text(Vec<Piece>, usize),
    /// Cut if it is too long, because its columns are aligned.
    Raw(Vec<Piece>),
    /// A text field.
    Field { label: String, input: Input, focused: bool, index: usize },
    /// An entry that can be chosen.
    Entry { pieces: Vec<Piece>, selected: bool, index: usize },
}

/// A dialog as data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    pub title: String,
    pub danger: bool,
    pub lines: Vec<FormLine>,
    /// Lines below the others that never scroll.
    pub pinned: Vec<FormLine>,
    pub buttons: Vec<String>,
    pub focused_button: Option<usize>,
    /// The preferred width, with borders.
    pub width: u16,
    /// The first visible line, if the form scrolls.
    pub scroll: usize,
}

impl Form {
    /// A form without lines.
    #[must_use]
    pub fn new(title: impl Into<String>, width: u16) -> Self {
        Self { title: title.into(), width, ..Self::default() }
    }

    /// Adds a line of plain text.
    pub fn text(&mut self, text: impl Into<String>, role: Role) {
        self.lines.push(FormLine::Text(vec![(text.into(), role)], 0));
    }

    /// Adds an empty line.
    pub fn blank(&mut self) {
        self.lines.push(FormLine::Raw(Vec::new()));
    }

    /// Adds a named fact. The name is in a column of eight cells.
    pub fn fact(&mut self, name: &str, pieces: Vec<Piece>) {
        let mut line = vec![(format!("{name:<8}"), Role::Muted)];
        line.extend(pieces);
        self.lines.push(FormLine::Text(line, 8));
    }

    /// The lines, wrapped to `width` cells.
    #[must_use]
    pub fn wrapped(&self, width: usize) -> Vec<FormLine> {
        let mut lines = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            match line {
                FormLine::Text(pieces, indent) => {
                    lines.extend(wrap(pieces, width, *indent).into_iter().map(FormLine::Raw));
                }
                other => lines.push(other.clone()),
            }
        }
        lines
    }
}

/// Wraps text into lines of at most `width` cells, at blanks if possible. The following lines are indented if there is
/// enough space.
#[must_use]
pub fn wrap(pieces: &[Piece], width: usize, indent: usize) -> Vec<Vec<Piece>> {
    let width = width.max(1);
    let indent = if indent < width / 2 { indent } else { 0 };
    let mut lines: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut column = 0;
    for (text, role) in pieces {
        for (n, part) in text.split('\n').enumerate() {
            if n > 0 {
                column = break_line(&mut lines, indent);
            }
            for word in split_words(&printable(part)) {
                column = add_word(&mut lines, (word, *role), column, (width, indent));
            }
        }
    }
    lines
}

/// The words of a line and the blanks between them. Closing punctuation stays with the word before it.
fn split_words(line: &str) -> impl Iterator<Item = &str> {
    let mut ends: Vec<usize> = Vec::new();
    let mut after_word = false;
    for (start, part) in line.split_word_bound_indices() {
        let closes = part.chars().all(|c| ",.;:!?)]}…".contains(c));
        if after_word && closes {
            ends.pop();
        }
        ends.push(start + part.len());
        after_word = !part.trim().is_empty();
    }
    let mut start = 0;
    ends.into_iter().filter_map(move |end| line.get(std::mem::replace(&mut start, end)..end))
}

fn break_line(lines: &mut Vec<Vec<Piece>>, indent: usize) -> usize {
    lines.push(if indent > 0 { vec![(" ".repeat(indent), Role::Text)] } else { Vec::new() });
    indent
}

fn add_word(
    lines: &mut Vec<Vec<Piece>>,
    (word, role): (&str, Role),
    column: usize,
    (width, indent): (usize, usize),
) -> usize {
    let mut column = column;
    if column + word.width() > width && column > indent {
        column = break_line(lines, indent);
        if word.trim().is_empty() {
            return column;
        }
    }
    for grapheme in word.graphemes(true) {
        if column + grapheme.width() > width && column > indent {
            column = break_line(lines, indent);
        }
        if let Some(line) = lines.last_mut() {
            match line.last_mut() {
                Some((text, last)) if *last == role => text.push_str(grapheme),
                _ => line.push((grapheme.to_owned(), role)),
            }
        }
        column += grapheme.width();
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, width: usize) -> Vec<String> {
        wrap(&[(text.to_owned(), Role::Text)], width, 0)
            .into_iter()
            .map(|line| line.into_iter().map(|(text, _)| text).collect())
            .collect()
    }

    #[test]
    fn long_text_breaks_at_blanks_and_long_words_anywhere() {
        assert_eq!(lines("one two three", 8), ["one two ", "three"]);
        assert_eq!(lines("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(lines("a\nb", 10), ["a", "b"]);
        assert_eq!(lines("a\x1b[2Jb c", 9), ["a\\x1B[2Jb", "c"]);
    }

    #[test]
    fn wide_characters_are_two_cells() {
        for line in lines("마이그레이션 설명을 줄여 쓴다", 7) {
            assert!(line.width() <= 7, "{line:?}");
        }
    }
}
