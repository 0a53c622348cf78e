//! The database: none, limbeck's own server, or another environment's.

use std::sync::Arc;

use super::fixtures::*;
use super::harness::*;
use crate::core::plan::OutdatedEnvironment;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::Msg;

/// The sample project without a database.
fn without_database() -> Harness {
    let mut harness = Harness::silent(120, 40, sample(), &["9f3b6c10a7d2"], start(120, 40));
    harness.unreachable = Some(Error::of(ErrorKind::NoDatabase, "no database URL").hint("set DATABASE_URL"));
    harness.run();
    harness
}

fn no_programs() -> Error {
    Error::of(ErrorKind::NoPrograms, "PostgreSQL's programs were not found").hint("install them with `apt`")
}

fn last(harness: &Harness) -> &str {
    harness.asked.last().unwrap()
}

#[test]
fn without_a_database_the_options_are_shown() {
    let mut harness = without_database();
    let screen = harness.screen();
    for words in ["no database · o own server · ! why", "no database is configured", "DATABASE_URL", "PGHOST"] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(!screen.contains("server not reachable"), "{screen}");
    harness.press("!");
    assert!(harness.screen().contains("set DATABASE_URL"));
    harness.press("<esc>u");
    assert!(harness.screen().contains("upgrade: there is no database"));
}

#[test]
fn limbecks_own_server_starts_only_with_consent() {
    let mut harness = without_database();
    let asked = harness.asked.len();
    harness.press("o<left><enter>o<esc>");
    assert_eq!(harness.asked.len(), asked);
    harness.unreachable = None;
    harness.press("o<enter>");
    assert_eq!(last(&harness), "connect default own server");
    assert!(harness.screen().contains("PostgreSQL 15.18"));
    harness.press("o");
    assert!(harness.screen().contains("own server: the project has a database"));
}

#[test]
fn missing_programs_are_downloaded_only_with_a_separate_consent() {
    let mut harness = without_database();
    harness.unreachable = Some(no_programs());
    harness.press("o<enter>");
    assert_eq!(last(&harness), "connect default own server");
    let screen = harness.screen();
    assert!(screen.contains("Download PostgreSQL?") && screen.contains("install them with `apt`"), "{screen}");
    harness.press("<enter>");
    assert!(harness.model.dialogs.is_empty() && last(&harness) == "connect default own server", "No has the focus");
    harness.send(Msg::ScriptsChanged);
    assert!(harness.model.dialogs.is_empty(), "the offer is not repeated");
    harness.unreachable = None;
    harness.press("o<right><enter>");
    assert_eq!(last(&harness), "connect default own server download");
}

#[test]
fn a_project_that_names_its_database_later_connects_by_itself() {
    let mut harness = without_database();
    harness.unreachable = None;
    harness.send(Msg::ScriptsChanged);
    assert_eq!(last(&harness), "connect default");
    assert!(harness.screen().contains("connected again"));
}

#[test]
fn an_environment_to_upgrade_first_is_shown_and_its_name_is_asked() {
    let mut harness = Harness::with(120, 40, sample(), &["8e10f3b79a01"]);
    harness.outdated = vec![OutdatedEnvironment {
        environment: String::from("staging"),
        state: String::from("it is at 1975ea83b712"),
    }];
    harness.press("/c3d2<enter>U");
    let screen = harness.screen();
    assert!(screen.contains("upgrade staging first: it is at 1975ea83b712"), "{screen}");
    harness.press("<enter>");
    let screen = harness.screen();
    assert!(
        screen.contains("Another environment should be upgraded first") && screen.contains("Type staging to continue"),
        "{screen}"
    );
    harness.press("production<enter>");
    assert!(last(&harness).starts_with("prepare"), "another word applies nothing");
    harness.press("<^u>staging<enter>");
    assert!(harness.asked.iter().any(|asked| asked.starts_with("apply")));
}

#[test]
fn an_applied_script_that_was_edited_is_marked() {
    let mut harness = Harness::silent(120, 40, sample(), &["c3d2a981e5b4"], start(120, 40));
    harness.newest = Some(7);
    harness.record.edited = ["8e10f3b79a01", "9f3b6c10a7d2"].map(id).into();
    harness.run();
    let marked = |harness: &Harness| -> Vec<String> {
        let screen = harness.screen();
        screen.lines().filter(|line| line.contains("≠ edited")).map(str::to_owned).collect()
    };
    let lines = marked(&harness);
    assert!(matches!(&lines[..], [only] if only.contains("8e10f3b7")), "a pending script is not marked: {lines:?}");
    harness.press("/edited<enter>");
    assert!(harness.screen().contains("backfill_job_priority.sql ─ edited"), "{}", harness.screen());
    let asked = |harness: &Harness| harness.asked.iter().filter(|asked| *asked == "read ledger").count();
    let before = asked(&harness);
    harness.send(Msg::Poll);
    assert_eq!(asked(&harness), before, "unchanged facts are not read again");
    harness.record.edited.clear();
    harness.send(Msg::ScriptsChanged);
    assert_eq!((asked(&harness), marked(&harness).len()), (before, 1), "the tree is the same");
    harness.tree = Arc::new(sample());
    harness.send(Msg::ScriptsChanged);
    assert_eq!((asked(&harness), marked(&harness).len()), (before + 1, 0));
}

/// The database is at a revision whose file is missing. Its parent is the sample's `c3d2a981e5b4`.
pub(super) fn missing(is_in_ledger: bool) -> Harness {
    let mut harness = Harness::silent(120, 40, sample(), &["deadbeef0000"], start(120, 40));
    if is_in_ledger {
        let mut file =
            file("deadbeef0000", "add notes", &["c3d2a981e5b4"], "CREATE TABLE notes ();", "DROP TABLE notes;");
        file.path = "ledger:deadbeef0000".into();
        harness.record.from_ledger.insert(id("deadbeef0000"), Arc::new(file));
    }
    harness.run();
    harness.press("gk");
    harness
}

#[test]
fn a_missing_revision_is_read_from_the_ledger_and_can_be_downgraded() {
    let mut harness = missing(true);
    let screen = harness.screen();
    for words in ["add notes", "missing · current", "deadbeef from the ledger, read-only", "CREATE TABLE notes ();"] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(screen.lines().any(|line| line.contains("8e10f3b7") && line.contains("applied")), "{screen}");
    harness.press("E");
    assert!(harness.screen().contains("there is no file to edit here"));
    harness.press("ex");
    let screen = harness.screen();
    assert!(screen.contains("from the ledger, read-only") && screen.contains("there is no file"), "{screen}");
    harness.press("<esc>");
    assert!(harness.model.editor().is_none(), "nothing was typed, so nothing is asked");
    harness.press("u");
    assert!(harness.screen().contains("which has no script: press d to downgrade it"), "{}", harness.screen());
    harness.press("3y");
    assert!(last(&harness).contains("CREATE TABLE notes"), "{}", last(&harness));
    harness.hold = true;
    harness.press("1D");
    assert!(harness.screen().contains("the database is at the selected revision"));
    harness.press("w");
    assert_eq!(last(&harness), "prepare switch heads");
    harness.press("<esc>d");
    assert_eq!(last(&harness), "prepare downgrade -1");
    harness.press("<esc>/8e10<enter>D");
    assert_eq!(last(&harness), "prepare downgrade 8e10f3b79a01");
}

#[test]
fn a_switch_shows_one_plan_with_both_directions() {
    let mut harness = missing(true);
    harness.press("w");
    let screen = harness.screen();
    for words in ["Plan: switch to heads", "DROP TABLE notes", "9f3b6c10"] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    harness.press("<esc>");
    harness.model.environment = Some(String::from("production"));
    harness.model.environments = vec![(String::from("production"), true)];
    harness.press("w");
    assert!(harness.screen().contains("switch: the environment is protected"), "{}", harness.screen());
    let mut harness = Harness::new(110, 30);
    harness.press("w");
    assert!(harness.screen().contains("there is nothing to switch"), "{}", harness.screen());
}

#[test]
fn a_missing_revision_without_a_copy_in_the_ledger_is_reported() {
    let mut harness = missing(false);
    let screen = harness.screen();
    assert!(screen.contains("The ledger has no copy of its script") && screen.contains("stamp"), "{screen}");
    harness.press("d");
    assert!(harness.screen().contains("which has no script and no copy in the"), "{}", harness.screen());
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("prepare")));
}

#[test]
fn a_faulty_configuration_is_not_called_an_unreachable_server() {
    let mut harness = Harness::silent(110, 30, sample(), &["9f3b6c10a7d2"], start(110, 30));
    harness.unreachable = Some(Error::new("no environment 'nope' in limbeck.toml"));
    harness.run();
    let screen = harness.screen();
    assert!(screen.contains("not connected · R retry · ! why") && screen.contains("no environment 'nope'"), "{screen}");
    harness.press("u");
    assert!(harness.screen().contains("upgrade: limbeck is not connected to a database"));
}
