//! Random keys and messages at random sizes, and the speed with a large tree.

use std::time::{Duration, Instant};

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;

use super::fixtures::*;
use super::harness::*;
use crate::engine::project::ScriptTree;
use crate::tui::app::{Msg, parse_keys};

/// Every key of the table, and some without a meaning.
const KEYS: &[&str] = &[
    "j",
    "k",
    "g",
    "G",
    "<^d>",
    "<^u>",
    "<up>",
    "<down>",
    "<left>",
    "<right>",
    "h",
    "l",
    "<tab>",
    "<backtab>",
    "1",
    "2",
    "3",
    "4",
    "<enter>",
    "/",
    "n",
    "N",
    "?",
    ":",
    "e",
    "E",
    "y",
    "@",
    "R",
    "<esc>",
    "q",
    "u",
    "U",
    "d",
    "D",
    "c",
    "m",
    "s",
    "x",
    "a",
    "v",
    "V",
    "=",
    "A",
    "b",
    "w",
    "o",
    "t",
    "!",
    "<^c>",
    "<^z>",
    "<space>",
    "<backspace>",
    "<delete>",
    "<home>",
    "<end>",
    "<^w>",
    "<^a>",
    "<^n>",
    "<^p>",
    "<f5>",
    "가",
    "👨‍👩‍👧",
    "legacy_code",
    "<^s>",
    "<^f>",
    "<^g>",
    "<^p>",
    "<^x>",
    "<^v>",
    "<^y>",
    "<^k>",
    "<f1>",
    "<f2>",
    "<f3>",
    "<f8>",
    "<shift-up>",
    "<shift-down>",
    "<shift-end>",
    "<^right>",
    "<pageup>",
    "<pagedown>",
];

#[derive(Debug, Clone)]
enum RandomEvent {
    Keys(&'static str),
    Size(u16, u16),
    Click(u16, u16),
    Wheel(u16, u16, bool),
    Paste(String),
    Look(usize),
}

fn random_event() -> impl Strategy<Value = RandomEvent> {
    prop_oneof![
        12 => (0..KEYS.len()).prop_map(|n| RandomEvent::Keys(KEYS[n])),
        2 => (0u16..210, 0u16..70).prop_map(|(w, h)| RandomEvent::Size(w, h)),
        1 => (0u16..40, 0u16..12).prop_map(|(w, h)| RandomEvent::Size(w, h)),
        2 => (0u16..130, 0u16..50).prop_map(|(x, y)| RandomEvent::Click(x, y)),
        1 => (0u16..130, 0u16..50, any::<bool>()).prop_map(|(x, y, down)| RandomEvent::Wheel(x, y, down)),
        1 => ".{0,12}".prop_map(RandomEvent::Paste),
        1 => (0usize..4).prop_map(RandomEvent::Look),
    ]
}

fn send_event(harness: &mut Harness, random_event: RandomEvent) {
    let mouse = |kind, column, row| Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    match random_event {
        RandomEvent::Keys(keys) => drop(harness.press(keys).asked.len()),
        RandomEvent::Size(width, height) => drop(harness.resize(width, height).asked.len()),
        RandomEvent::Click(x, y) => harness.send(mouse(MouseEventKind::Down(MouseButton::Left), x, y)),
        RandomEvent::Wheel(x, y, true) => harness.send(mouse(MouseEventKind::ScrollDown, x, y)),
        RandomEvent::Wheel(x, y, false) => harness.send(mouse(MouseEventKind::ScrollUp, x, y)),
        RandomEvent::Paste(text) => harness.send(Msg::Paste(text)),
        RandomEvent::Look(n) => {
            harness.heads =
                [vec![], vec![id("c3d2a981e5b4")], vec![id("9f3b6c10a7d2")], vec![id("deadbeef")]][n].clone();
            harness.send(Msg::Poll);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_causes_a_panic(
        events in prop::collection::vec(random_event(), 1..60),
        width in 0u16..140,
        height in 0u16..50,
    ) {
        let mut harness = Harness::with(width, height, sample(), &["7c1d5e02aa10", "b04e77aa0912"]);
        for random_event in events {
            send_event(&mut harness, random_event);
            harness.buffer();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_in_the_editor_causes_a_panic(
        events in prop::collection::vec(random_event(), 1..60),
        width in 0u16..140,
        height in 0u16..50,
    ) {
        let mut harness = Harness::with(width, height, sample(), &["7c1d5e02aa10", "b04e77aa0912"]);
        for random_event in events {
            if harness.model.editor().is_none() {
                harness.press("<esc><esc>3e");
            }
            send_event(&mut harness, random_event);
            harness.buffer();
        }
        if let Some(editor) = harness.model.editor() {
            let (row, character) = editor.document.cursor();
            prop_assert!(character <= editor.document.line(row).chars().count());
        }
    }
}

/// A tree of `count` revisions. Every hundredth one has a sibling.
fn large(count: usize) -> ScriptTree {
    let name = |n: usize| format!("{n:012x}");
    let mut files = Vec::with_capacity(count);
    for n in 0..count {
        let parents: Vec<String> = match n {
            0 => vec![],
            _ if n % 100 == 2 => vec![name(n - 2)],
            _ if n % 100 == 3 => vec![name(n - 1), name(n - 2)],
            _ => vec![name(n - 1)],
        };
        let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
        files.push(file(&name(n), "실행 상태 색인을 더한다 and say so at length", &parents, "SELECT 1;", ""));
    }
    tree(files)
}

#[test]
fn keys_and_frames_do_not_slow_down_with_the_tree() {
    let small = slowest(1_000);
    let large = slowest(40_000);
    assert!(large < small * 4 + Duration::from_millis(5), "{small:?} with 1,000, {large:?} with 40,000");
}

/// The 95th percentile of update and draw together, during a walk through the tree.
fn slowest(count: usize) -> Duration {
    let mut harness = Harness::with(200, 60, large(count), &[&format!("{:012x}", count / 2)]);
    let keys = parse_keys(&"jjjj<^d>k<^d>G<^u>kkg".repeat(8)).unwrap();
    let mut times: Vec<Duration> = keys
        .into_iter()
        .map(|key| {
            let start = Instant::now();
            harness.send(Msg::Key(key));
            harness.buffer();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() * 95 / 100]
}
