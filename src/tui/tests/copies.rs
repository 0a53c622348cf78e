//! `K`: the list of kept copies; one is restored and one is dropped.

use super::harness::*;
use crate::core::copies::{CopyDetail, CopyForecast, CopyKind, ForecastCopy};
use crate::core::graph::Direction;
use crate::engine::Error;
use crate::engine::copies::{RestoredCopy, StoredCopy};
use crate::tui::app::effect::{CopyAction, Task};
use crate::tui::app::{Generation, Msg, Start};

/// The answers of the engine: two copies; restoring succeeds.
pub fn answer(generation: Generation, task: &Task) -> Vec<Msg> {
    match task {
        Task::ReadRuns => super::runs::answer(generation),
        Task::ListCopies => vec![copies_listed(generation, Ok(listed()))],
        Task::ChangeCopy(_, CopyAction::Restore) => {
            let restored = RestoredCopy {
                kind: CopyKind::Column,
                object: "functions.legacy_code".into(),
                rows: 40,
                not_restored: 1,
                added: 2,
            };
            vec![copy_restored(generation, Ok(restored))]
        }
        Task::ChangeCopy(id, CopyAction::Drop) => {
            let dropped = listed().into_iter().filter(|copy| copy.id == *id).collect();
            vec![copy_dropped(generation, Ok(dropped))]
        }
        _ => Vec::new(),
    }
}

fn listed() -> Vec<StoredCopy> {
    let detail = CopyDetail {
        relation: 1,
        database: None,
        only: true,
        columns: Vec::new(),
        key: Vec::new(),
        type_changed: false,
        not_restorable: None,
        sequence_state: None,
        name_before: None,
        batch: None,
    };
    let copy = StoredCopy {
        id: 7,
        revision: "7c1d5e02aa10".into(),
        direction: Direction::Upgrade,
        kind: CopyKind::Column,
        object: "functions.legacy_code".into(),
        schema: "public".into(),
        table: "functions".into(),
        code: "DL103".into(),
        reason: "drops column".into(),
        rows: 41,
        bytes: 16_384,
        at: "2026-11-22T10:00:00Z".into(),
        name: Some("limbeck.kept_7".into()),
        detail: detail.clone(),
        is_complete: true,
    };
    let stuck = CopyDetail { not_restorable: Some("the table has no primary key".into()), ..detail };
    let other = StoredCopy {
        id: 3,
        kind: CopyKind::Rows,
        object: "jobs".into(),
        direction: Direction::Downgrade,
        reason: "deletes rows".into(),
        rows: 1,
        name: Some("limbeck.kept_3".into()),
        detail: stuck,
        ..copy.clone()
    };
    vec![copy, other]
}

#[test]
fn the_list_shows_the_copies_and_what_restores_them() {
    let mut harness = Harness::new(120, 30);
    let screen = harness.press("K").screen();
    assert!(screen.contains("functions.legacy_code  41 values"), "{screen}");
    assert!(screen.contains("16 kB · 2026-11-22 10:00 UTC"), "{screen}");
    assert!(screen.contains("destroyed by the upgrade to 7c1d5e02: drops column"), "{screen}");
    assert!(screen.contains("cannot be restored, but can be read: the table has no primary key"), "{screen}");
    assert!(screen.contains("2 copies, 32 kB"), "{screen}");
    assert!(screen.contains("r restore") && screen.contains("drop"), "{screen}");
    for (width, height) in [(80, 24), (40, 10)] {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("copies_{width}x{height}"), harness.screen());
    }
    harness.press("<esc>");
    assert!(harness.model.list().is_none());
    harness.resize(80, 24);
    harness.hold = true;
    let generation = harness.press("K").model.jobs.generation();
    harness.send(copies_listed(generation, Ok(Vec::new())));
    insta::assert_snapshot!("copies_none", harness.screen());
    harness.press("rx");
    assert!(harness.model.dialogs.is_empty());
}

#[test]
fn a_copy_is_restored_only_after_a_question() {
    let mut harness = Harness::new(120, 30);
    harness.press("Kr");
    assert!(harness.screen().contains("Restore the copy"), "{}", harness.screen());
    harness.press("<enter>");
    assert!(harness.model.dialogs.is_empty() && !harness.asked.contains(&String::from("restore copy 7")));
    harness.press("r<tab><enter>");
    assert!(harness.asked.contains(&String::from("restore copy 7")), "{:?}", harness.asked);
    let screen = harness.screen();
    assert!(screen.contains("restored functions.legacy_code: 40 values, 1 not"), "{screen}");
    assert_eq!(harness.asked.last().unwrap(), "list copies");
    assert!(harness.model.jobs.running().is_none());
}

#[test]
fn a_copy_is_dropped_only_after_its_word_is_typed() {
    let mut harness = Harness::new(120, 30);
    harness.drawn = false;
    harness.press("Kxlegacy_code<enter>");
    assert!(!harness.asked.contains(&String::from("drop copy 7")), "{:?}", harness.asked);
    harness.send(Msg::Drawn);
    let screen = harness.press("<enter>").screen();
    assert!(!screen.contains("Drop the copy"), "Enter alone is Cancel: {screen}");
    harness.drawn = true;
    harness.press("xlegacy<enter>");
    let screen = harness.screen();
    assert!(screen.contains("'legacy' is not 'legacy_code'"), "{screen}");
    assert!(!harness.asked.contains(&String::from("drop copy 7")), "{:?}", harness.asked);
    harness.press("_code<enter>");
    assert!(harness.asked.contains(&String::from("drop copy 7")), "{:?}", harness.asked);
    assert!(harness.screen().contains("dropped the copy of functions.legacy_code"), "{}", harness.screen());
}

#[test]
fn failures_are_shown_and_read_only_refuses() {
    let mut harness = Harness::new(120, 30);
    harness.press("K");
    harness.hold = true;
    harness.press("r<tab><enter>");
    let generation = harness.model.jobs.generation();
    assert!(harness.screen().contains("restoring functions.legacy_code"), "{}", harness.screen());
    harness.press("r");
    assert!(harness.model.dialogs.is_empty(), "one job at a time");
    harness.send(copy_restored(generation, Err(Error::new("its table is gone").hint("look"))));
    assert!(harness.screen().contains("its table is gone"), "{}", harness.screen());

    let options = Start { read_only: true, ..start(120, 30) };
    let mut harness = Harness::silent(120, 30, super::fixtures::sample(), &["7c1d5e02aa10"], options);
    harness.run();
    harness.press("Krx");
    assert!(harness.model.dialogs.is_empty());
    assert!(harness.screen().contains("--read-only"), "{}", harness.screen());
}

/// The confirmation of an upgrade that drops a column, with copies of this size.
fn dropping(bytes: u64, limit: u64) -> Harness {
    let mut harness = Harness::new(100, 30);
    let copy = ForecastCopy {
        step: 0,
        statement: 0,
        object: "jobs".into(),
        bytes,
        is_copied: true,
        is_restored: true,
        reason: None,
    };
    harness.keeping = CopyForecast { enabled: true, bytes, limit, copies: vec![copy] };
    harness.press("u<enter>");
    harness
}

fn confirmed(harness: &Harness) -> &crate::tui::app::screen::plan::confirm::Confirm {
    harness.model.dialog().unwrap_or_else(|| panic!("{}", harness.screen()))
}

#[test]
fn a_plan_can_run_without_copies_if_the_user_chooses_so() {
    let mut harness = dropping(4_096, 1 << 30);
    let word = confirmed(&harness).plan.word_to_type().unwrap();
    assert!(harness.screen().contains("1 copy of at most 4 kB is made first"), "{}", harness.screen());
    assert!(harness.screen().contains("^k: continue without copies"), "{}", harness.screen());
    harness.press(&word).press("<^k>");
    assert!(confirmed(&harness).input.is_empty(), "the typed word was for the other choice");
    assert!(harness.screen().contains("no copy is made"), "{}", harness.screen());
    harness.press("<^k>");
    assert!(confirmed(&harness).plan.copies.enabled);
    harness.press("<^k>").press(&word);
    insta::assert_snapshot!("confirm_without_copies", harness.screen());
    let without = confirmed(&harness).plan.copies.enabled;
    harness.press("<enter>");
    assert!(!without);
    assert!(harness.asked.iter().any(|asked| asked.starts_with("apply")), "{:?}", harness.asked);
}

#[test]
fn a_plan_whose_copies_are_too_large_does_not_start() {
    let mut harness = dropping(4_096, 1_024);
    let word = confirmed(&harness).plan.word_to_type().unwrap();
    insta::assert_snapshot!("confirm_over_limit", harness.screen());
    harness.press(&word).press("<enter>");
    assert!(harness.screen().contains("the copies are larger than keep_limit"), "{}", harness.screen());
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("apply")), "{:?}", harness.asked);
    harness.press("<^k>").press(&word).press("<enter>");
    assert!(harness.asked.iter().any(|asked| asked.starts_with("apply")), "{:?}", harness.asked);
}
