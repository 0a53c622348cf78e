//! What reaches a terminal: the approval question, `--sql`, and the UI.

use super::assert_harmless;
use super::project::{HostileDatabase, project};
use crate::support::run_in_terminal;

#[test]
fn a_name_cannot_erase_the_approval_question() {
    let database = HostileDatabase::create("ask");
    let project = project(&database);
    project.run(&["upgrade", "+1"]).expect_status(0);
    let words = ["upgrade", "aaaa00000003", "--color", "never"];
    let text = run_in_terminal(&project, &words, Some("to approve: "), "no\n").1;
    assert_harmless("the question", &text);
    for part in ["drops column", "2 values in 2 rows", "drops table", "\\u202E", "\\nFAKE"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let text = run_in_terminal(&project, &["kept", "list", "--color", "never"], None, "").1;
    assert_harmless("kept list", &text);
}

#[test]
fn sql_is_exact_in_a_pipe_and_escaped_on_a_terminal() {
    let database = HostileDatabase::create("sql");
    let project = project(&database);
    let words = ["upgrade", "aaaa00000001", "--sql"];
    let piped = project.run(&words).expect_status(0).stdout;
    assert!(piped.contains(&super::project::quoted("t")), "another program gets the exact text: {piped:?}");
    let text = run_in_terminal(&project, &words, None, "").1;
    for line in text.lines() {
        let found = line.chars().find(|c| limbeck::core::escape::is_unsafe(*c) && *c != '\t');
        assert_eq!(found, None, "{line:?}");
    }
}

#[test]
fn the_ui_writes_only_its_own_sequences() {
    let database = HostileDatabase::create("tui");
    let project = project(&database);
    let mut program = crate::pty::Program::start(&project, &[], (120, 40));
    program.wait_for(&["message \\x1B[2J", "RAISE EXCEPTION"]);
    program.send("e");
    program.wait_for(&["Edit", "\\u202E"]);
    program.send("\x1b");
    program.wait_for(&["1 History"]);
    program.send("q");
    program.end();
    program.assert_restored();
}
