//! When autogenerate is refused, asks for consent, or fails.

use super::fixtures::*;
use super::generating::{made, ready};
use super::harness::*;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::{Msg, Start};

#[test]
fn it_is_refused_with_a_reason() {
    let refusal = |harness: &mut Harness| harness.press("a").screen();
    let mut harness = Harness::new(120, 40);
    assert!(refusal(&mut harness).contains("Target database is not up to date. u upgrades it first"));
    let mut harness = Harness::silent(120, 40, sample(), &["9f3b6c10a7d2"], start(120, 40));
    harness.unreachable = Some(Error::of(ErrorKind::Connection, "cannot be reached"));
    harness.run();
    assert!(refusal(&mut harness).contains("autogenerate: the server cannot be reached"));
    let options = Start { read_only: true, ..start(120, 40) };
    let mut harness = Harness::silent(120, 40, sample(), &["9f3b6c10a7d2"], options);
    harness.run();
    assert!(refusal(&mut harness).contains("limbeck was started with --read-only"));
    let mut harness = Harness::with(120, 40, sample(), &["ffff00000000"]);
    assert!(refusal(&mut harness).contains("Can't locate revision identified by 'ffff00000000'"));
    let mut harness = ready(120, 40);
    harness.generated.models = Some(Err(Error::new("there are no models").hint("write the schema into models")));
    harness.send(Msg::ScriptsChanged);
    assert!(
        refusal(&mut harness).contains("there are no models; write the schema into models"),
        "{}",
        harness.screen()
    );
    let (mut harness, _) = {
        let mut harness = ready(120, 40);
        harness.hold = true;
        harness.press("v<esc>");
        (harness, 0)
    };
    assert!(refusal(&mut harness).contains("wait until this job has ended: verifying"), "{}", harness.screen());
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("generate")));
}

#[test]
fn one_of_several_heads_is_chosen() {
    let mut harness = Harness::with(120, 40, forked(), &["bbbbbbbbbbbb", "cccccccccccc"]);
    harness.generated.made = Some(made());
    let screen = harness.press("ax<tab>").screen();
    assert!(screen.contains("There are several heads: m merges them") && !screen.contains("branch here"), "{screen}");
    harness.press("<down><enter>");
    let on = |id: &str| format!("generate 'x' on {id} renames to be asked consent false");
    let asked: Vec<_> = harness.asked.iter().filter(|asked| asked.starts_with("generate")).collect();
    assert!(asked == [&on("bbbbbbbbbbbb")] || asked == [&on("cccccccccccc")], "{asked:?}");
}

#[test]
fn a_program_runs_only_with_consent() {
    let mut harness = ready(120, 40);
    harness.generated.program = true;
    let screen = harness.press("ax<enter>").screen();
    assert!(screen.contains("Run the project's program?") && screen.contains("./print-ddl --all"), "{screen}");
    harness.press("<enter>");
    assert!(
        harness.model.editor().is_none() && harness.model.list().is_none() && harness.model.jobs.running().is_none()
    );
    harness.press("ax<enter><right><enter>");
    assert!(harness.asked.iter().any(|asked| asked.ends_with("consent true")), "{:?}", harness.asked);
    assert!(harness.screen().contains("Edit ─ ● new"), "{}", harness.screen());
}

#[test]
fn errors_are_shown_and_nothing_is_left() {
    let mut harness = ready(120, 40);
    harness.generated.error = Some(Error::new("models/users.sql:3: syntax error").hint("correct it"));
    let screen = harness.press("ax<enter>").screen();
    assert!(screen.contains("models/users.sql:3: syntax error") && screen.contains("correct it"), "{screen}");
    assert!(harness.model.jobs.running().is_none() && harness.model.editor().is_none());
    harness.generated.error = None;
    assert!(harness.press("<esc>R").screen().contains("Edit ─ ● new"), "{}", harness.screen());
}
