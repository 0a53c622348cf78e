//! Which database it is: none at all, limbeck's own, another environment's.

use super::fixtures::*;
use super::harness::*;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::Msg;

/// The sample project, of which nothing says where its database is.
fn nowhere() -> Harness {
    let mut harness = Harness::silent(120, 40, sample(), &["9f3b6c10a7d2"], start(120, 40));
    harness.away = Some(Error::of(ErrorKind::NoDatabase, "no database URL").hint("set DATABASE_URL"));
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
fn without_a_database_the_ways_to_one_are_named() {
    let mut harness = nowhere();
    let screen = harness.screen();
    for words in ["no database · o own server · ! why", "nothing says where the database is", "DATABASE_URL", "PGHOST"]
    {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(!screen.contains("server away"), "{screen}");
    harness.press("!");
    assert!(harness.screen().contains("set DATABASE_URL"));
    harness.press("<esc>u");
    assert!(harness.screen().contains("upgrade: there is no database"));
}

#[test]
fn a_yes_takes_limbecks_own_server_and_a_no_asks_for_nothing() {
    let mut harness = nowhere();
    let asked = harness.asked.len();
    harness.press("o<left><enter>o<esc>");
    assert_eq!(harness.asked.len(), asked);
    harness.away = None;
    harness.press("o<enter>");
    assert_eq!(last(&harness), "connect default own server");
    assert!(harness.screen().contains("PostgreSQL 15.18"));
    harness.press("o");
    assert!(harness.screen().contains("own server: the project says where its database is"));
}

#[test]
fn missing_programs_are_downloaded_only_after_a_yes_of_their_own() {
    let mut harness = nowhere();
    harness.away = Some(no_programs());
    harness.press("o<enter>");
    assert_eq!(last(&harness), "connect default own server");
    let screen = harness.screen();
    assert!(screen.contains("Download PostgreSQL?") && screen.contains("install them with `apt`"), "{screen}");
    harness.press("<enter>");
    assert!(harness.model.dialogs.is_empty() && last(&harness) == "connect default own server", "No has the focus");
    harness.send(Msg::ScriptsChanged);
    assert!(harness.model.dialogs.is_empty(), "who said no is not asked again");
    harness.away = None;
    harness.press("o<right><enter>");
    assert_eq!(last(&harness), "connect default own server download");
}

#[test]
fn a_project_that_says_by_now_where_its_database_is_connects_by_itself() {
    let mut harness = nowhere();
    harness.away = None;
    harness.send(Msg::ScriptsChanged);
    assert_eq!(last(&harness), "connect default");
    assert!(harness.screen().contains("connected again"));
}
