//! A screen as plain text.

use ratatui::buffer::Buffer;

use super::row;

/// One line for each row, without trailing blanks.
pub(super) fn print(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        for placed in row(buffer, y) {
            line.push_str(placed.cell.symbol());
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns_and_trailing_blanks_are_removed() {
        let buffer = Buffer::with_lines(["한글 ab  ", "│x│      "]);
        assert_eq!(print(&buffer), "한글 ab\n│x│\n");
    }
}
