//! A key press in the editor on a script of 2,000 lines: `update`, highlighting of the visible lines, and drawing.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use limbeck::tui::app::opening::{Opening, Origin, Panel};
use limbeck::tui::app::{Model, Msg, Start, parse_keys, update};
use limbeck::tui::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::{Figure, milliseconds, quantile, scripts};

const SIZE: (u16, u16) = (120, 40);
/// The typed keys: words, a string that is opened and closed, a new line, deleting, moving, undo.
const KEYS: &str = "ALTER TABLE t ADD x text DEFAULT 'abc';<enter>-- note<left><left><backspace><^z><^y>\
                    <up><down><pagedown><pageup><shift-down><delete><^z><home>";
const ROUNDS: usize = 40;

/// A script of 2,000 lines with functions, strings and comments.
fn script() -> String {
    let mut text = scripts::text(1).split("CREATE TABLE").next().unwrap().to_owned();
    for n in 0..400 {
        write!(
            text,
            "CREATE FUNCTION f{n}() RETURNS int LANGUAGE plpgsql AS $body$\nBEGIN -- it's\n  \
             RETURN {n} /* of many */;\nEND $body$;\nCOMMENT ON FUNCTION f{n}() IS 'one''s own';\n"
        )
        .unwrap();
    }
    text
}

pub fn measure() -> Vec<Figure> {
    let (mut model, _) = Model::new(Start { width: SIZE.0, height: SIZE.1, ..Start::default() });
    let now = jiff::civil::time(12, 0, 0, 0);
    let opening = Opening {
        path: PathBuf::from("/project/versions/long.sql"),
        home: None,
        text: script().into(),
        origin: Origin::Script,
        revision: None,
        line: Some(1000),
        panel: Panel::default(),
    };
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
    let since = Instant::now();
    update(&mut model, Msg::OpenEditor(Box::new(opening)), now);
    terminal.draw(|frame| view::draw(&model, frame)).unwrap();
    let opened = since.elapsed();
    let keys = parse_keys(KEYS).unwrap();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        for key in &keys {
            let since = Instant::now();
            update(&mut model, Msg::Key(*key), now);
            terminal.draw(|frame| view::draw(&model, frame)).unwrap();
            times.push(since.elapsed());
        }
    }
    let note = format!(
        " (median {:.2} ms of {}; opened in its middle in {:.0} ms)",
        milliseconds(quantile(times.clone(), 0.5)),
        times.len(),
        milliseconds(opened)
    );
    vec![Figure {
        work: format!("a key in a script of 2,000 lines, {}×{}, 99th percentile", SIZE.0, SIZE.1),
        measured: milliseconds(quantile(times, 0.99)),
        bound: 2.0,
        unit: "ms",
        note,
    }]
}
