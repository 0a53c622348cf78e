//! Autogenerate's question about renames. Nothing is guessed.

use super::fixtures::*;
use super::generating::ready;
use super::harness::*;
use crate::core::diff::rename::{Candidate, Subject};
use crate::core::schema::{Kind, ObjectId};
use crate::tui::app::Msg;

fn pair(old: &str, new: &str, reasons: &[&str]) -> Candidate {
    let of = |name: &str| ObjectId::on(Kind::Column, "public", "jobs", name);
    Candidate {
        subject: Subject::Object { old: of(old), new: of(new) },
        reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
        score: 90,
        spec: format!("public.jobs.{old}={new}"),
    }
}

/// Two pairs to ask about.
fn asked(width: u16, height: u16) -> Harness {
    let mut harness = ready(width, height);
    harness.generated.candidates = vec![
        pair("state", "status", &["same type", "same place", "similar name"]),
        pair("prio", "priority", &["same type", "both NOT NULL"]),
    ];
    harness.press("arename things<enter>");
    harness
}

fn last_wanted(harness: &Harness) -> &str {
    harness.asked.iter().rev().find(|asked| asked.starts_with("generate")).unwrap()
}

#[test]
fn pictures() {
    let mut harness = asked(80, 24);
    harness.press("<space>");
    for (width, height) in [(40, 10), (80, 24), (120, 40)] {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("generate_renames_{width}x{height}"), harness.screen());
    }
}

#[test]
fn the_reasons_are_shown_and_no_pair_is_a_rename_by_default() {
    let mut harness = asked(100, 30);
    let screen = harness.screen();
    for words in [
        "[ ] column public.jobs.state → status",
        "drop and add",
        "reason  same type, same place, similar name",
        "state is dropped with its data; status is added without data",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(harness.model.jobs.running().is_none(), "nothing runs while it asks");
    assert!(screen.contains("Space rename or not  Enter continue"), "{screen}");
    harness.press("<enter>");
    assert!(last_wanted(&harness).ends_with("renames [] consent false"), "{}", last_wanted(&harness));
    assert!(harness.screen().contains("Edit ─ ● new"));
}

#[test]
fn the_chosen_renames_are_passed_on() {
    let mut harness = asked(100, 30);
    let screen = harness.press("<space>").screen();
    assert!(
        screen.contains("[x] column public.jobs.state → status") && screen.contains("1 of 2 pairs renamed"),
        "{screen}"
    );
    harness.press("jjj<space><space><space>");
    assert!(harness.screen().contains("2 of 2 pairs renamed"), "{}", harness.screen());
    harness.press("<space>").press("<enter>");
    assert!(last_wanted(&harness).ends_with("renames [public.jobs.state=status] consent false"));
}

#[test]
fn the_phases_stay_during_the_second_run() {
    let mut harness = asked(100, 30);
    harness.hold = true;
    harness.press("<space><enter>");
    let held = harness.held.len();
    assert_eq!(held, 1);
    let generation = harness.model.jobs.generation();
    for progress in [
        crate::engine::autogenerate::AutogenerateEvent::Load(crate::engine::models::ModelsEvent::FromCache),
        crate::engine::autogenerate::AutogenerateEvent::Read,
        crate::engine::autogenerate::AutogenerateEvent::Compare,
    ] {
        harness.send(generate_progress(generation, progress));
        let screen = harness.screen();
        assert!(screen.contains("✓ load     2 files") && screen.contains("✓ compare"), "{screen}");
        assert!(screen.contains("▸ renames"), "{screen}");
    }
    let progress = crate::engine::autogenerate::AutogenerateEvent::Compared { statements: 3, objects: 1 };
    harness.send(generate_progress(generation, progress));
    let screen = harness.screen();
    assert!(screen.contains("✓ renames  1 of 2 pairs: 3 statements for 1 object"), "{screen}");
    assert!(screen.contains("▸ prove"), "{screen}");
}

#[test]
fn esc_leaves_the_question_and_a_returns_to_it() {
    let mut harness = asked(100, 30);
    harness.press("<space><esc>");
    assert!(
        harness.screen().contains("autogenerate waits for an answer; a shows the question"),
        "{}",
        harness.screen()
    );
    harness.press("a");
    assert!(harness.screen().contains("[x] column public.jobs.state"), "{}", harness.screen());
    harness.press("<enter>");
    assert!(last_wanted(&harness).contains("[public.jobs.state=status]"));
}

#[test]
fn cancelling_the_question_does_not_quit() {
    let mut harness = asked(100, 30);
    harness.press("<^c>");
    let screen = harness.screen();
    assert!(screen.contains("cancelled; the scratch database was dropped and nothing was written"), "{screen}");
    assert!(!harness.asked.contains(&String::from("quit")) && harness.disk.is_empty());
    harness.press("<enter><space>");
    assert!(harness.model.editor().is_none());
    assert!(harness.press("<esc>a").screen().contains("New revision from the models"));
}

#[test]
fn an_outdated_question_cannot_be_continued() {
    let mut harness = asked(100, 30);
    harness.tree = std::sync::Arc::new(sample());
    harness.send(Msg::ScriptsChanged);
    let before = last_wanted(&harness).to_owned();
    assert!(harness.press("<enter>").screen().contains("have changed; R starts again"), "{}", harness.screen());
    assert_eq!(last_wanted(&harness), before);
    harness.press("R");
    assert!(harness.screen().contains("[ ] column public.jobs.state"), "{}", harness.screen());
}

#[test]
fn a_list_without_choices_refuses_space() {
    let mut harness = ready(100, 30);
    harness.press("V<space>");
    assert!(harness.screen().contains("there is nothing to choose"), "{}", harness.screen());
}
