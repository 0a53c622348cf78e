//! The panel of the editor: environments, proof and new scripts; and the ways to open the editor.

use std::path::PathBuf;
use std::sync::Arc;

use super::editing::{PATH, open, saved};
use super::fixtures::*;
use super::harness::*;
use crate::core::hazard::{Evidence, Hazard, examine_one};
use crate::engine::project::ScriptProblem;
use crate::engine::verify::{Stage, VerifyEvent};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::Msg;
use crate::tui::app::opening::{EditorProof, Opening, Origin, Panel};
use crate::tui::editor::{FoundHazard, Operation};

#[test]
fn the_environments_that_have_the_script_are_shown() {
    let mut harness = Harness::with(120, 40, sample(), &["c3d2a981e5b4"]);
    harness.press("/8e10<enter>e");
    assert!(
        harness.screen().contains("applied (environment default): edits do not change that database"),
        "{}",
        harness.screen()
    );
    harness.press("<esc>xj<enter>");
    harness.press("e");
    assert!(harness.screen().contains("applied (environment staging, default)"), "{}", harness.screen());
    harness.press("<esc><esc>/9f3b<enter>e");
    assert!(!harness.screen().contains("applied on"));
}

#[test]
fn proving_saves_first_shows_progress_and_becomes_stale_with_the_text() {
    let mut harness = open(120, 40);
    assert!(harness.screen().contains("not proved yet; ^p proves it"));
    harness.press("-- x<enter><^p>");
    assert!(saved(&harness).unwrap().contains("-- x\nALTER"));
    assert!(harness.asked.contains(&String::from("prove 9f3b6c10a7d2")));
    let screen = harness.screen();
    assert!(screen.contains("✓ up ok  ✓ down ok  ✓ again ok") && screen.contains("9f3b6c10 is proved"), "{screen}");
    harness.press("y");
    assert!(harness.screen().contains("edited; ^p proves it again"), "{}", harness.screen());
    harness.press("<^z>");
    assert!(!harness.screen().contains("edited; ^p"), "after undo it is the proved text again");
    harness.proof.down = false;
    harness.proof.difference = vec![String::from("after the downgrade, column functions.legacy_code is missing")];
    harness.press("<^p>");
    let screen = harness.screen();
    assert!(screen.contains("✗ down differs") && screen.contains("after the downgrade, column"), "{screen}");
}

#[test]
fn a_running_proof_can_be_cancelled() {
    let mut harness = open(120, 40);
    harness.hold = true;
    harness.press("<^p>");
    harness.send(proof_progress(
        harness.job(),
        VerifyEvent::Proving { revision: id("9f3b6c10a7d2"), stage: Stage::Down, number: 1, count: 1 },
    ));
    let screen = harness.screen();
    assert!(screen.contains("proving: down …") && screen.contains("^c cancel"), "{screen}");
    harness.press("x<^s>");
    assert!(!harness.asked.contains(&format!("save {PATH}")), "one job at a time");
    harness.press("<^c>");
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    harness.send(proof_ended(harness.job(), id("9f3b6c10a7d2"), Err(Error::of(ErrorKind::Interrupted, "cancelled"))));
    assert!(harness.screen().contains("the proof was cancelled"));
    assert!(!harness.model.is_busy() && harness.model.editor().is_some());
}

#[test]
fn a_proof_without_a_server_is_refused_with_the_reason() {
    let mut harness = Harness::silent(120, 40, sample(), &[], start(120, 40));
    harness.unreachable = Some(Error::of(ErrorKind::Connection, "cannot be reached"));
    harness.run();
    harness.press("e<^p>");
    assert!(harness.screen().contains("prove: the server cannot be reached"), "{}", harness.screen());
}

/// A script as autogenerate opens it.
pub fn fresh(origin: Origin) -> Opening {
    let path = PathBuf::from("/project/migrations/versions/eeeeeeeeeeee_new.sql");
    let made = file("eeeeeeeeeeee", "new", &["9f3b6c10a7d2"], "DROP TABLE jobs;", "CREATE TABLE jobs ();");
    let hazard = Hazard { evidence: Some(Evidence::counted(12, 12, 0.1)), ..examine_one("DROP TABLE jobs").remove(0) };
    Opening {
        path,
        home: None,
        text: made.text,
        origin,
        revision: Some(id("eeeeeeeeeeee")),
        line: None,
        panel: Panel {
            proof: EditorProof::Found(Box::new(proved("eeeeeeeeeeee")), jiff::civil::time(10, 0, 0, 0)),
            operations: vec![Operation { object: "jobs".into(), doing: "is not in the models".into(), line: 8 }],
            hazards: vec![FoundHazard { line: 8, direction: crate::core::graph::Direction::Upgrade, hazard }],
            ..Panel::default()
        },
    }
}

#[test]
fn a_new_script_is_kept_or_discarded() {
    let mut harness = Harness::new(120, 40);
    harness.send(Msg::OpenEditor(Box::new(fresh(Origin::New))));
    let screen = harness.screen();
    for words in ["● new", "again ok", "is not in the models", "12 rows (exact)"] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    harness.press("<esc>");
    assert!(harness.screen().contains("Keep the new script?"));
    harness.press("<tab><enter>");
    assert!(harness.model.editor().is_none() && harness.disk.is_empty());

    harness.send(Msg::OpenEditor(Box::new(fresh(Origin::New))));
    harness.press("<esc><tab><tab><enter>");
    assert!(harness.disk.contains_key(&fresh(Origin::New).path));
    assert!(harness.screen().contains("eeeeeeee  new"), "the tree has it, selected\n{}", harness.screen());

    let mut harness = Harness::new(120, 40);
    harness.send(Msg::OpenEditor(Box::new(fresh(Origin::New))));
    harness.press("<^p><esc>");
    assert!(harness.screen().contains("Discard"), "a proof does not save it");
    assert!(harness.asked.contains(&String::from("prove the text of eeeeeeeeeeee")) && harness.disk.is_empty());
    harness.press("<esc><^s><esc>");
    assert!(harness.model.editor().is_none(), "it is saved, so nothing is asked");
}

#[test]
fn an_edited_text_keeps_the_counts_of_its_statements() {
    let mut harness = Harness::new(120, 40);
    harness.send(Msg::OpenEditor(Box::new(fresh(Origin::Script))));
    harness.press("<^g>8<enter><end><enter>DROP TABLE users;");
    let screen = harness.screen();
    assert!(screen.contains("12 rows (exact)") && screen.contains("! data-loss  users"), "{screen}");
    assert!(!screen.contains("is not in the models"), "operations are now read from the text");
}

#[test]
fn a_file_that_is_not_a_script_can_be_repaired() {
    let path = PathBuf::from("/x/versions/bad.sql");
    let mut faulty = sample();
    faulty.problems.push(ScriptProblem::File {
        path: path.clone(),
        line: Some(2),
        message: String::from("expected 'Revision ID:'"),
        hint: None,
    });
    let mut harness = Harness::with(110, 30, faulty, &["c3d2a981e5b4"]);
    harness.disk.insert(path.clone(), String::from("-- x\nSELECT 1;\n"));
    harness.press("gke");
    assert_eq!(harness.asked.last().unwrap(), "examine");
    assert!(harness.asked.contains(&String::from("read /x/versions/bad.sql Some(2)")));
    assert!(harness.screen().contains("bad.sql") && harness.screen().contains("✗"), "{}", harness.screen());
    harness.press("<^home>-- Revision ID: abc<enter>-- Revises:<enter>-- @upgrade<enter><^s>");
    assert!(harness.model.dialogs.is_empty(), "it is a script now: {}", harness.screen());
    assert!(harness.disk[&path].starts_with("-- Revision ID: abc\n"));
}

#[test]
fn an_error_and_a_plan_open_the_editor_at_their_line() {
    let mut harness = Harness::new(120, 40);
    harness.press("ujjje");
    assert_eq!(harness.model.editor().unwrap().document.cursor(), (7, 0));
    harness.press("<esc>");
    assert!(harness.model.plan().is_some(), "back to the plan");
    harness.press("<esc>");
    harness.model.show_error(Error {
        revision: Some(String::from("9f3b6c10a7d2")),
        line: Some(9),
        ..Error::new("it failed")
    });
    harness.press("e");
    assert_eq!(harness.model.editor().unwrap().document.cursor(), (8, 0));
    assert!(harness.model.dialogs.is_empty());
}

#[test]
fn a_very_long_script_is_refused() {
    let mut harness = Harness::new(120, 40);
    let text: Arc<str> = "\n".repeat(60_000).into();
    harness.send(Msg::OpenEditor(Box::new(Opening { text, ..fresh(Origin::Script) })));
    assert!(harness.model.editor().is_none() && harness.screen().contains("E opens it in $EDITOR"));
}

#[test]
fn answers_for_a_closed_text_are_dropped() {
    let mut harness = open(120, 40);
    harness.send(examined(0, Box::default()));
    assert!(harness.screen().contains("drop column legacy_code"));
    harness.press("<esc>");
    for message in [
        proof_ended(harness.job(), id("9f3b6c10a7d2"), Ok(Box::new(proved("9f3b6c10a7d2")))),
        script_saved(harness.job(), Ok(crate::engine::project::SaveOutcome::Written)),
    ] {
        harness.send(message);
    }
    assert!(harness.model.editor().is_none());
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("prove")));
}

#[test]
fn the_reason_of_an_allow_comment_is_shown_with_its_hazard() {
    let note = "-- limbeck: allow DL101 because nobody reads it\nDROP TABLE jobs;";
    let made = file("eeeeeeeeeeee", "new", &["9f3b6c10a7d2"], note, "CREATE TABLE jobs ();");
    let mut harness = Harness::new(120, 40);
    harness.send(Msg::OpenEditor(Box::new(Opening { text: made.text, ..fresh(Origin::New) })));
    let screen = harness.screen();
    assert!(screen.contains("12 rows (exact)") && screen.contains("because nobody reads it  "), "{screen}");
    harness.press("<f2><^g>9<enter>");
    let screen = harness.screen();
    assert!(screen.contains("DL101: drops table jobs (because nobody reads it)"), "{screen}");
}
