//! On a terminal, limbeck asks for a missing approval.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::project_with_data_loss;
use crate::support::{TestProject, eventually, server};

#[test]
fn the_right_word_approves() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    let (status, screen) = answer(&project, "email\n");
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("drops column users.email: 1 value in 2 rows"), "{screen}");
    assert!(!database.try_psql("SELECT email FROM users").status.success());
}

#[test]
fn another_word_runs_nothing() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    let (status, screen) = answer(&project, "yes\n");
    assert_eq!(status, 3, "{screen}");
    assert!(screen.contains("'yes' is not 'email'"), "{screen}");
    assert_eq!(database.psql("SELECT count(email) FROM users"), "1");
}

/// Upgrades in a terminal and types the answer to the question. Returns the exit code and the output.
fn answer(project: &TestProject, typed: &str) -> (u32, String) {
    let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 120, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_limbeck"));
    command.args(["upgrade", "head"]);
    command.cwd(project.root());
    command.env_clear();
    for (name, value) in project.environment() {
        command.env(name, value);
    }
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let screen = Arc::new(Mutex::new(String::new()));
    let shown = Arc::clone(&screen);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let reading = std::thread::spawn(move || {
        let mut bytes = [0; 1024];
        // When the process ends, reading from the terminal returns an error.
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            shown.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    });
    eventually("the question is shown", 60, || screen.lock().unwrap().contains("Type email to approve: "));
    pair.master.take_writer().unwrap().write_all(typed.as_bytes()).unwrap();
    let status = child.wait().unwrap().exit_code();
    reading.join().unwrap();
    let screen = screen.lock().unwrap().clone();
    (status, screen)
}
