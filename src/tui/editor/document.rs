//! The edited text. tui-textarea keeps the lines, the selection and the undo history. Graphemes, line endings and
//! highlighting are ours.
//!
//! The widget is not drawn with its own code, because that measures single `char`s. Moving, drawing and the mouse use
//! [`super::cells`].

use std::sync::Arc;

use tui_textarea::{CursorMove, TextArea};

use super::LineCache;
use super::cells;
use super::highlight::Tokens;
use crate::core::script::Language;

/// The number of undo steps.
const STEPS: usize = 10_000;

/// The maximum number of lines: the text area counts in 16 bits.
pub const MOST_LINES: usize = 50_000;

const BOM: char = '\u{feff}';

/// A position in the text: line and character, both from 0.
pub type TextPosition = (usize, usize);

/// A text with its cursor, its selection and its undo history.
#[derive(Debug, Clone)]
pub struct Document {
    area: TextArea<'static>,
    colours: LineCache,
    /// The file begins with a byte order mark.
    marked: bool,
    /// All lines end in CR LF.
    carriage_returns: bool,
    /// The cell that the cursor keeps when it moves up and down across shorter lines.
    wanted_cell: Option<usize>,
}

/// A movement of the cursor. The numbers are lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Left,
    Right,
    WordLeft,
    WordRight,
    /// To the first character that is not blank, then to the start of the line.
    LineStart,
    LineEnd,
    Lines(isize),
    Start,
    End,
    To(TextPosition),
}

impl Document {
    /// Reads the text of a SQL file.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self::in_language(text, Language::Sql)
    }

    /// Reads the text of a file.
    #[must_use]
    pub fn in_language(text: &str, language: Language) -> Self {
        let marked = text.starts_with(BOM);
        let text = text.strip_prefix(BOM).unwrap_or(text);
        let ends = text.matches('\n').count();
        let carriage_returns = ends > 0 && text.matches("\r\n").count() == ends;
        let mut area = TextArea::new(split(text, carriage_returns));
        area.set_max_histories(STEPS);
        area.set_undo_coalescing(true);
        Self { area, colours: LineCache::new(language), marked, carriage_returns, wanted_cell: None }
    }

    /// The text for the file, with its line endings and its byte order mark.
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        let end = if self.carriage_returns { "\r\n" } else { "\n" };
        let text = self.area.lines().join(end);
        if self.marked { format!("{BOM}{text}").into() } else { text.into() }
    }

    /// The lines; at least one.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// A line; empty if it does not exist.
    #[must_use]
    pub fn line(&self, row: usize) -> &str {
        self.area.lines().get(row).map_or("", String::as_str)
    }

    /// The position of the cursor.
    #[must_use]
    pub fn cursor(&self) -> TextPosition {
        self.area.cursor()
    }

    /// The cell of the cursor in its line.
    #[must_use]
    pub fn cursor_cell(&self) -> usize {
        let (row, character) = self.cursor();
        cells::cell_of(self.line(row), character)
    }

    /// The selection; `None` if it is empty.
    #[must_use]
    pub fn selection(&self) -> Option<(TextPosition, TextPosition)> {
        self.area.selection_range().filter(|(start, end)| start != end)
    }

    /// The selected text.
    #[must_use]
    pub fn selected_text(&self) -> Option<String> {
        let ((top, from), (bottom, to)) = self.selection()?;
        let part = |row: usize| {
            let start = if row == top { from } else { 0 };
            let end = if row == bottom { to } else { usize::MAX };
            self.line(row).chars().take(end).skip(start).collect::<String>()
        };
        Some((top..=bottom).map(part).collect::<Vec<_>>().join("\n"))
    }

    /// The tokens of a line, if it is highlighted.
    #[must_use]
    pub fn tokens(&self, row: usize) -> &Tokens {
        self.colours.tokens(row)
    }

    /// Highlights the lines above `end`.
    pub fn highlight(&mut self, end: usize) {
        self.colours.update_above(self.area.lines().iter().map(String::as_str), end);
    }

    /// Moves the cursor. `selecting` extends the selection; otherwise it is removed.
    pub fn move_cursor(&mut self, motion: Move, selecting: bool) {
        let wanted = self.wanted_cell.take();
        let collapsed = self.selection().filter(|_| !selecting);
        let target = match (motion, collapsed) {
            (Move::Left, Some((start, _))) => start,
            (Move::Right, Some((_, end))) => end,
            (Move::Lines(lines), _) => {
                let cell = wanted.unwrap_or_else(|| self.cursor_cell());
                self.wanted_cell = Some(cell);
                self.below(lines, cell)
            }
            _ => self.target(motion),
        };
        if !selecting {
            self.area.cancel_selection();
        } else if !self.area.is_selecting() {
            self.area.start_selection();
        }
        self.jump(target);
    }

    fn target(&self, motion: Move) -> TextPosition {
        let (row, character) = self.cursor();
        let line = self.line(row);
        let last = self.lines().len() - 1;
        let end_of = |row: usize| (row, self.line(row).chars().count());
        match motion {
            Move::Left | Move::WordLeft if character == 0 => row.checked_sub(1).map_or((0, 0), end_of),
            Move::Right | Move::WordRight if (row, character) == end_of(row) => {
                if row < last {
                    (row + 1, 0)
                } else {
                    (row, character)
                }
            }
            Move::Left => (row, cells::before(line, character).unwrap_or(0)),
            Move::Right => (row, cells::after(line, character).unwrap_or(character)),
            Move::WordLeft => (row, cells::word_before(line, character)),
            Move::WordRight => (row, cells::word_after(line, character)),
            Move::LineStart => {
                let text = line.chars().take_while(|c| c.is_whitespace()).count();
                (row, if character == text { 0 } else { text })
            }
            Move::LineEnd => end_of(row),
            Move::Start => (0, 0),
            Move::End => end_of(last),
            Move::To((row, character)) => (row.min(last), character),
            Move::Lines(_) => (row, character),
        }
    }

    /// The position that is `lines` lines below, in a cell. Beyond the first and the last line: their ends.
    fn below(&self, lines: isize, cell: usize) -> TextPosition {
        let (row, _) = self.cursor();
        let last = self.lines().len() - 1;
        match row.checked_add_signed(lines) {
            None if row == 0 => (0, 0),
            Some(target) if target > last && row == last => (last, self.line(last).chars().count()),
            target => {
                let target = target.unwrap_or(0).min(last);
                (target, cells::character_at(self.line(target), cell))
            }
        }
    }

    fn jump(&mut self, (row, character): TextPosition) {
        let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(short(row), short(character)));
    }

    /// Selects the whole text.
    pub fn select_all(&mut self) {
        self.move_cursor(Move::Start, false);
        self.move_cursor(Move::End, true);
    }

    /// Replaces the selection with typed text. Control characters other than line breaks and tabs are removed.
    pub fn insert(&mut self, text: &str) -> bool {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        let mut characters = text.chars();
        self.wanted_cell = None;
        match (characters.next(), characters.next()) {
            (None, _) => false,
            (Some(only), None) if only != '\n' => {
                self.area.insert_char(only);
                true
            }
            _ => self.area.insert_str(&text),
        }
    }

    /// Breaks the line. The new line has the same indent.
    pub fn new_line(&mut self) -> bool {
        let ((row, character), _) = self.selection().unwrap_or((self.cursor(), (0, 0)));
        let blanks: String = self.line(row).chars().take(character).take_while(|c| matches!(c, ' ' | '\t')).collect();
        self.insert(&format!("\n{blanks}"))
    }

    /// Inserts blanks up to the next multiple of four cells.
    pub fn indent(&mut self) -> bool {
        let ((row, character), _) = self.selection().unwrap_or((self.cursor(), (0, 0)));
        let cell = cells::cell_of(self.line(row), character);
        self.insert(&" ".repeat(4 - cell % 4))
    }

    /// Deletes the selection, or the text up to the target of a movement.
    pub fn delete(&mut self, motion: Move) -> bool {
        if self.selection().is_none() {
            self.area.cancel_selection();
            self.move_cursor(motion, true);
        }
        self.wanted_cell = None;
        // Deleting the selection must not change the copied text.
        let deleted = self.selection().is_some() && self.area.delete_char();
        self.area.cancel_selection();
        deleted
    }

    /// Copies the selection, or the whole line.
    pub fn copy(&mut self) -> String {
        let text = self.selected_text().unwrap_or_else(|| format!("{}\n", self.line(self.cursor().0)));
        self.area.set_yank_text(text.as_str());
        text
    }

    /// Copies and deletes.
    pub fn cut(&mut self) -> (String, bool) {
        let text = self.copy();
        if self.selection().is_none() {
            let (row, _) = self.cursor();
            self.jump((row, 0));
            if row + 1 < self.lines().len() {
                return (text, self.delete(Move::To((row + 1, 0))));
            }
            return (text, self.delete(Move::LineEnd));
        }
        (text, self.delete(Move::Left))
    }

    /// Inserts the copied text.
    pub fn paste(&mut self) -> bool {
        let text = self.area.yank_text();
        self.insert(&text)
    }

    pub fn undo(&mut self) -> bool {
        self.wanted_cell = None;
        self.area.undo()
    }

    pub fn redo(&mut self) -> bool {
        self.wanted_cell = None;
        self.area.redo()
    }

    /// Replaces the text in one undo step. The cursor stays at its position if possible.
    pub fn replace(&mut self, text: &str) {
        let (row, character) = self.cursor();
        let fresh = Self::new(text);
        (self.marked, self.carriage_returns) = (fresh.marked, fresh.carriage_returns);
        self.select_all();
        if !self.area.insert_str(fresh.lines().join("\n")) {
            self.area.delete_char();
        }
        self.area.cancel_selection();
        self.move_cursor(Move::To((row, character)), false);
    }

    /// Sets the search text. Case counts if the text contains capital letters. Returns the number of matches.
    pub fn search(&mut self, text: &str) -> usize {
        let pattern = pattern(text);
        // All special characters of the search are escaped.
        if self.area.set_search_pattern(pattern).is_err() {
            return 0;
        }
        let Some(pattern) = self.area.search_pattern() else { return 0 };
        self.lines().iter().map(|line| pattern.find_iter(line).count()).sum()
    }

    /// Whether there is a search text.
    #[must_use]
    pub fn is_searching(&self) -> bool {
        self.area.search_pattern().is_some()
    }

    /// Goes to the next match, and from the last to the first. `here`: a match at the cursor counts. Returns whether
    /// there is a match.
    pub fn find_next(&mut self, forward: bool, here: bool) -> bool {
        self.area.cancel_selection();
        self.wanted_cell = None;
        if forward { self.area.search_forward(here) } else { self.area.search_back(here) }
    }

    /// The byte ranges of the matches in a line.
    #[must_use]
    pub fn found_in(&self, row: usize) -> Vec<std::ops::Range<usize>> {
        let pattern = self.area.search_pattern();
        pattern.map_or_else(Vec::new, |pattern| pattern.find_iter(self.line(row)).map(|found| found.range()).collect())
    }

    /// The number of the match at the cursor, from 1.
    #[must_use]
    pub fn found_at_cursor(&self) -> Option<usize> {
        let (row, character) = self.cursor();
        let pattern = self.area.search_pattern()?;
        let above: usize = self.lines().iter().take(row).map(|line| pattern.find_iter(line).count()).sum();
        let byte = self.line(row).char_indices().nth(character)?.0;
        pattern.find_iter(self.line(row)).position(|found| found.start() == byte).map(|place| above + place + 1)
    }
}

fn split(text: &str, carriage_returns: bool) -> Vec<String> {
    let line = |line: &str| if carriage_returns { line.strip_suffix('\r').unwrap_or(line) } else { line }.to_owned();
    text.split('\n').map(line).collect()
}

/// A search pattern that matches exactly this text.
fn pattern(text: &str) -> String {
    let mut pattern = String::new();
    if !text.is_empty() && !text.chars().any(char::is_uppercase) {
        pattern.push_str("(?i)");
    }
    for character in text.chars() {
        if character.is_ascii_punctuation() && !matches!(character, '<' | '>' | '_') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
