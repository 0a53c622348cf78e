//! What reaches a terminal: the approval question, `--sql`, and the UI.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::assert_harmless;
use super::project::{HostileDatabase, project};
use crate::support::{TestProject, eventually};

/// Runs limbeck in a terminal. When the question appears, types the answer. Returns everything that was printed.
fn run_in_terminal(project: &TestProject, words: &[&str], question: Option<&str>, answer: &str) -> String {
    let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 200, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_limbeck"));
    command.args(words);
    command.cwd(project.root());
    command.env_clear();
    for (name, value) in project.environment() {
        command.env(name, value);
    }
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let printed = Arc::new(Mutex::new(Vec::new()));
    let shown = Arc::clone(&printed);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let reading = std::thread::spawn(move || {
        let mut bytes = [0; 1024];
        // When the process ends, reading from the terminal returns an error.
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            shown.lock().unwrap().extend_from_slice(&bytes[..count]);
        }
    });
    let text = || String::from_utf8_lossy(&printed.lock().unwrap()).into_owned();
    if let Some(question) = question {
        eventually("the question is shown", 60, || text().contains(question));
        pair.master.take_writer().unwrap().write_all(answer.as_bytes()).unwrap();
    }
    child.wait().unwrap();
    reading.join().unwrap();
    // A terminal writes each line end as CR LF.
    text().replace("\r\n", "\n")
}

#[test]
fn a_name_cannot_erase_the_approval_question() {
    let database = HostileDatabase::create("ask");
    let project = project(&database);
    project.run(&["upgrade", "+1"]).expect_status(0);
    let words = ["upgrade", "aaaa00000003", "--color", "never"];
    let text = run_in_terminal(&project, &words, Some("to approve: "), "no\n");
    assert_harmless("the question", &text);
    for part in ["drops column", "2 values in 2 rows", "drops table", "\\u202E", "\\nFAKE"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let text = run_in_terminal(&project, &["kept", "list", "--color", "never"], None, "");
    assert_harmless("kept list", &text);
}

#[test]
fn sql_is_exact_in_a_pipe_and_escaped_on_a_terminal() {
    let database = HostileDatabase::create("sql");
    let project = project(&database);
    let words = ["upgrade", "aaaa00000001", "--sql"];
    let piped = project.run(&words).expect_status(0).stdout;
    assert!(piped.contains(&super::project::quoted("t")), "another program gets the exact text: {piped:?}");
    let text = run_in_terminal(&project, &words, None, "");
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
