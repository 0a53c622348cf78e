//! Runs limbeck in a pseudo terminal, to answer its questions.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::{TestProject, eventually};

/// Runs limbeck in a terminal. When the question appears, types the answer. Returns the exit code and everything that was
/// printed.
pub fn run_in_terminal(project: &TestProject, words: &[&str], question: Option<&str>, answer: &str) -> (u32, String) {
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
    let status = child.wait().unwrap().exit_code();
    reading.join().unwrap();
    // A terminal writes each line end as CR LF.
    (status, text().replace("\r\n", "\n"))
}
