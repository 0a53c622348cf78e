//! `v` and `V`: the list of a verification and its results.

use super::fixtures::*;
use super::harness::*;
use crate::engine::verify::{Stage, VerifiedRevision, VerifyEvent};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::log::LogState;
use crate::tui::app::{Msg, Start};

const SIZES: [(u16, u16); 5] = [(80, 24), (40, 10), (60, 15), (120, 40), (200, 60)];

/// A script whose downgrade leaves an object, one that fails, and the scripts based on it.
fn faulty() -> Vec<VerifiedRevision> {
    let error = Error {
        message: String::from("column \"timeout\" of relation \"functions\" already exists"),
        causes: vec![String::from("SQLSTATE 42701")],
        hint: Some(String::from("look at the script")),
        revision: Some(String::from("b04e77aa0912")),
        line: Some(8),
        excerpt: Some(String::from(
            "  8 | ALTER TABLE functions ADD timeout interval;\n    |                           ^",
        )),
        ..Error::default()
    };
    let left = "after the downgrade, column public.users.plan is left over, and so is the default of its type";
    let not_run = "not run, because b04e77aa0912 does not run";
    let but = |name: &str| VerifiedRevision { up: false, down: false, again: false, ..proved(name) };
    vec![
        VerifiedRevision {
            note: Some("the downgrade is empty, so what the upgrade did stays".into()),
            up: true,
            ..but("8e10f3b79a01")
        },
        VerifiedRevision { up: true, again: true, difference: vec![left.into()], ..but("7c1d5e02aa10") },
        VerifiedRevision { error: Some(error), ..but("b04e77aa0912") },
        VerifiedRevision { note: Some(not_run.into()), ..but("51ab90de3c44") },
        VerifiedRevision { note: Some(not_run.into()), ..but("9f3b6c10a7d2") },
    ]
}

fn verified_all(width: u16, height: u16) -> Harness {
    let mut harness = Harness::new(width, height);
    harness.faulty = faulty();
    harness.press("V");
    harness
}

#[test]
fn pictures_of_a_history_with_faults() {
    let mut harness = verified_all(80, 24);
    for (width, height) in SIZES {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("verify_{width}x{height}"), harness.screen());
    }
}

#[test]
fn picture_in_ascii() {
    let options = Start { ascii: true, ..start(80, 24) };
    let mut harness = Harness::silent(80, 24, sample(), &["7c1d5e02aa10"], options);
    harness.faulty = faulty();
    harness.run();
    harness.press("Vg");
    insta::assert_snapshot!("verify_ascii", harness.screen());
}

#[test]
fn pictures_while_it_runs() {
    let mut harness = running();
    for (width, height) in SIZES {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("verifying_{width}x{height}"), harness.screen());
    }
}

/// Two revisions are proved, the third runs its downgrade.
fn running() -> Harness {
    let mut harness = Harness::new(80, 24);
    harness.hold = true;
    harness.press("V");
    let generation = harness.model.jobs.generation();
    let send_progress = |harness: &mut Harness, progress| harness.send(verify_progress(generation, progress));
    let notes = vec![String::from("a private server is used, because the environment is protected")];
    send_progress(&mut harness, VerifyEvent::Scratch { place: String::from("limbeck_scratch on a socket"), notes });
    for (n, name) in ["1975ea83b712", "2b6a5d40c1f2", "8e10f3b79a01"].into_iter().enumerate() {
        let proving = |stage| VerifyEvent::Proving { revision: id(name), stage, number: n + 1, count: 8 };
        send_progress(&mut harness, proving(Stage::Up));
        harness.now = harness.now.saturating_add(jiff::SignedDuration::from_millis(420));
        send_progress(&mut harness, proving(Stage::Down));
        if n < 2 {
            send_progress(&mut harness, proving(Stage::Again));
            send_progress(&mut harness, VerifyEvent::Verified(proved(name)));
        }
    }
    harness.now = harness.now.saturating_add(jiff::SignedDuration::from_secs(2));
    harness.send(Msg::Tick);
    harness
}

/// Answers the held effects.
fn finish(harness: &mut Harness) {
    harness.hold = false;
    harness.run();
}

#[test]
fn a_proved_revision_shows_its_proof_below_the_script() {
    let mut harness = Harness::new(120, 40);
    harness.press("/7c1d<enter>v");
    assert!(harness.asked.contains(&String::from("verify 7c1d5e02aa10")), "{:?}", harness.asked);
    let screen = harness.screen();
    assert!(screen.contains("Verify 7c1d5e02") && screen.contains("1 revision proved"), "{screen}");
    harness.press("<esc>");
    let screen = harness.screen();
    assert!(screen.contains("proof: up ok · down ok · again ok"), "{screen}");
    assert!(screen.contains("just now"), "{screen}");
    harness.now = harness.now.saturating_add(jiff::SignedDuration::from_secs(190));
    assert!(harness.press("j").screen().lines().all(|line| !line.contains("proof:")));
    assert!(harness.press("k").screen().contains("3 min ago"));
    let entry = harness.model.log.entries().back().unwrap();
    assert_eq!((entry.what.as_str(), entry.state), ("verify", LogState::Done));
}

#[test]
fn a_changed_script_loses_its_proof() {
    let mut harness = Harness::new(120, 40);
    harness.press("/7c1d<enter>v<esc>");
    assert!(harness.screen().contains("proof:"));
    let mut changed = (*harness.tree).clone();
    let mut file = (**changed.scripts.get(&id("7c1d5e02aa10")).unwrap()).clone();
    file.text = format!("{}\n-- more\n", file.text).into();
    changed.scripts.insert(id("7c1d5e02aa10"), file.into());
    harness.tree = changed.into();
    harness.send(Msg::ScriptsChanged);
    assert!(!harness.screen().contains("proof:"), "{}", harness.screen());
}

#[test]
fn the_proof_never_hides_the_last_line_of_the_script() {
    let mut harness = Harness::new(120, 12);
    harness.press("/9f3b<enter>v<esc>3G");
    let screen = harness.screen();
    assert!(screen.contains("ALTER TABLE functions ADD COLUMN") && screen.contains("proof:"), "{screen}");
}

#[test]
fn a_fault_opens_its_error_and_its_line_in_the_editor() {
    let mut harness = verified_all(120, 40);
    harness.press("g");
    while !harness.screen().lines().any(|line| line.contains(">✗ b04e77aa")) {
        harness.press("j");
    }
    assert!(harness.press("<enter>").screen().contains("Error in b04e77aa0912, line 8"));
    harness.press("<esc>e");
    let editor = harness.model.editor().unwrap();
    assert_eq!((editor.name().as_str(), editor.document.cursor()), ("b04e77aa_function_timeouts.sql", (7, 0)));
    harness.press("<esc>E");
    let edited = harness.asked.iter().any(|asked| asked.ends_with("b04e77aa_function_timeouts.sql Some(8)"));
    assert!(edited, "{:?}", harness.asked);
    harness.press("k<enter>");
    assert!(harness.model.list().is_none());
    assert_eq!(harness.model.history.selected_revision(), Some(&id("7c1d5e02aa10")));
    assert!(harness.screen().contains("proof: up ok · down differs · again ok"), "{}", harness.screen());
}

#[test]
fn a_verification_is_cancelled_on_the_server() {
    let mut harness = running();
    harness.press("<^c>");
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    assert!(harness.screen().contains("cancelling: dropping the scratch database"));
    harness.stops = Some(Error::of(ErrorKind::Interrupted, "cancelled; the scratch database is dropped"));
    finish(&mut harness);
    let screen = harness.screen();
    assert!(screen.contains("cancelled; the scratch database was dropped; "), "{screen}");
    assert!(!screen.contains("Error"), "{screen}");
    assert!(harness.model.jobs.running().is_none());
}

#[test]
fn quitting_waits_until_the_scratch_database_is_dropped() {
    let mut harness = running();
    harness.press("q<right><enter>");
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    harness.stops = Some(Error::of(ErrorKind::Interrupted, "cancelled; the scratch database is dropped"));
    finish(&mut harness);
    assert_eq!(harness.asked.last().unwrap(), "quit");
}

#[test]
fn a_verification_continues_below_the_panes_and_can_be_shown_again() {
    let mut harness = running();
    harness.press("<esc>");
    let screen = harness.screen();
    assert!(screen.contains("1 History") && screen.contains("verifying …"), "{screen}");
    assert!(harness.press("u").screen().contains("wait until this job has ended: verifying"));
    let screen = harness.press("v").screen();
    assert!(screen.contains("proving 3 of 8: 8e10f3b7 down"), "{screen}");
    assert_eq!(harness.asked.iter().filter(|asked| asked.starts_with("verify")).count(), 1);
    harness.press("<esc>");
    finish(&mut harness);
    assert!(harness.screen().contains("verify: 8 revisions proved, and back to base"), "{}", harness.screen());
}

#[test]
fn late_messages_are_dropped() {
    let mut harness = Harness::new(120, 40);
    harness.press("/7c1d<enter>v");
    let (before, generation) = (harness.screen(), harness.model.jobs.generation());
    harness.send(verify_progress(generation, VerifyEvent::Verified(faulty().remove(1))));
    harness.send(verify_ended(generation - 1, Err(Error::new("too late"))));
    assert_eq!(harness.screen(), before);
}

#[test]
fn the_error_of_the_whole_verification_is_shown() {
    let mut harness = Harness::new(120, 40);
    harness.stops = Some(Error::new("no database can be made").hint("ALTER ROLE … CREATEDB"));
    harness.press("V");
    assert!(harness.screen().contains("ALTER ROLE … CREATEDB"));
    harness.stops = None;
    assert!(harness.press("<esc>R").screen().contains("8 revisions proved"), "{}", harness.screen());
}

#[test]
fn a_refused_verification_gives_the_reason() {
    let mut harness = Harness::new(120, 40);
    assert!(harness.press("Gv").screen().contains("verify: no revision is selected"));
    let options = Start { read_only: true, ..start(120, 40) };
    let mut harness = Harness::silent(120, 40, sample(), &[], options);
    harness.run();
    assert!(harness.press("v").screen().contains("verify: limbeck was started with --read-only"));
}

#[test]
fn the_list_scrolls_and_is_copied() {
    let mut harness = verified_all(80, 24);
    harness.press("gy");
    let asked = harness.asked.last().unwrap();
    assert!(asked.starts_with("copy the line: ✓ 1975ea83  functions and jobs"), "{asked}");
    assert!(asked.contains("up ok · down ok · again ok"), "{asked}");
    harness.press("G");
    let sheet = harness.model.list().unwrap();
    assert_eq!(sheet.cursor() + 1, sheet.lines().len());
}

#[test]
fn a_cancel_just_after_the_end_of_a_job_does_not_quit() {
    let mut harness = Harness::new(100, 30);
    harness.hold = true;
    harness.press("V");
    harness.hold = false;
    harness.run();
    assert!(harness.model.jobs.running().is_none());
    harness.press("<^c>");
    assert!(!harness.asked.contains(&String::from("quit")), "{:?}", harness.asked);
    assert!(harness.screen().contains("the job had already ended; press again to quit"), "{}", harness.screen());
    harness.press("<^c>");
    assert_eq!(harness.asked.last().unwrap(), "quit");
    // The same in the editor, just after the end of a proof.
    let mut harness = Harness::new(100, 30);
    harness.press("e<^p>");
    assert!(harness.model.jobs.running().is_none() && harness.model.editor().is_some());
    harness.press("<^c>");
    assert!(!harness.asked.contains(&String::from("quit")), "{:?}", harness.asked);
    harness.press("<^c>");
    assert_eq!(harness.asked.last().unwrap(), "quit");
    // A second later it quits.
    let mut harness = Harness::new(100, 30);
    harness.press("V");
    harness.now = harness.now.saturating_add(jiff::Span::new().seconds(2));
    harness.press("<^c>");
    assert_eq!(harness.asked.last().unwrap(), "quit");
}
