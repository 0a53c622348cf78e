//! Notices and messages, and the states of a run that stopped.

use std::time::Duration;

use super::fixtures::*;
use super::harness::*;
use crate::core::graph::RevisionId;
use crate::engine::apply::Progress;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::log::LogState;
use crate::tui::app::model::Connection;
use crate::tui::app::screen::plan::{RunState, StatementState, StepState};
use crate::tui::app::{Msg, Start, command};

fn footer(harness: &Harness) -> String {
    harness.screen().lines().last().unwrap_or_default().to_owned()
}

fn states(harness: &Harness) -> Vec<(String, LogState)> {
    harness.model.log.entries().iter().map(|entry| (entry.text.clone(), entry.state)).collect()
}

/// A plan of two steps. The first step's first statement is done, the second step's statement runs.
fn half_way(mode: &str) -> Harness {
    let mut harness = Harness::with(120, 40, sample(), &["8e10f3b79a01"]);
    harness.press(&format!("/7c1d<enter>U{mode}"));
    harness.hold = true;
    harness.press("<enter>");
    let elapsed = Duration::from_millis(2);
    for progress in [
        Progress::StepStarted { step: 0 },
        Progress::StatementStarted { step: 0, statement: 0 },
        Progress::StatementDone { step: 0, statement: 0, rows: None, elapsed },
        Progress::StepStarted { step: 1 },
        Progress::StatementStarted { step: 1, statement: 0 },
    ] {
        harness.send(plan_progress(harness.job(), progress));
    }
    harness
}

#[test]
fn the_next_key_removes_the_notice() {
    let mut harness = Harness::new(120, 40);
    harness.press("n");
    assert!(footer(&harness).contains("no filter is set"), "{}", footer(&harness));
    harness.press("u");
    let footer = footer(&harness);
    assert!(footer.contains("Enter apply") && !footer.contains("no filter"), "{footer}");
}

#[test]
fn statements_of_a_shared_transaction_are_marked_as_rolled_back() {
    let mut harness = half_way("t");
    harness.send(applied(harness.job(), Err(Error::new("it broke"))));
    let Some(RunState::Failed(_, running)) = harness.model.plan().map(|screen| &screen.run) else { panic!() };
    assert_eq!(running.steps, [StepState::RolledBack, StepState::Failed]);
    assert_eq!(running.statements[&(0, 0)], StatementState::RolledBack);
    assert_eq!(running.statements[&(1, 0)], StatementState::Failed);
    assert_eq!(
        states(&harness).iter().map(|(_, state)| *state).collect::<Vec<_>>(),
        [LogState::Undone, LogState::Failed, LogState::Failed]
    );
    assert!(harness.screen().contains("rolled back"), "{}", harness.screen());
}

#[test]
fn after_a_lost_connection_no_rollback_is_claimed() {
    let mut harness = half_way("t");
    harness
        .send(applied(harness.job(), Err(Error::of(ErrorKind::Connection, "the connection to the server was lost"))));
    let Some(RunState::Failed(_, running)) = harness.model.plan().map(|screen| &screen.run) else { panic!() };
    assert!(matches!(running.statements[&(0, 0)], StatementState::Done(..)));
}

#[test]
fn a_cancelled_run_is_not_an_error() {
    let mut harness = half_way("");
    harness.send(applied(harness.job(), Err(Error::of(ErrorKind::Interrupted, "cancelled and rolled back"))));
    let screen = harness.screen();
    assert!(screen.contains("┌ Cancelled ─") && !screen.contains("┌ Error"), "{screen}");
    harness.press("<esc>");
    let screen = harness.screen();
    assert!(!screen.contains("failed"), "{screen}");
}

#[test]
fn the_error_of_a_run_can_be_shown_again() {
    let mut harness = half_way("");
    harness.send(applied(harness.job(), Err(Error::new("it broke").because("the deeper cause"))));
    harness.press("<esc>");
    assert!(!harness.screen().contains("the deeper cause"));
    assert!(footer(&harness).contains("! problem"), "{}", footer(&harness));
    harness.press("!");
    assert!(harness.screen().contains("the deeper cause"));
}

#[test]
fn enter_on_an_incomplete_word_is_not_called_cancel() {
    let mut harness = Harness::new(120, 40);
    harness.press("u<enter>");
    assert!(footer(&harness).contains("Enter cancel"));
    harness.press("leg");
    assert!(footer(&harness).contains("Enter check the word"), "{}", footer(&harness));
    harness.press("acy_code");
    assert!(footer(&harness).contains("Enter apply"), "{}", footer(&harness));
}

#[test]
fn new_settings_are_followed_when_no_job_runs() {
    let environments = vec![(String::from("qa"), true)];
    let settings = |database| Msg::Settings { environments: environments.clone(), database };
    let mut harness = Harness::new(120, 40);
    harness.send(settings(false));
    assert_eq!(harness.asked.iter().filter(|asked| asked.starts_with("connect")).count(), 1);
    assert!(harness.press("x").screen().contains("qa"));
    harness.press("<esc>u");
    harness.send(settings(true));
    assert!(harness.model.plan().is_none(), "the plan of the earlier database");
    assert_eq!(harness.asked.iter().filter(|asked| asked.starts_with("connect")).count(), 2);
    assert!(matches!(harness.model.server.connection, Connection::Connected));

    let mut harness = half_way("");
    harness.send(settings(true));
    assert!(harness.model.plan().is_some(), "the run goes on where it is");
    harness.send(applied(harness.job(), Err(Error::new("it broke"))));
    harness.send(Msg::Poll);
    assert_eq!(harness.asked.iter().filter(|asked| asked.starts_with("connect")).count(), 2);
}

#[test]
fn the_words_of_a_state_are_shown_completely_or_omitted() {
    let heads: [RevisionId; 1] = [id("9f3b6c10a7d2")];
    let mut harness = Harness::with(100, 30, sample(), &["9f3b6c10a7d2"]);
    harness.model.server.seen.insert(Some(String::from("a-very-long-environment-name")), heads.to_vec());
    for width in 60..130 {
        harness.resize(width, 30);
        let screen = harness.screen();
        let line = screen.lines().find(|line| line.contains("9f3b6c10  ")).unwrap();
        let pane = line.split('│').find(|part| part.contains("9f3b6c10")).unwrap().trim_end();
        assert!(!pane.ends_with('·'), "{width}: {pane}");
        assert!(!pane.contains("a-very") || pane.contains("a-very-long-environment-name"), "{width}: {pane}");
    }
}

#[test]
fn closing_punctuation_never_begins_a_line() {
    for width in 40..110 {
        let mut harness = Harness::new(width, 60);
        harness.press("?");
        let screen = harness.screen();
        for line in screen.lines() {
            let words = line.trim_matches(|c: char| c == '│' || c == '┃' || c.is_whitespace());
            assert!(!words.starts_with([',', '.']), "{width}\n{screen}");
        }
    }
    assert!(command::table().iter().any(|info| info.description.contains(", ")));
}

#[test]
fn an_empty_project_says_what_to_do() {
    let nothing = Start { environments: Vec::new(), ..start(100, 30) };
    let mut harness = Harness::silent(100, 30, tree(Vec::new()), &[], nothing);
    let error =
        Error::of(ErrorKind::Connection, "the server at db.example.org:5432 cannot be reached: connection refused");
    harness.unreachable = Some(error);
    harness.run();
    for width in [100, 120, 140] {
        harness.resize(width, 30);
        let screen = harness.screen();
        for words in [
            "a section of SQL to upgrade and one to downgrade.",
            "R tries again, ! shows the error",
            "cannot be reached: connection refused",
        ] {
            let shown = screen.lines().filter_map(|line| line.split('│').nth(1)).collect::<Vec<_>>();
            let shown = shown.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(shown.contains(words), "{width}: {words}\n{screen}");
        }
    }
}

#[test]
fn a_long_reason_is_shown_in_a_dialog() {
    let mut harness = Harness::with(200, 24, sample(), &["deadbeef0000"]);
    harness.press("u");
    assert!(harness.model.dialogs.is_empty() && footer(&harness).contains("stamp another revision"));
    for width in [40, 50, 60, 80] {
        harness.resize(width, 24).press("u");
        let screen = harness.screen();
        let words = screen.replace(|c| "│┃".contains(c), " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("Not now") && words.contains("or stamp another revision"), "{screen}");
        harness.press("<esc>");
    }
}

#[test]
fn the_same_error_is_shown_once() {
    let mut harness = Harness::new(80, 24);
    for _ in 0..3 {
        harness.send(Msg::Failed(Error::new("limbeck.toml cannot be read")));
    }
    harness.press("<esc>");
    assert!(harness.model.dialogs.is_empty());
}

#[test]
fn a_narrow_header_shows_the_pending_revisions() {
    let mut harness = Harness::new(60, 15);
    assert!(harness.screen().lines().next().unwrap().ends_with("2 pending"), "{}", harness.screen());
    harness.resize(80, 24).press("u");
    assert!(harness.screen().lines().next().unwrap().ends_with("2 pending"), "{}", harness.screen());
}
