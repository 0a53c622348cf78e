//! Draws the screen of a terminal as a picture, and masks the parts that differ in each run.

use limbeck::tui::print::{Format, print};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use resvg::{tiny_skia, usvg};

use crate::support::repository;

/// Writes `screenshots/NAME.svg` and `.png` if `UPDATE_SCREENSHOTS` is set.
pub fn save(name: &str, screen: &vt100::Screen) {
    if std::env::var_os("UPDATE_SCREENSHOTS").is_none_or(|value| value != "1") {
        return;
    }
    let mut buffer = buffer(screen);
    mask(&mut buffer);
    let (row, column) = screen.cursor_position();
    let cursor = (!screen.hide_cursor()).then_some(Position { x: column, y: row });
    let svg = print(&buffer, cursor, Format::Svg);
    let folder = repository().join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), png(&svg)).unwrap();
    std::fs::write(folder.join(format!("{name}.svg")), svg).unwrap();
}

/// Converts the cells of the terminal to cells of the UI.
fn buffer(screen: &vt100::Screen) -> Buffer {
    let (rows, columns) = screen.size();
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
        let (Some(from), Some(to)) = (screen.cell(y, x), buffer.cell_mut(Position { x, y })) else { continue };
        if from.has_contents() {
            to.set_symbol(from.contents());
        }
        let modifiers = [
            (from.bold(), Modifier::BOLD),
            (from.dim(), Modifier::DIM),
            (from.italic(), Modifier::ITALIC),
            (from.underline(), Modifier::UNDERLINED),
            (from.inverse(), Modifier::REVERSED),
        ];
        let modifier: Modifier = modifiers.iter().filter(|(on, _)| *on).map(|(_, modifier)| *modifier).collect();
        to.set_style(Style::new().fg(colour(from.fgcolor())).bg(colour(from.bgcolor())).add_modifier(modifier));
    }
    buffer
}

fn colour(colour: vt100::Color) -> Color {
    match colour {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}

/// Replaces every clock time with 10:02:11, each duration with 1 of its unit (right-aligned), and the random part of the
/// name of a temporary folder with a fixed text.
fn mask(buffer: &mut Buffer) {
    for y in 0..buffer.area.height {
        let cells: Vec<String> = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol().to_owned()).collect();
        for (x, symbol) in masked(&cells) {
            buffer[(u16::try_from(x).unwrap(), y)].set_symbol(symbol);
        }
    }
}

/// The cells of a row that change.
fn masked(cells: &[String]) -> Vec<(usize, &'static str)> {
    let mut changes = masked_times(cells);
    let starts = |at: usize, text: &str| {
        text.chars().enumerate().all(|(n, c)| cells.get(at + n).is_some_and(|cell| cell.chars().eq([c])))
    };
    for at in 0..cells.len() {
        // The folder of the test, and the folder of the socket, which is named after it.
        if starts(at, "limbeck-project-") {
            changes.extend(
                ["s", "a", "m", "p", "l", "e"].into_iter().enumerate().map(|(n, letter)| (at + 16 + n, letter)),
            );
        } else if starts(at, "/limbeck-0-") {
            changes.extend((0..12).map(|n| (at + 11 + n, ["5", "a", "b", "1", "e", "0"][n % 6])));
        }
    }
    changes.retain(|(x, _)| *x < cells.len());
    changes
}

const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

fn masked_times(cells: &[String]) -> Vec<(usize, &'static str)> {
    let is_digit = |x: usize| cells.get(x).is_some_and(|cell| cell.chars().all(|c| c.is_ascii_digit()));
    let is = |x: usize, text: &str| cells.get(x).is_some_and(|cell| cell == text);
    let mut changes = Vec::new();
    for start in 0..cells.len() {
        let clock = (0..8).all(|n| if n == 2 || n == 5 { is(start + n, ":") } else { is_digit(start + n) });
        // A Create Date has a time zone and is part of the script.
        if clock && !is(start + 8, "+") {
            let digits = ["1", "0", ":", "0", "2", ":", "1", "1"];
            changes.extend(digits.into_iter().enumerate().map(|(n, digit)| (start + n, digit)));
        }
        // The time at which a copy was made, in minutes.
        let minute = "0000-00-00 00:00 UTC";
        let is_minute = minute.chars().enumerate().all(|(n, letter)| match letter {
            '0' => is_digit(start + n),
            letter => cells.get(start + n).is_some_and(|cell| cell.chars().eq([letter])),
        });
        if is_minute {
            let digits =
                "2026-11-22 10:02".chars().map(|digit| DIGITS.into_iter().find(|known| known.starts_with(digit)));
            changes.extend(digits.enumerate().filter_map(|(n, digit)| Some((start + n, digit?))));
        }
        let unit = is(start + 1, "s") || ["m", "µ"].iter().any(|prefix| is(start + 1, prefix)) && is(start + 2, "s");
        let is_word =
            cells.get(start + 2).is_some_and(|cell| cell.chars().all(char::is_alphanumeric)) && is(start + 1, "s");
        if unit && !is_word && is(start, " ") && start > 0 && is_digit(start - 1) {
            let number = (0..start).rev().take_while(|x| is_digit(*x) || is(*x, "."));
            changes.extend(number.map(|x| (x, if x == start - 1 { "1" } else { " " })));
        }
    }
    changes
}

/// The picture at double size, with the fonts of the machine.
fn png(svg: &str) -> Vec<u8> {
    let mut options = usvg::Options::default();
    options.fontdb_mut().load_system_fonts();
    "DejaVu Sans Mono".clone_into(&mut options.font_family);
    let tree = usvg::Tree::from_str(svg, &options).unwrap();
    let size = tree.size().to_int_size();
    let mut pixmap = tiny_skia::Pixmap::new(size.width() * 2, size.height() * 2).unwrap();
    resvg::render(&tree, tiny_skia::Transform::from_scale(2.0, 2.0), &mut pixmap.as_mut());
    pixmap.encode_png().unwrap()
}

#[test]
fn only_times_durations_and_folder_names_are_masked() {
    let row = |text: &str| {
        let mut cells: Vec<String> = text.chars().map(String::from).collect();
        for (x, symbol) in masked(&cells.clone()) {
            cells[x] = symbol.to_owned();
        }
        cells.concat()
    };
    assert_eq!(row("23:59:01  upgrade   123.5 ms | 41 s"), "10:02:11  upgrade       1 ms |  1 s");
    assert_eq!(row("Create Date: 2026-07-01 12:00:41+00:00"), "Create Date: 2026-07-01 12:00:41+00:00");
    assert_eq!(row("at /tmp/limbeck-project-Ab12Cd/x"), "at /tmp/limbeck-project-sample/x");
    assert_eq!(row("2 scripts, 3 rows, 1:2:3, 12 statements"), "2 scripts, 3 rows, 1:2:3, 12 statements");
}
