//! The commands that write outside a run, and those that use scratch databases, when the connection is cut at any message:
//! the error says what was changed and what to do next.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Case;
use crate::support::{Action, Proxy, Way, server};

/// A command, the application name of its session, and what its error may say about the state.
struct Command {
    arguments: &'static [&'static str],
    application: &'static str,
    states: &'static [&'static str],
    /// In the short form, one message in so many.
    every: usize,
}

const SCRATCH: &[&str] = &["the database was not changed"];

const COMMANDS: [Command; 6] = [
    Command {
        arguments: &["kept", "restore", "1"],
        application: "limbeck kept",
        states: &["copy 1 was not restored", "the copy still exists", "it is unknown whether copy 1 was restored"],
        every: 6,
    },
    Command {
        arguments: &["kept", "drop", "1", "--yes"],
        application: "limbeck kept",
        states: &[
            "no copy was dropped",
            "copy 1 was not dropped",
            "it is unknown whether copy 1 was dropped",
            "the copies were not changed",
        ],
        every: 6,
    },
    Command {
        arguments: &["stamp", "aaaa00000001"],
        application: "limbeck stamp",
        states: &["the version table was not changed", "it is unknown whether the version table was changed"],
        every: 5,
    },
    Command { arguments: &["verify"], application: "", states: SCRATCH, every: 211 },
    Command { arguments: &["drift"], application: "", states: SCRATCH, every: 211 },
    Command { arguments: &["check"], application: "", states: SCRATCH, every: 211 },
];

fn case(before: &str) -> Case {
    let case = Case::new(before, "UPDATE t SET a = 'z';", "SELECT 1;");
    case.project.write("models/t.sql", "CREATE TABLE t (id int PRIMARY KEY, a text);");
    case.up();
    case
}

fn error_of(stderr: &str) -> Option<String> {
    stderr.lines().find(|line| line.starts_with("error: ")).map(str::to_owned)
}

#[test]
fn every_command_describes_the_state_after_a_lost_connection() {
    for Command { arguments, application, states, every } in COMMANDS {
        let before = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x'), (2, 'y')";
        let mut failed = 0;
        // The long form cuts at every message.
        let every = if std::env::var_os("LIMBECK_TEST_FAULTS").is_some() { 1 } else { every };
        // The history of a case cannot run on an empty database, which `verify` and `drift` report also without a cut.
        let usual = error_of(&case(before).project.run(arguments).stderr);
        for number in (0..4000).map(|turn| 3 + turn * every) {
            let case = case(before);
            let reached = Arc::new(AtomicBool::new(false));
            let done = Arc::clone(&reached);
            let proxy = Proxy::start(server(), move |message| {
                let is_it = if application.is_empty() {
                    message.total == number
                } else {
                    message.application == application && message.way == Way::ToServer && message.number == number
                };
                if is_it && !done.swap(true, Ordering::SeqCst) { Action::CutBefore } else { Action::Forward }
            });
            let url = proxy.url(case.database.name());
            let run = case.project.run(&[&["--database-url", &url], arguments].concat());
            if !reached.load(Ordering::SeqCst) {
                break;
            }
            if run.status == Some(0) || (usual.is_some() && error_of(&run.stderr) == usual) {
                continue;
            }
            failed += 1;
            let place = format!("{arguments:?} cut at message {number}: {}", run.stderr);
            let is_lost = |line: &str| line.starts_with("error: ") && line.contains("connection");
            assert!(run.stderr.lines().any(is_lost), "{place}");
            assert!(states.iter().any(|state| run.stderr.contains(state)), "{place}");
            assert!(run.stderr.contains("hint: "), "{place}");
        }
        assert!(failed > 0, "{arguments:?}");
    }
}
