//! Writes text into cells, one line at a time. Wide characters are never split; text that is too long ends with `…`.
//! Control characters and bidirectional characters are escaped here, for everything that the UI draws.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::tui::app::format::printable;
use crate::tui::app::preferences::Preferences;
use crate::tui::app::theme::{Role, Theme};

/// A buffer with the styles.
pub struct Paint<'a> {
    theme: &'a Theme,
    pub ascii: bool,
    pub buffer: &'a mut Buffer,
}

/// Writes along one line from left to right.
pub struct Pen<'a> {
    theme: &'a Theme,
    ascii: bool,
    buffer: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
    /// The style on top of every written style, for example of a selection.
    over: Style,
    dimmed: bool,
}

impl<'a> Paint<'a> {
    /// Paints with the user's theme and glyphs.
    pub const fn new(preferences: &'a Preferences, buffer: &'a mut Buffer) -> Self {
        Self { theme: &preferences.theme, ascii: preferences.ascii, buffer }
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// A pen at the left end of an area's first line.
    pub fn pen(&mut self, area: Rect) -> Pen<'_> {
        let area = area.intersection(self.buffer.area);
        Pen {
            theme: self.theme,
            ascii: self.ascii,
            buffer: self.buffer,
            x: area.x,
            y: area.y,
            end: if area.height == 0 { area.x } else { area.right() },
            over: Style::new(),
            dimmed: false,
        }
    }

    /// Fills an area with blanks.
    pub fn fill(&mut self, area: Rect, role: Role) {
        let style = self.theme.style(role);
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// Writes one character. The style of `over` is on top of its own.
    pub fn cell(&mut self, x: u16, y: u16, shown: &str, role: Role, over: Option<Role>) {
        let mut style = self.theme.style(role);
        if let Some(over) = over {
            style = style.patch(self.theme.style(over));
        }
        self.buffer.set_stringn(x, y, shown, usize::from(u16::MAX), style);
    }

    /// A glyph, or its ASCII form.
    pub const fn glyph(&self, glyph: &'static str, ascii_form: &'static str) -> &'static str {
        if self.ascii { ascii_form } else { glyph }
    }
}

impl Pen<'_> {
    /// Puts a style on top of everything that is written from here to the end of the line.
    pub fn over(&mut self, role: Role) {
        self.over = self.theme.style(role);
        let area = Rect::new(self.x, self.y, self.end.saturating_sub(self.x), 1);
        self.buffer.set_style(area, self.over);
    }

    /// Writes everything that follows in the muted style.
    pub const fn dim(&mut self) {
        self.dimmed = true;
    }

    /// The number of cells that are left.
    pub const fn left(&self) -> usize {
        self.end.saturating_sub(self.x) as usize
    }

    /// The column of the next cell.
    pub const fn x(&self) -> u16 {
        self.x
    }

    /// Writes a text. If it does not fit, it is cut and ends with `…`.
    pub fn put(&mut self, text: &str, role: Role) {
        let text = printable(text);
        let fitted = fit(&text, self.left(), self.ascii);
        self.write(&fitted, role);
    }

    /// Writes a text into a column of `width` cells, filled with blanks.
    pub fn column(&mut self, text: &str, width: usize, role: Role) {
        let width = width.min(self.left());
        let text = printable(text);
        let fitted = fit(&text, width, self.ascii);
        let start = self.x;
        self.write(&fitted, role);
        self.x = (start + u16::try_from(width).unwrap_or(u16::MAX)).min(self.end);
    }

    /// Writes a text at the end of the line, if it fits with a blank before it.
    pub fn right(&mut self, text: &str, role: Role) {
        let text = printable(text);
        let width = text.width();
        if width < self.left() {
            let x = std::mem::replace(&mut self.x, self.end - u16::try_from(width).unwrap_or(0));
            let end = self.x.saturating_sub(1);
            self.write(&text, role);
            self.x = x;
            self.end = end;
        }
    }

    /// Skips cells.
    pub fn skip(&mut self, cells: usize) {
        self.x = self.x.saturating_add(u16::try_from(cells).unwrap_or(u16::MAX)).min(self.end);
    }

    fn write(&mut self, text: &str, role: Role) {
        let role = if self.dimmed { Role::Disabled } else { role };
        let style = self.theme.style(role).patch(self.over);
        let text = if self.ascii { to_ascii(text) } else { Cow::Borrowed(text) };
        let width = self.left();
        let (x, _) = self.buffer.set_stringn(self.x, self.y, &text, width, style);
        self.x = x;
    }
}

/// A text in at most `width` cells. It is cut between graphemes and then ends with `…`.
pub fn fit(text: &str, width: usize, ascii: bool) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mark = if ascii { "~" } else { "…" };
    let mut cut = String::new();
    let mut used = 1;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > width {
            break;
        }
        cut.push_str(grapheme);
    }
    if width > 0 {
        cut.push_str(mark);
    }
    Cow::Owned(cut)
}

/// The text with lines, arrows and dots replaced by ASCII characters. Letters of any script stay.
pub fn to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(ascii_form_of).collect())
}

const fn ascii_form_of(character: char) -> char {
    match character {
        '│' | '┆' => '|',
        '╷' => ':',
        '─' | '—' | '–' => '-',
        '├' | '┤' | '┬' | '┴' | '┼' | '╭' | '╮' | '┌' | '┐' | '└' | '┘' | '╰' => '+',
        '╯' => '\'',
        '·' | '•' => '.',
        '…' => '~',
        '→' => '>',
        '←' => '<',
        '↑' => '^',
        '↓' => 'v',
        '×' => 'x',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_characters_are_drawn_as_text() {
        let (preferences, _) = Preferences::read(&crate::tui::app::Start::default());
        for (text, drawn) in [
            ("a\x1b[2Jb", "a\\x1B[2Jb"),
            ("a\u{202e}b", "a\\u202Eb"),
            ("a\nb\tc\r", "a\\nb    c\\r"),
            ("\u{9b}31m", "\\u009B31m"),
        ] {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 3));
            let mut paint = Paint::new(&preferences, &mut buffer);
            paint.pen(Rect::new(0, 0, 30, 1)).put(text, Role::Text);
            paint.pen(Rect::new(0, 1, 30, 1)).column(text, 25, Role::Text);
            paint.pen(Rect::new(0, 2, 30, 1)).right(text, Role::Text);
            for row in 0..3 {
                let line: String = (0..30).map(|x| buffer[(x, row)].symbol()).collect();
                assert_eq!(line.trim(), drawn, "row {row}");
            }
        }
    }

    #[test]
    fn a_wide_character_is_never_split() {
        assert_eq!(fit("마이그레이션", 12, false), "마이그레이션");
        assert_eq!(fit("마이그레이션", 11, false), "마이그레이…");
        assert_eq!(fit("마이그레이션", 10, false), "마이그레…");
        assert_eq!(fit("마이그레이션", 10, false).width(), 9);
        assert_eq!(fit("abc", 2, true), "a~");
        assert_eq!(fit("abc", 0, false), "");
    }
}
