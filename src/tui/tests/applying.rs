//! The plan: confirmation, run, cancelling, failing.

use std::time::Duration;

use super::fixtures::*;
use super::harness::*;
use crate::core::hazard::Hazard;
use crate::engine::apply::{Blocker, Progress};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::Task;
use crate::tui::app::screen::plan::RunState;
use crate::tui::app::{Effect, Msg};

fn has_applied(harness: &Harness) -> bool {
    harness.asked.iter().any(|asked| asked.starts_with("apply"))
}

#[test]
fn a_loss_is_applied_only_after_its_word() {
    let mut harness = Harness::new(120, 40);
    harness.press("u<enter>");
    let screen = harness.screen();
    for words in ["This destroys data", "functions.legacy_code", "1,204 values in 3,310 rows", "as runna", "localhost"]
    {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    harness.press("wrong<enter>");
    assert!(!has_applied(&harness));
    assert!(harness.screen().contains("'wrong' is not 'legacy_code'"));
    harness.press("<^u>legacy_code<enter>");
    assert!(has_applied(&harness));
    assert_eq!(harness.heads, [id("9f3b6c10a7d2")]);
    assert!(harness.screen().contains("done: 7c1d5e02, b04e77aa → 9f3b6c10"));
}

#[test]
fn enter_on_cancel_and_esc_apply_nothing() {
    for keys in ["u<enter><enter>", "u<enter><esc>", "u<enter>legacy_code<tab><enter>", "u<enter>leg<tab><tab><enter>"]
    {
        let mut harness = Harness::new(120, 40);
        harness.press(keys);
        assert!(!has_applied(&harness), "{keys}");
        assert!(harness.model.dialogs.is_empty(), "{keys}");
    }
}

#[test]
fn keys_typed_before_the_dialog_was_drawn_are_ignored() {
    let mut harness = Harness::new(120, 40);
    harness.drawn = false;
    harness.press("u<enter>legacy_code<enter>");
    assert!(harness.model.wants_drawn());
    assert!(!has_applied(&harness));
    harness.send(Msg::Paste(String::from("legacy_code")));
    harness.send(Msg::Drawn);
    harness.press("<enter>");
    assert!(!has_applied(&harness), "earlier keys are ignored");
}

#[test]
fn a_protected_environment_asks_for_its_name_even_without_a_loss() {
    let mut harness = Harness::with(120, 40, sample(), &["8e10f3b79a01"]);
    harness.press("xjj<enter>");
    harness.press("/c3d2<enter>U<enter>");
    assert!(harness.screen().contains("Type production to continue"), "{}", harness.screen());
    harness.press("production<enter>");
    assert!(has_applied(&harness));
}

#[test]
fn a_plan_without_loss_is_applied_at_once() {
    let mut harness = Harness::with(120, 40, sample(), &["8e10f3b79a01"]);
    harness.press("/c3d2<enter>U<enter>");
    assert!(has_applied(&harness));
    assert_eq!(harness.heads, [id("c3d2a981e5b4")]);
    let log: Vec<&str> = harness.model.log.entries().iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(log[0], "CREATE INDEX ix_status ON executions (status)");
    harness.press("<enter>");
    assert!(harness.model.plan().is_none(), "Enter closes a finished plan");
}

#[test]
fn a_failure_is_shown_copied_and_opened_at_its_line() {
    let mut harness = Harness::new(120, 40);
    harness.fails = Some(Error {
        kind: ErrorKind::Failed,
        message: String::from("column \"legacy_code\" does not exist"),
        causes: vec![String::from("SQLSTATE 42703")],
        hint: Some(String::from("the revision was rolled back")),
        revision: Some(String::from("9f3b6c10a7d2")),
        line: Some(8),
        excerpt: Some(String::from("8 | ALTER TABLE …\n  |       ^")),
        needs_consent: None,
        unplanned: Vec::new(),
    });
    harness.press("u<enter>legacy_code<enter>");
    let screen = harness.screen();
    assert!(screen.contains("Error in 9f3b6c10a7d2, line 8") && screen.contains("SQLSTATE 42703"), "{screen}");
    harness.press("y");
    assert!(harness.asked.last().unwrap().starts_with("copy the error: error: column"));
    harness.press("E");
    let wanted = "edit /project/migrations/versions/9f3b6c10_drop_legacy_code.sql Some(8)";
    assert!(harness.asked.contains(&wanted.to_owned()));
    harness.press("<esc>");
    assert!(harness.screen().contains("stopped here"));
}

#[test]
fn a_loss_that_the_plan_did_not_contain_can_be_approved_after_the_run_stopped() {
    let mut harness = Harness::with(120, 40, sample(), &["8e10f3b79a01"]);
    let applied = |harness: &Harness| harness.asked.iter().filter(|asked| asked.starts_with("apply")).count();
    let hazard = Hazard { object: String::from("public.sessions"), ..hazards("DROP TABLE sessions").remove(0) };
    harness.fails = Some(Error {
        unplanned: vec![hazard],
        ..Error::of(
            ErrorKind::Approval,
            "revision c3d2a981e5b4: deletes rows of sessions, and the plan did not contain this",
        )
    });
    harness.press("/c3d2<enter>U<enter>");
    assert!(harness.screen().contains("Enter plans again"), "{}", harness.screen());
    harness.fails = None;
    harness.press("<esc><enter>");
    let screen = harness.screen();
    assert!(screen.contains("the last run stopped at: drops"), "{screen}");
    harness.press("<enter>");
    let screen = harness.screen();
    assert!(screen.contains("public.sessions") && screen.contains("Type sessions to continue"), "{screen}");
    harness.press("no<enter>");
    assert!(applied(&harness) == 1 && harness.screen().contains("'no' is not 'sessions'"), "{}", harness.screen());
    harness.press("<backspace><backspace>sessions<enter>");
    assert_eq!(applied(&harness), 2);
}

#[test]
fn cancelling_asks_the_server_and_shows_its_answer() {
    let mut harness = Harness::new(120, 40);
    harness.press("u");
    harness.hold = true;
    harness.press("<enter>legacy_code<enter>");
    assert!(harness.model.is_busy());
    harness.send(plan_progress(harness.job(), Progress::StepStarted { step: 0 }));
    harness.press("<^c>");
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    assert!(harness.screen().contains("waiting for the server's answer"));
    harness.press("<esc>");
    assert!(harness.model.plan().is_some(), "Esc does not close a running plan");
    harness.send(applied(
        harness.job(),
        Err(Error::of(ErrorKind::Interrupted, "cancelled: revision 51ab90de was rolled back")),
    ));
    assert!(harness.screen().contains("was rolled back"));
    assert!(!harness.model.is_busy());
    assert!(matches!(harness.model.plan().unwrap().run, RunState::Failed(..)));
}

#[test]
fn a_server_that_does_not_answer_does_not_keep_the_user_waiting() {
    let mut harness = Harness::new(160, 40);
    harness.press("u");
    harness.hold = true;
    harness.press("<enter>legacy_code<enter><^c><^c>");
    assert!(harness.screen().contains("press ^c again to quit without waiting"), "{}", harness.screen());
    assert_ne!(harness.asked.last().unwrap(), "quit");
    harness.press("<^c>");
    assert_eq!(harness.asked.last().unwrap(), "quit");
}

#[test]
fn the_notes_of_a_plan_are_shown_before_it_runs() {
    let mut harness = Harness::new(160, 40);
    harness.notes = vec![String::from("statement_timeout is 30s for the role runna")];
    harness.press("u");
    assert!(harness.screen().contains("note: statement_timeout is 30s for the role runna"), "{}", harness.screen());
    harness.press("<enter>");
    let screen = harness.screen();
    assert!(screen.contains("This destroys data") && screen.contains("note    statement_timeout is 30s"), "{screen}");
}

#[test]
fn quitting_while_a_job_runs_asks_cancels_and_waits() {
    let mut harness = Harness::new(120, 40);
    harness.press("u");
    harness.hold = true;
    harness.press("<enter>legacy_code<enter>q");
    assert!(harness.screen().contains("Quit?"));
    harness.press("<enter>q<tab><enter>");
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    harness.send(applied(harness.job(), Err(Error::of(ErrorKind::Interrupted, "rolled back"))));
    assert_eq!(harness.asked.last().unwrap(), "quit");
}

#[test]
fn terminate_cancels_the_job_before_it_quits() {
    let mut harness = Harness::new(120, 40);
    harness.press("u");
    harness.hold = true;
    harness.press("<enter>legacy_code<enter>");
    harness.send(Msg::Terminate);
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    harness.send(applied(harness.job(), Err(Error::of(ErrorKind::Interrupted, "rolled back"))));
    assert_eq!(harness.asked.last().unwrap(), "quit");
    let mut idle = Harness::new(80, 24);
    idle.send(Msg::Terminate);
    assert_eq!(idle.asked.last().unwrap(), "quit");
}

#[test]
fn the_blocking_session_is_shown_while_it_blocks() {
    let mut harness = Harness::new(120, 40);
    harness.press("u");
    harness.hold = true;
    harness.press("<enter>legacy_code<enter>");
    let blocker = Blocker {
        pid: 4711,
        user: String::from("app"),
        application: String::from("web"),
        query: String::from("SELECT *\n FROM functions"),
        age: Duration::from_secs(95),
    };
    harness.send(plan_progress(harness.job(), Progress::StepStarted { step: 1 }));
    harness.send(plan_progress(harness.job(), Progress::Blocked { step: 1, blockers: vec![blocker] }));
    assert!(harness.screen().contains("waiting for a lock held by pid 4711 (app, web, 1 min 35 s) SELECT * FROM"));
    harness.send(plan_progress(harness.job(), Progress::StatementStarted { step: 1, statement: 0 }));
    harness.send(plan_progress(
        harness.job(),
        Progress::StatementDone { step: 1, statement: 0, rows: Some(1), elapsed: Duration::from_millis(3) },
    ));
    assert!(harness.model.plan().unwrap().progress().unwrap().waiting.is_none());
}

#[test]
fn a_plan_shows_that_the_database_has_moved_and_can_be_prepared_again() {
    let mut harness = Harness::new(120, 40);
    harness.press("u");
    harness.heads = vec![id("51ab90de3c44")];
    harness.send(Msg::Poll);
    assert!(harness.screen().contains("the database has changed since this plan was prepared; R prepares it again"));
    harness.press("<enter>");
    assert!(harness.model.dialogs.is_empty() && !has_applied(&harness));
    harness.press("R");
    assert_eq!(harness.asked.last().unwrap(), "prepare upgrade head");
    assert_eq!(harness.model.plan().unwrap().plan.steps.len(), 1);
    assert!(harness.model.plan().unwrap().stale.is_none());
}

#[test]
fn the_preparation_of_a_plan_can_be_abandoned_and_its_answer_is_dropped() {
    let mut harness = Harness::new(120, 40);
    harness.hold = true;
    harness.press("u");
    assert!(harness.screen().contains("planning: upgrade to head"));
    let Some(Effect::Run(generation, Task::Prepare(_, request))) = harness.held.pop() else {
        panic!("no plan was asked for")
    };
    harness.press("<esc>");
    assert!(!harness.model.is_busy());
    harness.send(prepared(generation, request, Err(Error::new("too late"))));
    assert!(harness.model.dialogs.is_empty());
}

#[test]
fn the_reason_of_an_allow_comment_is_shown_after_its_hazard() {
    let mut harness = Harness::new(140, 40);
    harness.allowed = Some(String::from("the old service is gone"));
    assert!(harness.press("u").screen().contains("DL103  (because the old service is gone)"), "{}", harness.screen());
}
