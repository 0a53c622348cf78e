//! A key press through the real `update` and the frame after it, with 100,000 revisions at 200×60.

use std::sync::Arc;
use std::time::Instant;

use limbeck::core::script::Script;
use limbeck::engine::project::{ScriptFile, ScriptTree};
use limbeck::tui::app::{Model, Msg, Start, parse_keys, update};
use limbeck::tui::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::{Figure, milliseconds, quantile, scripts};

const REVISIONS: usize = 100_000;
const SIZE: (u16, u16) = (200, 60);
const KEYS: &str = "jjjjjkkk<c-d><c-d><c-d><c-u>jjjjGkkk<c-u><c-u>gjj<tab>jj<tab>jj<tab><tab>?<esc>";
const ROUNDS: usize = 40;

pub fn measure() -> Vec<Figure> {
    let file = |n| {
        let text = scripts::text(n);
        let script = Script::parse(&text).unwrap();
        let path = format!("/project/versions/{}_change_{n}.sql", scripts::id(n)).into();
        Arc::new(ScriptFile { path, text: text.into(), script })
    };
    let tree = ScriptTree::from_scripts((0..REVISIONS).map(file).collect(), Vec::new());
    let (mut model, _) = Model::new(Start { width: SIZE.0, height: SIZE.1, ..Start::default() });
    let now = jiff::civil::time(12, 0, 0, 0);
    update(&mut model, Msg::ScriptsLoaded(Arc::new(tree)), now);
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
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
    let note = format!(" (median {:.2} ms of {})", milliseconds(quantile(times.clone(), 0.5)), times.len());
    vec![Figure {
        work: format!("update and draw, {REVISIONS} revisions, {}×{}, 99th percentile", SIZE.0, SIZE.1),
        measured: milliseconds(quantile(times, 0.99)),
        bound: 5.0,
        unit: "ms",
        note,
    }]
}
