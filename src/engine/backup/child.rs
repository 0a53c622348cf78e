//! Runs one of PostgreSQL's programs: listens to what it says, and interrupts it when asked to.

use std::collections::VecDeque;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::engine::{Error, ErrorKind, Result};

/// How often progress is told.
const LOOK: Duration = Duration::from_millis(250);
/// How many of the last lines are kept for an error.
const KEPT: usize = 12;

/// What is listened to.
pub struct OutputHandlers<'a> {
    /// Each line of standard error.
    pub line: &'a mut (dyn FnMut(&str) + Send),
    /// Now and then while it runs.
    pub look: &'a mut (dyn FnMut() + Send),
    /// Once, when it is being interrupted.
    pub cancelling: &'a mut (dyn FnMut() + Send),
}

/// Runs a program to its end. The messages are English, whatever the machine speaks.
///
/// # Errors
/// With what it said last; of kind `Interrupted` when it was cancelled.
pub async fn run(
    name: &str,
    mut command: std::process::Command,
    listening: OutputHandlers<'_>,
    cancel: &CancellationToken,
) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let failed = |error: std::io::Error| Error::new(format!("{name} does not run")).because(error);
    command.env("LC_ALL", "C").env_remove("LANGUAGE").env_remove("PGCLIENTENCODING");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // ^C at the terminal must reach limbeck alone, which then interrupts the program in good order.
    command.process_group(0);
    let mut child = Command::from(command).kill_on_drop(true).spawn().map_err(failed)?;
    let Some(stderr) = child.stderr.take() else { return Err(Error::new(format!("{name} says nothing"))) };
    let mut lines = BufReader::new(stderr).split(b'\n');
    let mut look = tokio::time::interval(LOOK);
    let mut last = VecDeque::new();
    let mut cancelling = false;
    loop {
        tokio::select! {
            line = lines.next_segment() => {
                let Ok(Some(line)) = line else { break };
                let line = String::from_utf8_lossy(&line);
                (listening.line)(&line);
                if !cancelling && is_telling(&line) {
                    last.push_back(line.trim_end().to_owned());
                }
                if last.len() > KEPT {
                    last.pop_front();
                }
            }
            _ = look.tick() => (listening.look)(),
            () = cancel.cancelled(), if !cancelling => {
                cancelling = true;
                (listening.cancelling)();
                interrupt(&child);
            }
        }
    }
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    if cancelling {
        return Err(Error::of(ErrorKind::Interrupted, "cancelled"));
    }
    let error = Error::new(format!("{name} failed ({status})"));
    Err(last.into_iter().fold(error, |error, line| error.because(strip(&line, name))))
}

/// It cancels on the server what it runs there, and ends.
fn interrupt(child: &Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // One that has ended already needs no signal.
        let _ = kill_process(pid, Signal::INT);
    }
}

/// Whether a line says what went wrong: `--verbose` tells each object besides.
fn is_telling(line: &str) -> bool {
    ["error:", "warning:", "detail:", "hint:", "Command was:", "FATAL", "ERROR", "DETAIL", "HINT"]
        .iter()
        .any(|word| line.contains(word))
}

fn strip(line: &str, name: &str) -> String {
    line.trim_start_matches(&format!("{name}: ")).trim().to_owned()
}
