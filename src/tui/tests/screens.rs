//! Snapshots of the screens at several sizes. `INSTA_UPDATE=always cargo test` updates them.

use std::sync::Arc;
use std::time::Duration;

use super::fixtures::*;
use super::harness::*;
use crate::engine::apply::Progress;
use crate::engine::project::ScriptProblem;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::theme::Role;
use crate::tui::app::{Msg, Start};
use crate::tui::editor::{Highlighted, TokenKind};

/// The sizes of the snapshots.
const SIZES: [(u16, u16); 5] = [(80, 24), (40, 10), (60, 15), (120, 40), (200, 60)];

fn pictures(name: &str, harness: &mut Harness) {
    for (width, height) in SIZES {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), harness.screen());
    }
}

fn picture(name: &str, harness: &Harness) {
    insta::assert_snapshot!(name, harness.screen());
}

fn unreachable_error() -> Error {
    Error::of(ErrorKind::Connection, "the server at localhost:5432 cannot be reached").because("connection refused")
}

fn failure() -> Error {
    Error {
        kind: ErrorKind::Failed,
        message: String::from("column \"legacy_code\" of relation \"functions\" does not exist"),
        causes: vec![
            String::from("SQLSTATE 42703"),
            String::from("9f3b6c10a7d2 was rolled back, 51ab90de3c44 is committed"),
        ],
        hint: Some(String::from("look at the script, or mark the step as done with a stamp")),
        revision: Some(String::from("9f3b6c10a7d2")),
        line: Some(8),
        excerpt: Some(String::from(
            "  8 | ALTER TABLE functions DROP COLUMN legacy_code;\n    |                                   ^",
        )),
        needs_consent: None,
        unplanned: Vec::new(),
    }
}

#[test]
fn main_screen() {
    pictures("main", &mut Harness::new(80, 24));
}

#[test]
fn before_any_answer() {
    picture("first_frame", &Harness::silent(120, 30, sample(), &[], start(120, 30)));
}

#[test]
fn script_pane_on_a_narrow_screen() {
    let mut harness = Harness::new(80, 24);
    harness.press("<enter>");
    pictures("script", &mut harness);
}

#[test]
fn plan_confirmation_and_result() {
    let mut harness = Harness::new(80, 24);
    harness.press("u");
    pictures("plan", &mut harness);
    harness.press("s<enter>legacy");
    pictures("confirm", &mut harness);
    harness.press("_code<enter>");
    pictures("applied", &mut harness);
}

#[test]
fn a_failed_run() {
    let mut harness = Harness::new(120, 30);
    harness.fails = Some(failure());
    harness.press("u<enter>legacy_code<enter>");
    pictures("failed", &mut harness);
}

#[test]
fn a_running_plan() {
    let mut harness = Harness::new(120, 30);
    harness.press("u");
    harness.hold = true;
    harness.press("<enter>legacy_code<enter>");
    let elapsed = Duration::from_millis(3);
    for progress in [
        Progress::StepStarted { step: 0 },
        Progress::StepDone { step: 0, elapsed },
        Progress::StepStarted { step: 1 },
        Progress::StatementStarted { step: 1, statement: 0 },
        Progress::Notice { severity: String::from("NOTICE"), message: String::from("from the server") },
    ] {
        harness.send(plan_progress(harness.job(), progress));
    }
    harness.now = jiff::civil::time(10, 2, 14, 0);
    harness.send(Msg::Tick);
    pictures("applying", &mut harness);
}

#[test]
fn tokens_are_coloured_at_their_positions() {
    let mut harness = Harness::new(120, 30);
    let tokens = Highlighted { lines: vec![vec![(0..2, TokenKind::Comment), (3..7, TokenKind::Keyword)]] };
    harness.send(Msg::Highlighted(id("9f3b6c10a7d2"), Arc::new(tokens)));
    let buffer = harness.buffer();
    let theme = &harness.model.preferences.theme;
    let at = |x: u16| buffer[(61 + 5 + x, 2)].style().fg;
    assert_eq!(buffer[(66, 2)].symbol(), "-");
    assert_eq!(at(0), theme.style(Role::Comment).fg);
    assert_eq!(at(3), theme.style(Role::Keyword).fg);
    assert_eq!(at(8), theme.style(Role::Text).fg);
}

#[test]
fn dialogs() {
    for (name, keys) in [
        ("help", "?"),
        ("palette", ":gra"),
        ("create", "jjcadd 이메일"),
        ("stamp", "js"),
        ("environment", "x"),
        ("filter", "/time"),
        ("log", "u<enter>legacy_code<enter><esc>@"),
        ("pending", "2j"),
    ] {
        let mut harness = Harness::new(80, 24);
        harness.press(keys);
        picture(&format!("{name}_80x24"), &harness);
        harness.resize(120, 40);
        picture(&format!("{name}_120x40"), &harness);
    }
}

#[test]
fn merging() {
    let mut harness = Harness::with(80, 24, forked(), &["aaaaaaaaaaaa"]);
    harness.press("mm");
    pictures("merge", &mut harness);
}

#[test]
fn server_unreachable() {
    let mut harness = Harness::silent(80, 24, sample(), &[], start(80, 24));
    harness.unreachable = Some(unreachable_error());
    harness.run();
    pictures("unreachable", &mut harness);
}

#[test]
fn no_database() {
    let mut harness = Harness::silent(80, 24, sample(), &[], start(80, 24));
    harness.unreachable = Some(Error::of(ErrorKind::NoDatabase, "no database URL: DATABASE_URL is not set"));
    harness.run();
    pictures("nowhere", &mut harness);
    harness.press("o");
    pictures("offer", &mut harness);
}

#[test]
fn no_revisions_yet() {
    pictures("empty", &mut Harness::with(80, 24, tree(vec![]), &[]));
}

#[test]
fn missing_and_unreadable_scripts() {
    let mut faulty = sample();
    faulty.problems.push(ScriptProblem::File {
        path: "/project/migrations/versions/bad.sql".into(),
        line: Some(3),
        message: String::from("expected '-- Revision ID:' in the header"),
        hint: Some(String::from("compare it with another script")),
    });
    pictures("faulty", &mut Harness::with(80, 24, faulty, &["deadbeef0000"]));
}

#[test]
fn ascii() {
    let options = Start { ascii: true, ..start(120, 40) };
    let mut harness = Harness::silent(120, 40, sample(), &["7c1d5e02aa10", "b04e77aa0912"], options);
    harness.run();
    let screen = harness.screen();
    assert!(screen.chars().all(|c| c.is_ascii() || ('가'..='힣').contains(&c)), "{screen}");
    picture("ascii", &harness);
}

#[test]
fn the_selection_is_visible_in_every_theme() {
    for theme in ["dark", "light", "sixteen", "colour-blind", "mono"] {
        let options = Start { theme: Some(theme.to_owned()), ..start(80, 24) };
        let mut harness = Harness::silent(80, 24, sample(), &["c3d2a981e5b4"], options);
        harness.run();
        harness.press("j");
        let buffer = harness.buffer();
        let (other, chosen) = (buffer[(20, 3)].style(), buffer[(20, 4)].style());
        assert_ne!(other.bg.zip(Some(other.add_modifier)), chosen.bg.zip(Some(chosen.add_modifier)), "{theme}");
    }
}
