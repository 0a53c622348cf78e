//! Box drawing and block characters as shapes, so that lines meet in every font.

/// The shape of a character, in fractions of a cell.
pub(super) enum Shape {
    /// An SVG path in a unit cell, drawn as a stroke: lines from the middle to the edges.
    Lines { up: bool, right: bool, down: bool, left: bool, heavy: bool },
    /// A quarter circle between two edges.
    Arc { up: bool, left: bool },
    /// A filled part of the cell: x, y, width, height.
    Block(f32, f32, f32, f32),
}

/// The shape of a character, if it has one.
pub(super) fn shape(symbol: &str) -> Option<Shape> {
    let mut characters = symbol.chars();
    let (Some(character), None) = (characters.next(), characters.next()) else {
        return None;
    };
    let lines = |directions: &str, heavy| {
        let has = |direction| directions.contains(direction);
        Some(Shape::Lines { up: has('u'), right: has('r'), down: has('d'), left: has('l'), heavy })
    };
    match character {
        '─' => lines("lr", false),
        '│' => lines("ud", false),
        '┌' => lines("rd", false),
        '┐' => lines("ld", false),
        '└' => lines("ur", false),
        '┘' => lines("ul", false),
        '├' => lines("urd", false),
        '┤' => lines("uld", false),
        '┬' => lines("lrd", false),
        '┴' => lines("lru", false),
        '┼' => lines("lrud", false),
        '╴' => lines("l", false),
        '╵' => lines("u", false),
        '╶' => lines("r", false),
        '╷' => lines("d", false),
        '━' => lines("lr", true),
        '┃' => lines("ud", true),
        '┏' => lines("rd", true),
        '┓' => lines("ld", true),
        '┗' => lines("ur", true),
        '┛' => lines("ul", true),
        '┣' => lines("urd", true),
        '┫' => lines("uld", true),
        '╭' => Some(Shape::Arc { up: false, left: false }),
        '╮' => Some(Shape::Arc { up: false, left: true }),
        '╰' => Some(Shape::Arc { up: true, left: false }),
        '╯' => Some(Shape::Arc { up: true, left: true }),
        '█' => Some(Shape::Block(0.0, 0.0, 1.0, 1.0)),
        '▌' => Some(Shape::Block(0.0, 0.0, 0.5, 1.0)),
        '▐' => Some(Shape::Block(0.5, 0.0, 0.5, 1.0)),
        '▀' => Some(Shape::Block(0.0, 0.0, 1.0, 0.5)),
        '▄' => Some(Shape::Block(0.0, 0.5, 1.0, 0.5)),
        '▎' => Some(Shape::Block(0.0, 0.0, 0.25, 1.0)),
        '▏' => Some(Shape::Block(0.0, 0.0, 0.125, 1.0)),
        '▕' => Some(Shape::Block(0.875, 0.0, 0.125, 1.0)),
        _ => None,
    }
}
