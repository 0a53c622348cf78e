//! `L`: the runs in the ledger.

use super::harness::*;
use crate::core::copies::CopyKind;
use crate::core::graph::Direction;
use crate::engine::Error;
use crate::engine::copies::LoggedCopy;
use crate::engine::log::LoggedRun;
use crate::engine::state::ledger_log::LogEntry;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::runs::RunsMsg;
use crate::tui::app::{Generation, Msg};

/// The answer of the engine: a run that destroyed values, and a failed one.
pub fn answer(generation: Generation) -> Vec<Msg> {
    vec![read(generation, Ok(runs()))]
}

fn read(generation: Generation, answer: Result<Vec<LoggedRun>, Error>) -> Msg {
    Msg::Ended(generation, ScreenMsg::Runs(RunsMsg(answer)))
}

fn runs() -> Vec<LoggedRun> {
    let entry = LogEntry {
        id: 2,
        revision: "7c1d5e02aa10".into(),
        direction: Direction::Upgrade,
        state: "done".into(),
        message: "drop the legacy code of functions".into(),
        role: "app_owner".into(),
        client: "limbeck 0.1.0".into(),
        at: "2026-11-22T10:00:00Z".into(),
        seconds: Some(2.25),
        approved: vec!["data-loss".into(), "lock".into()],
        error: None,
    };
    let copy = LoggedCopy {
        log: 2,
        kind: CopyKind::Column,
        object: "functions.legacy_code".into(),
        rows: 1204,
        state: "kept".into(),
    };
    let failed = LogEntry {
        id: 1,
        state: "failed".into(),
        seconds: None,
        approved: Vec::new(),
        error: Some("revision 7c1d5e02aa10: canceling statement\ndue to lock timeout".into()),
        ..entry.clone()
    };
    vec![LoggedRun { entry, copies: vec![copy] }, LoggedRun { entry: failed, copies: Vec::new() }]
}

#[test]
fn the_ledger_shows_approvals_copies_and_errors() {
    for (width, height) in [(120, 30), (80, 24), (60, 15)] {
        let mut harness = Harness::new(width, height);
        harness.press("L");
        insta::assert_snapshot!(format!("ledger_{width}x{height}"), harness.screen());
    }
}

#[test]
fn enter_selects_the_revision_and_errors_stay_visible() {
    let mut harness = Harness::new(120, 30);
    harness.press("L<enter>");
    assert_eq!(harness.model.history.selected_revision().map(|id| id.short().to_owned()).as_deref(), Some("7c1d5e02"));
    harness.press("L");
    harness.hold = true;
    let generation = harness.press("R").model.jobs.generation();
    harness.send(read(generation, Err(Error::new("permission denied for table log"))));
    assert!(harness.screen().contains("permission denied for table log"), "{}", harness.screen());
}
