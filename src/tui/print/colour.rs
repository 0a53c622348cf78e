//! The colours of a terminal, for pictures.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// Red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rgb(pub u8, pub u8, pub u8);

/// The default foreground and background.
pub(super) const FOREGROUND: Rgb = Rgb(0xd6, 0xda, 0xe2);
pub(super) const BACKGROUND: Rgb = Rgb(0x16, 0x19, 0x21);

const SIXTEEN: [Rgb; 16] = [
    Rgb(0x24, 0x28, 0x33),
    Rgb(0xe0, 0x6a, 0x71),
    Rgb(0x8f, 0xbf, 0x70),
    Rgb(0xdf, 0xb9, 0x6a),
    Rgb(0x6a, 0xa5, 0xe8),
    Rgb(0xc0, 0x88, 0xdc),
    Rgb(0x5b, 0xb8, 0xbf),
    Rgb(0xb4, 0xbb, 0xc8),
    Rgb(0x6f, 0x78, 0x8a),
    Rgb(0xf0, 0x86, 0x8c),
    Rgb(0xa9, 0xd6, 0x8b),
    Rgb(0xf0, 0xd0, 0x8a),
    Rgb(0x8c, 0xbd, 0xf6),
    Rgb(0xd4, 0xa4, 0xec),
    Rgb(0x7d, 0xd3, 0xd9),
    Rgb(0xf4, 0xf6, 0xfa),
];

impl Rgb {
    /// `#rrggbb`.
    pub(super) fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    fn mix_half(self, other: Self) -> Self {
        let mix = |a: u8, b: u8| u8::try_from((u16::from(a) * 6 + u16::from(b) * 4) / 10).unwrap_or(a);
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

/// The foreground and the background of a cell after `reversed`, `dim` and `hidden`.
pub(super) fn of(cell: &Cell) -> (Rgb, Rgb) {
    let mut foreground = rgb(cell.fg, FOREGROUND);
    let mut background = rgb(cell.bg, BACKGROUND);
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut foreground, &mut background);
    }
    if cell.modifier.contains(Modifier::DIM) {
        foreground = foreground.mix_half(background);
    }
    if cell.modifier.contains(Modifier::HIDDEN) {
        foreground = background;
    }
    (foreground, background)
}

fn rgb(colour: Color, unset: Rgb) -> Rgb {
    match colour {
        Color::Reset => unset,
        Color::Black => SIXTEEN[0],
        Color::Red => SIXTEEN[1],
        Color::Green => SIXTEEN[2],
        Color::Yellow => SIXTEEN[3],
        Color::Blue => SIXTEEN[4],
        Color::Magenta => SIXTEEN[5],
        Color::Cyan => SIXTEEN[6],
        Color::Gray => SIXTEEN[7],
        Color::DarkGray => SIXTEEN[8],
        Color::LightRed => SIXTEEN[9],
        Color::LightGreen => SIXTEEN[10],
        Color::LightYellow => SIXTEEN[11],
        Color::LightBlue => SIXTEEN[12],
        Color::LightMagenta => SIXTEEN[13],
        Color::LightCyan => SIXTEEN[14],
        Color::White => SIXTEEN[15],
        Color::Rgb(red, green, blue) => Rgb(red, green, blue),
        Color::Indexed(index) => indexed(index),
    }
}

/// The 256 colours: sixteen, a cube of six levels, and greys.
fn indexed(index: u8) -> Rgb {
    match index {
        0..16 => SIXTEEN[usize::from(index)],
        16..232 => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let n = index - 16;
            Rgb(level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            Rgb(grey, grey, grey)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cube_and_the_greys_are_those_of_xterm() {
        assert_eq!(indexed(16), Rgb(0, 0, 0));
        assert_eq!(indexed(196), Rgb(255, 0, 0));
        assert_eq!(indexed(231), Rgb(255, 255, 255));
        assert_eq!(indexed(232), Rgb(8, 8, 8));
        assert_eq!(indexed(255), Rgb(238, 238, 238));
    }

    #[test]
    fn reversed_swaps_and_hidden_hides() {
        let mut cell = Cell::new("x");
        cell.fg = Color::Rgb(1, 2, 3);
        cell.modifier = Modifier::REVERSED;
        assert_eq!(of(&cell), (BACKGROUND, Rgb(1, 2, 3)));
        cell.modifier = Modifier::HIDDEN;
        assert_eq!(of(&cell), (BACKGROUND, BACKGROUND));
    }
}
