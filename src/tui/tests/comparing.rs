//! `=` and `A`: drift, comparison with the models, the badges in the header, and the drift in the stamp dialog.

use super::fixtures::*;
use super::harness::*;
use crate::core::diff::{Action, Changes, Operation};
use crate::core::schema::{Kind, ObjectId};
use crate::engine::autogenerate::{AutogenerateEvent, Comparison};
use crate::engine::drift::Drift;
use crate::engine::models;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::Task;
use crate::tui::app::{Effect, Generation, Msg, Start};

/// The answers of the engine.
#[derive(Debug, Clone, Default)]
pub struct CompareAnswers {
    pub drift: Drift,
    pub check: Comparison,
    /// If set, every comparison fails with this error.
    pub error: Option<Error>,
    /// The models come from a program, which needs a consent.
    pub program: bool,
    /// The comparison with the revision to stamp.
    pub there: Drift,
}

impl CompareAnswers {
    pub fn answer(&self, generation: Generation, task: &Task) -> Vec<Msg> {
        let error = self.error.clone();
        let drift = || error.clone().map_or_else(|| Ok(self.drift.clone()), Err);
        match task {
            Task::Drift(tree) => {
                let ids = tree.graph.pending(&[]).into_iter().cloned();
                let progress = ids.map(|revision| compare_progress(generation, AutogenerateEvent::Replay { revision }));
                progress.chain([drift_ended(generation, drift())]).collect()
            }
            Task::DriftForDialog(_, Some(_)) => {
                let there = error.clone().map_or_else(|| Ok(self.there.clone()), Err);
                vec![dialog_drift_ended(generation, there)]
            }
            Task::DriftForDialog(_, None) => vec![dialog_drift_ended(generation, drift())],
            Task::Check { consent, .. } => {
                let needs = (self.program && !consent)
                    .then(|| Error::of(ErrorKind::Approval, "the models come from a program: ./print-ddl --all"));
                vec![check_ended(generation, error.or(needs).map_or_else(|| Ok(self.check.clone()), Err))]
            }
            _ => Vec::new(),
        }
    }
}

fn operation(object: ObjectId, group: &str, sql: &str) -> Operation {
    let group = ObjectId::new(Kind::Table, "public", group);
    Operation { object, group, action: Action::Alter, sql: sql.to_owned(), note: None }
}

/// A column that was added by hand, an index that was dropped by hand, and an object that no statement changes.
fn drifted() -> Drift {
    let column = ObjectId::on(Kind::Column, "public", "users", "nickname");
    let index = ObjectId::new(Kind::Index, "public", "ix_status");
    let mut add = operation(index, "executions", "CREATE INDEX ix_status\n    ON public.executions (status)");
    add.note = Some(String::from("this takes a lock"));
    Drift {
        changes: Changes {
            operations: vec![operation(column, "users", "ALTER TABLE public.users DROP COLUMN nickname"), add],
            outside_transaction: None,
        },
        difference: vec![
            String::from("table public.users: column nickname is text, but nothing in the history"),
            String::from("index public.ix_status is missing"),
            String::from("event trigger watch is not in the history"),
        ],
        notes: vec![String::from("revision 2b6a5d40c1f2 was edited after it ran; the file is what counts here"); 2],
    }
}

fn models() -> Comparison {
    Comparison { changes: drifted().changes, ..Comparison::default() }
}

fn with(drift: Drift, check: Comparison, width: u16, height: u16) -> Harness {
    let mut harness = Harness::new(width, height);
    harness.compared = CompareAnswers { drift, check, ..CompareAnswers::default() };
    harness
}

fn header(harness: &Harness) -> String {
    harness.screen().lines().next().unwrap_or_default().to_owned()
}

/// A comparison that runs.
fn running(key: &str) -> (Harness, Generation) {
    let mut harness = with(drifted(), models(), 120, 40);
    harness.hold = true;
    harness.press(key);
    let generation = harness.model.jobs.generation();
    (harness, generation)
}

fn finish(harness: &mut Harness) {
    harness.hold = false;
    harness.run();
}

#[test]
fn pictures_of_a_drift() {
    let mut harness = with(drifted(), models(), 80, 24);
    harness.press("=");
    for (width, height) in [(40, 10), (80, 24), (120, 40)] {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("drift_{width}x{height}"), harness.screen());
    }
}

#[test]
fn pictures_of_what_the_models_would_change() {
    let mut harness = with(Drift::default(), models(), 80, 24);
    harness.press("A");
    for (width, height) in [(40, 10), (80, 24), (120, 40)] {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("models_{width}x{height}"), harness.screen());
    }
}

#[test]
fn picture_in_ascii() {
    let options = Start { ascii: true, ..start(80, 24) };
    let mut harness = Harness::silent(80, 24, sample(), &["7c1d5e02aa10"], options);
    harness.compared.drift = drifted();
    harness.run();
    let screen = harness.press("=").screen();
    assert!(screen.is_ascii() || screen.contains("실행"), "{screen}");
    assert!(screen.contains("! drift: 3") && screen.contains(" ! table public.users"), "{screen}");
}

#[test]
fn pictures_of_the_header_beside_the_head() {
    let mut harness = with(drifted(), Comparison::default(), 80, 24);
    harness.press("=<esc>A<esc>");
    let mut headers = Vec::new();
    for width in [40, 60, 80, 120, 200] {
        harness.resize(width, 24);
        headers.push(header(&harness));
    }
    insta::assert_snapshot!("compared_header", headers.join("\n"));
}

#[test]
fn no_drift_is_shown_in_the_header_until_the_database_changes() {
    let mut harness = with(Drift::default(), Comparison::default(), 160, 40);
    assert!(!header(&harness).contains("drift"));
    assert!(harness.press("=").screen().contains("no drift: the database matches its history"));
    harness.press("<esc>A");
    assert!(harness.screen().contains("no difference: the database matches the models"));
    harness.press("<esc>");
    assert!(header(&harness).contains("✓ no drift") && header(&harness).contains("✓ models agree"));
    harness.heads = vec![id("9f3b6c10a7d2")];
    harness.send(Msg::Poll);
    assert!(!header(&harness).contains("drift") && !header(&harness).contains("models"), "{}", header(&harness));
}

#[test]
fn changed_scripts_and_an_applied_plan_remove_the_badges() {
    let mut harness = with(drifted(), Comparison::default(), 160, 40);
    harness.press("=<esc>");
    assert!(header(&harness).contains("≠ drift: 3"), "{}", header(&harness));
    harness.tree = std::sync::Arc::new(sample());
    harness.send(Msg::ScriptsChanged);
    assert!(!header(&harness).contains("drift"));
    harness.press("=<esc>");
    assert!(header(&harness).contains("≠ drift: 3"));
    harness.press("u<enter>").press("legacy_code<enter>");
    assert!(harness.asked.iter().any(|asked| asked.starts_with("apply")), "{:?}", harness.asked);
    assert!(!header(&harness).contains("drift"));
}

#[test]
fn the_progress_is_shown() {
    let (mut harness, generation) = running("A");
    let loading = models::ModelsEvent::Loading { file: String::from("users.sql"), number: 2, count: 7 };
    harness.send(compare_progress(generation, AutogenerateEvent::Load(loading)));
    assert!(harness.screen().contains("loading users.sql, 2 of 7, 0 s"), "{}", harness.screen());
    let notes = vec![String::from("a private server is used")];
    harness.send(compare_progress(generation, AutogenerateEvent::Scratch { place: String::from("a socket"), notes }));
    harness.send(compare_progress(generation, AutogenerateEvent::Read));
    let screen = harness.screen();
    assert!(screen.contains("reading the database") && screen.contains("a private server is used"), "{screen}");
    harness.press("<esc>");
    assert!(harness.screen().contains("comparing the models …"));
    assert!(harness.press("u").screen().contains("wait until this job has ended: comparing the models"));
    assert!(harness.press("=").screen().contains("Models ─"), "{}", harness.screen());
    harness.press("<esc>");
    finish(&mut harness);
    assert!(harness.screen().contains("models: 2 objects differ from the models"), "{}", harness.screen());
}

#[test]
fn a_comparison_can_be_cancelled() {
    for key in ["=", "A"] {
        let (mut harness, _) = running(key);
        harness.press("<^c>");
        assert_eq!(harness.asked.last().unwrap(), "cancel");
        assert!(harness.screen().contains("cancelling: dropping the scratch database"));
        harness.compared.error = Some(Error::of(ErrorKind::Interrupted, "cancelled"));
        finish(&mut harness);
        let screen = harness.screen();
        assert!(
            screen.contains("cancelled; the scratch database was dropped") && !screen.contains("Error"),
            "{screen}"
        );
        harness.compared.error = None;
        assert!(harness.press("R").screen().contains("objects differ from"), "{}", harness.screen());
    }
}

#[test]
fn quitting_waits_until_the_scratch_database_is_dropped() {
    let (mut harness, _) = running("=");
    assert!(harness.press("q").screen().contains("A comparison is running"));
    harness.press("<right><enter>");
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    finish(&mut harness);
    assert_eq!(harness.asked.last().unwrap(), "quit");
}

#[test]
fn late_messages_are_dropped() {
    let mut harness = with(Drift::default(), Comparison::default(), 160, 40);
    harness.press("=");
    let (before, generation) = (harness.screen(), harness.model.jobs.generation());
    harness.send(drift_ended(generation, Ok(drifted())));
    harness.send(drift_ended(generation - 1, Err(Error::new("too late"))));
    harness.send(check_ended(generation, Ok(models())));
    harness.send(compare_progress(generation, AutogenerateEvent::Compare));
    assert_eq!(harness.screen(), before);
    // The drift that was computed for other heads is shown in the list, but not in the header.
    harness.hold = true;
    harness.press("R");
    harness.heads = vec![id("9f3b6c10a7d2")];
    let waiting = harness.model.read_status();
    let Effect::ReadStatus(waiting) = waiting else { panic!() };
    let status = harness.model.server.status.clone().unwrap();
    let status = crate::engine::state::status::DatabaseStatus { heads: harness.heads.clone(), ..status };
    harness.send(Msg::Status(waiting, Ok(status)));
    finish(&mut harness);
    assert!(!header(&harness).contains("drift"), "{}", header(&harness));
}

#[test]
fn errors_are_shown() {
    let mut harness = with(Drift::default(), models(), 120, 40);
    harness.compared.error = Some(Error::new("Target database is not up to date.").hint("upgrade it first"));
    assert!(harness.press("A").screen().contains("upgrade it first"));
    harness.compared.error = None;
    assert!(harness.press("<esc>R").screen().contains("2 objects differ from the models"), "{}", harness.screen());
}

#[test]
fn a_program_runs_only_with_consent() {
    let mut harness = with(Drift::default(), models(), 120, 40);
    harness.compared.program = true;
    let screen = harness.press("A").screen();
    assert!(screen.contains("Run the project's program?") && screen.contains("./print-ddl --all"), "{screen}");
    assert!(!harness.press("<enter>").screen().contains("print-ddl"));
    assert_eq!(harness.asked.last().unwrap(), "check consent false");
    harness.press("A<right><enter>");
    assert_eq!(harness.asked.last().unwrap(), "check consent true");
    assert!(harness.screen().contains("2 objects differ from the models"), "{}", harness.screen());
}

#[test]
fn stamping_compares_with_the_chosen_revision_before_the_button_can_be_reached() {
    let mut harness = with(Drift::default(), Comparison::default(), 160, 40);
    harness.compared.there = drifted();
    harness.hold = true;
    assert!(harness.press("js").screen().contains("there   comparing with this revision …"), "{}", harness.screen());
    assert_eq!(harness.asked.last().unwrap(), "drift for dialog at the target");
    assert!(harness.model.jobs.running().is_none());
    harness.press("<tab><enter>");
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("stamp")), "{:?}", harness.asked);
    harness.press("s");
    finish(&mut harness);
    let screen = harness.screen();
    assert!(screen.contains("there   ✗ 3 objects would differ: "), "{screen}");
    harness.hold = false;
    harness.press("<enter>");
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("stamp")), "Cancel has the focus: {:?}", harness.asked);
    harness.press("s<tab><enter>");
    assert!(harness.asked.iter().any(|asked| asked.starts_with("stamp")), "{:?}", harness.asked);
}

#[test]
fn a_stamp_shows_the_drift_from_the_current_revision_too() {
    let mut harness = with(drifted(), Comparison::default(), 160, 40);
    let screen = harness.press("js").screen();
    assert!(screen.contains("there   ✓ the database equals this revision"), "{screen}");
    assert!(screen.contains("now     3 objects differ from the history"), "{screen}");
    assert!(header(&harness).contains("≠ drift: 3"));
    harness.press("<enter>");
    assert!(harness.asked.iter().any(|asked| asked.starts_with("stamp")), "{:?}", harness.asked);
}

#[test]
fn a_failed_drift_does_not_prevent_the_stamp() {
    let mut harness = with(Drift::default(), Comparison::default(), 160, 40);
    harness.compared.error = Some(Error::new("no database can be made"));
    let screen = harness.press("js").screen();
    assert!(screen.contains("not known: no database can be made") && !screen.contains("Error"), "{screen}");
    harness.press("<enter>");
    assert!(harness.asked.iter().any(|asked| asked.starts_with("stamp")), "{:?}", harness.asked);
}

#[test]
fn the_palette_has_both_commands_and_read_only_refuses_them() {
    let mut harness = with(Drift::default(), Comparison::default(), 120, 40);
    assert!(harness.press(":drift<enter>").screen().contains("no drift: the database"));
    assert!(harness.press("<esc>:check the<enter>").screen().contains("models agree"));
    let options = Start { read_only: true, ..start(120, 40) };
    let mut harness = Harness::silent(120, 40, sample(), &[], options);
    harness.run();
    assert!(harness.press("=").screen().contains("drift: limbeck was started with --read-only"));
}
