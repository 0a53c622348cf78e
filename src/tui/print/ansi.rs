//! A screen as text with SGR sequences.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::row;

/// One line for each row. Styles end with their row.
pub(super) fn print(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut last = String::new();
        for placed in row(buffer, y) {
            let style = sequence(placed.cell);
            if style != last {
                text.push_str("\x1b[0m");
                text.push_str(&style);
                last = style;
            }
            text.push_str(placed.cell.symbol());
        }
        text.push_str(if last.is_empty() { "\n" } else { "\x1b[0m\n" });
    }
    text
}

/// The sequence that sets a cell's style after a reset. Empty for a plain cell.
fn sequence(cell: &Cell) -> String {
    const MODIFIERS: [(Modifier, u8); 7] = [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
        (Modifier::HIDDEN, 8),
        (Modifier::CROSSED_OUT, 9),
    ];
    let mut codes: Vec<String> = MODIFIERS
        .into_iter()
        .filter(|(modifier, _)| cell.modifier.contains(*modifier))
        .map(|(_, code)| code.to_string())
        .collect();
    codes.extend(colour(cell.fg, 30));
    codes.extend(colour(cell.bg, 40));
    let mut text = String::new();
    if !codes.is_empty() {
        let _ = write!(text, "\x1b[{}m", codes.join(";"));
    }
    text
}

/// The code of a colour. `base` is 30 for the foreground and 40 for the background.
fn colour(colour: Color, base: u8) -> Option<String> {
    let dark = |n: u8| Some((base + n).to_string());
    let bright = |n: u8| Some((base + 60 + n).to_string());
    match colour {
        Color::Reset => None,
        Color::Black => dark(0),
        Color::Red => dark(1),
        Color::Green => dark(2),
        Color::Yellow => dark(3),
        Color::Blue => dark(4),
        Color::Magenta => dark(5),
        Color::Cyan => dark(6),
        Color::Gray => dark(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Rgb(red, green, blue) => Some(format!("{};2;{red};{green};{blue}", base + 8)),
        Color::Indexed(index) => Some(format!("{};5;{index}", base + 8)),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Style, Stylize};
    use ratatui::text::Line;

    use super::*;

    #[test]
    fn a_terminal_reads_the_printed_screen() {
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 12, 1));
        let line = Line::from(vec!["a".bold().red(), "한".on_blue(), " z".into()]);
        buffer.set_line(0, 0, &line, 12);
        buffer.set_style(ratatui::layout::Rect::new(4, 0, 1, 1), Style::new().fg(Color::Indexed(200)).reversed());
        let mut terminal = vt100::Parser::new(1, 12, 0);
        terminal.process(print(&buffer).trim_end().as_bytes());
        let screen = terminal.screen();
        let cell = |column| screen.cell(0, column).unwrap();
        assert!(cell(0).bold() && cell(0).fgcolor() == vt100::Color::Idx(1));
        assert!(cell(1).is_wide() && !cell(1).bold() && cell(1).bgcolor() == vt100::Color::Idx(4));
        assert_eq!(cell(4).contents(), "z");
        assert!(cell(4).inverse() && cell(4).fgcolor() == vt100::Color::Idx(200));
    }
}
