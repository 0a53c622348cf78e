//! A screen as a picture: rectangles for backgrounds, and text in runs at the columns of its cells.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use ratatui::style::Modifier;

use super::boxes::{Shape, shape};
use super::colour::{self, BACKGROUND, FOREGROUND, Rgb};
use super::{Placed, row};

/// The size of a cell in pixels, and the baseline of the text below its top.
const WIDTH: f32 = 8.43;
const HEIGHT: f32 = 18.0;
const BASELINE: f32 = 13.5;
const FONT_SIZE: u8 = 14;
/// The space between the edge of the window and the first cell.
const MARGIN: f32 = 12.0;

/// The whole picture, one element on each line.
pub(super) fn print(buffer: &Buffer, cursor: Option<Position>) -> String {
    let width = f32::from(buffer.area.width) * WIDTH + 2.0 * MARGIN;
    let height = f32::from(buffer.area.height) * HEIGHT + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.2} {height:.2}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"{FONT_SIZE}\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        BACKGROUND.hex()
    );
    let _ = writeln!(svg, "<g transform=\"translate({MARGIN} {MARGIN})\">");
    for y in 0..buffer.area.height {
        backgrounds(&mut svg, buffer, y);
    }
    for y in 0..buffer.area.height {
        foregrounds(&mut svg, buffer, y);
    }
    if let Some(cursor) = cursor {
        rectangle(&mut svg, (cursor.x, cursor.y, 1), FOREGROUND, " fill-opacity=\"0.6\"");
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn backgrounds(svg: &mut String, buffer: &Buffer, y: u16) {
    let mut open: Option<(u16, u16, Rgb)> = None;
    for placed in row(buffer, buffer.area.y + y) {
        let (_, background) = colour::of(placed.cell);
        match &mut open {
            Some((_, width, colour)) if *colour == background => *width += placed.width,
            _ => {
                close(svg, open, y);
                open = Some((placed.column, placed.width, background));
            }
        }
    }
    close(svg, open, y);
}

fn close(svg: &mut String, open: Option<(u16, u16, Rgb)>, y: u16) {
    if let Some((column, width, colour)) = open
        && colour != BACKGROUND
    {
        rectangle(svg, (column, y, width), colour, "");
    }
}

fn rectangle(svg: &mut String, (column, y, width): (u16, u16, u16), colour: Rgb, more: &str) {
    let _ = writeln!(
        svg,
        "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{HEIGHT:.2}\" fill=\"{}\"{more}/>",
        f32::from(column) * WIDTH,
        f32::from(y) * HEIGHT,
        f32::from(width) * WIDTH,
        colour.hex()
    );
}

/// Text that is written as one element.
struct TextRun {
    column: u16,
    width: u16,
    text: String,
    colour: Rgb,
    modifier: Modifier,
}

fn foregrounds(svg: &mut String, buffer: &Buffer, y: u16) {
    let mut run: Option<TextRun> = None;
    for placed in row(buffer, buffer.area.y + y) {
        let (colour, _) = colour::of(placed.cell);
        if let Some(shape) = shape(placed.cell.symbol()) {
            flush(svg, &mut run, y);
            draw(svg, &shape, placed.column, y, colour);
        } else if is_blank(placed.cell) {
            flush(svg, &mut run, y);
        } else {
            write(svg, &mut run, &placed, y, colour);
        }
    }
    flush(svg, &mut run, y);
}

/// Adds a cell to the open run or opens a new one. A character whose width may differ from its cells has its own run.
fn write(svg: &mut String, run: &mut Option<TextRun>, placed: &Placed, y: u16, colour: Rgb) {
    let alone = !placed.cell.symbol().is_ascii();
    let modifier = placed.cell.modifier;
    let fits = run
        .as_ref()
        .is_some_and(|run| run.colour == colour && run.modifier == modifier && run.column + run.width == placed.column);
    if alone || !fits {
        flush(svg, run, y);
    }
    let open =
        run.get_or_insert_with(|| TextRun { column: placed.column, width: 0, text: String::new(), colour, modifier });
    open.text.push_str(placed.cell.symbol());
    open.width += placed.width;
    if alone {
        flush(svg, run, y);
    }
}

fn flush(svg: &mut String, run: &mut Option<TextRun>, y: u16) {
    let Some(run) = run.take() else {
        return;
    };
    let x = f32::from(run.column) * WIDTH;
    let length = f32::from(run.width) * WIDTH;
    let bold = if run.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let italic = if run.modifier.contains(Modifier::ITALIC) { " font-style=\"italic\"" } else { "" };
    let _ = writeln!(
        svg,
        "<text x=\"{x:.2}\" y=\"{:.2}\" textLength=\"{length:.2}\" fill=\"{}\"{bold}{italic}>{}</text>",
        f32::from(y) * HEIGHT + BASELINE,
        run.colour.hex(),
        escape(&run.text)
    );
    for (modifier, below) in [(Modifier::UNDERLINED, BASELINE + 2.5), (Modifier::CROSSED_OUT, BASELINE - 4.5)] {
        if run.modifier.contains(modifier) {
            let line = format!("M{x:.2} {:.2}h{length:.2}", f32::from(y) * HEIGHT + below);
            stroke(svg, &line, run.colour, 1.0);
        }
    }
}

fn draw(svg: &mut String, shape: &Shape, column: u16, y: u16, colour: Rgb) {
    let (left, top) = (f32::from(column) * WIDTH, f32::from(y) * HEIGHT);
    let (half_width, half_height) = (WIDTH / 2.0, HEIGHT / 2.0);
    let (x, y) = (left + half_width, top + half_height);
    match *shape {
        Shape::Block(from_left, from_top, width, height) => {
            let _ = writeln!(
                svg,
                "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{}\"/>",
                left + from_left * WIDTH,
                top + from_top * HEIGHT,
                width * WIDTH,
                height * HEIGHT,
                colour.hex()
            );
        }
        Shape::Arc { up, left: to_left } => {
            let vertical = if up { -half_height } else { half_height };
            let horizontal = if to_left { -half_width } else { half_width };
            let bend = half_width.copysign(vertical);
            let path =
                format!("M{x:.2} {:.2}V{:.2}Q{x:.2} {y:.2} {:.2} {y:.2}", y + vertical, y + bend, x + horizontal);
            stroke(svg, &path, colour, 1.2);
        }
        Shape::Lines { up, right, down, left: to_left, heavy } => {
            let mut path = String::new();
            if up || down {
                let (from, to) = (if up { top } else { y }, if down { top + HEIGHT } else { y });
                let _ = write!(path, "M{x:.2} {from:.2}V{to:.2}");
            }
            if to_left || right {
                let (from, to) = (if to_left { left } else { x }, if right { left + WIDTH } else { x });
                let _ = write!(path, "M{from:.2} {y:.2}H{to:.2}");
            }
            stroke(svg, &path, colour, if heavy { 2.4 } else { 1.2 });
        }
    }
}

fn stroke(svg: &mut String, path: &str, colour: Rgb, width: f32) {
    let _ = writeln!(svg, "<path d=\"{path}\" stroke=\"{}\" stroke-width=\"{width}\" fill=\"none\"/>", colour.hex());
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol().trim().is_empty() && !cell.modifier.intersects(Modifier::UNDERLINED | Modifier::CROSSED_OUT)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use ratatui::style::Stylize;
    use ratatui::text::Line;

    use super::*;

    #[test]
    fn every_run_starts_at_the_column_of_its_first_cell() {
        let mut buffer = Buffer::with_lines(["한 a<b  cd"]);
        buffer.set_line(8, 0, &Line::from("cd".red()), 2);
        let svg = print(&buffer, None);
        assert!(svg.contains("<text x=\"0.00\" y=\"13.50\" textLength=\"16.86\" fill=\"#d6dae2\">한</text>"), "{svg}");
        assert!(svg.contains(&format!("<text x=\"{:.2}\"", 3.0 * WIDTH)) && svg.contains(">a&lt;b</text>"), "{svg}");
        assert!(
            svg.contains(&format!("x=\"{:.2}\" y=\"13.50\" textLength=\"16.86\" fill=\"#e06a71\">cd<", 8.0 * WIDTH))
        );
    }

    #[test]
    fn box_lines_reach_the_edges_of_their_cells() {
        let svg = print(&Buffer::with_lines(["─┐", " │"]), None);
        assert!(svg.contains("d=\"M0.00 9.00H8.43\""), "{svg}");
        assert!(svg.contains("d=\"M12.65 9.00V18.00M8.43 9.00H12.65\""), "{svg}");
        assert!(svg.contains("d=\"M12.65 18.00V36.00\""), "{svg}");
        assert!(!svg.contains("<text"));
    }

    #[test]
    fn backgrounds_of_one_colour_are_one_rectangle() {
        let mut buffer = Buffer::with_lines(["abcd"]);
        buffer.set_line(1, 0, &Line::from("bc".on_blue()), 2);
        let svg = print(&buffer, None);
        assert!(
            svg.contains("<rect x=\"8.43\" y=\"0.00\" width=\"16.86\" height=\"18.00\" fill=\"#6aa5e8\"/>"),
            "{svg}"
        );
    }
}
