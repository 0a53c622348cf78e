//! A screen as text, as ANSI sequences or as a picture (SVG): for `--print`, tests and screenshots.

mod ansi;
mod boxes;
mod colour;
mod svg;
mod text;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use unicode_width::UnicodeWidthStr;

/// The format of a printed screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Characters without colours and without trailing blanks.
    #[default]
    Text,
    /// Characters with colours, for a terminal.
    Ansi,
    /// A picture.
    Svg,
}

/// The screen in a format. `cursor` is the position of the terminal's cursor. Ends with a newline.
#[must_use]
pub fn print(buffer: &Buffer, cursor: Option<Position>, format: Format) -> String {
    match format {
        Format::Text => text::print(buffer),
        Format::Ansi => ansi::print(buffer),
        Format::Svg => svg::print(buffer, cursor),
    }
}

/// A visible cell: its column, its width in columns, and its contents.
struct Placed<'a> {
    column: u16,
    width: u16,
    cell: &'a Cell,
}

/// The cells of a row from left to right, without those that a wide character covers.
fn row(buffer: &Buffer, y: u16) -> impl Iterator<Item = Placed<'_>> {
    let area = buffer.area;
    let mut covered_until = area.left();
    (area.left()..area.right()).filter_map(move |x| {
        if x < covered_until {
            return None;
        }
        let cell = buffer.cell(Position { x, y })?;
        let width = u16::try_from(cell.symbol().width()).unwrap_or(1).clamp(1, area.right() - x);
        covered_until = x + width;
        Some(Placed { column: x - area.left(), width, cell })
    })
}
