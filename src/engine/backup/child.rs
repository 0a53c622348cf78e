//! Runs one of PostgreSQL's programs, reads its messages, and interrupts it on cancellation.

use std::collections::VecDeque;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::engine::{Error, ErrorKind, Result};

/// The interval of progress reports.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);
/// The number of last lines that an error contains.
const ERROR_LINES: usize = 12;

/// Functions that are called while the program runs.
pub struct OutputHandlers<'a> {
    /// Called for each line of standard error.
    pub line: &'a mut (dyn FnMut(&str) + Send),
    /// Called regularly.
    pub report_progress: &'a mut (dyn FnMut() + Send),
    /// Called once, when the program is interrupted.
    pub on_cancel: &'a mut (dyn FnMut() + Send),
}

/// Runs a program to its end, with English messages.
///
/// # Errors
/// With the last messages of the program; of kind `Interrupted` when it was cancelled.
pub async fn run(
    name: &str,
    mut command: std::process::Command,
    handlers: OutputHandlers<'_>,
    cancel: &CancellationToken,
) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let failed = |error: std::io::Error| Error::new(format!("{name} could not be run")).because(error);
    command.env("LC_ALL", "C").env_remove("LANGUAGE").env_remove("PGCLIENTENCODING");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // The signal of ^C must reach only limbeck, which then interrupts the program.
    command.process_group(0);
    let mut child = Command::from(command).kill_on_drop(true).spawn().map_err(failed)?;
    let Some(stderr) = child.stderr.take() else {
        return Err(Error::new(format!("the standard error of {name} cannot be read")));
    };
    let mut lines = BufReader::new(stderr).split(b'\n');
    let mut interval = tokio::time::interval(REPORT_INTERVAL);
    let mut last = VecDeque::new();
    let mut is_cancelling = false;
    loop {
        tokio::select! {
            line = lines.next_segment() => {
                let Ok(Some(line)) = line else { break };
                let line = String::from_utf8_lossy(&line);
                (handlers.line)(&line);
                if !is_cancelling && is_error_line(&line) {
                    last.push_back(line.trim_end().to_owned());
                }
                if last.len() > ERROR_LINES {
                    last.pop_front();
                }
            }
            _ = interval.tick() => (handlers.report_progress)(),
            () = cancel.cancelled(), if !is_cancelling => {
                is_cancelling = true;
                (handlers.on_cancel)();
                interrupt(&child);
            }
        }
    }
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    if is_cancelling {
        return Err(Error::of(ErrorKind::Interrupted, "cancelled"));
    }
    let error = Error::new(format!("{name} failed ({status})")).hint(failure_hint(last.iter()));
    Err(last.into_iter().fold(error, |error, line| error.because(remove_program_name(&line, name))))
}

/// What to do about the errors that a program printed.
fn failure_hint<'a>(mut lines: impl Iterator<Item = &'a String>) -> &'static str {
    if lines.any(|line| line.contains("permission denied")) {
        "a backup reads every table: use a role that may, e.g. with GRANT pg_read_all_data TO the role"
    } else {
        "correct what the program reports, then run the command again"
    }
}

/// Sends SIGINT. The program then cancels its statement on the server and ends.
fn interrupt(child: &Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // A program that has ended needs no signal.
        let _ = kill_process(pid, Signal::INT);
    }
}

/// Whether a line belongs to an error. With `--verbose` the program also writes a line per object.
fn is_error_line(line: &str) -> bool {
    ["error:", "warning:", "detail:", "hint:", "Command was:", "FATAL", "ERROR", "DETAIL", "HINT"]
        .iter()
        .any(|word| line.contains(word))
}

/// Removes the name of the program.
fn remove_program_name(line: &str, name: &str) -> String {
    line.trim_start_matches(&format!("{name}: ")).trim().to_owned()
}
