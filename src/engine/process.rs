//! Runs a program of the project without a shell, with limits on time and output.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, Command};
use tokio_util::sync::CancellationToken;

use super::Error;
use crate::core::text::size;

/// How many bytes from the end of standard error are stored.
const STORED_ERRORS: usize = 16 * 1024;
/// How many lines of standard error are shown.
const SHOWN_LINES: usize = 20;

/// What to run, and the limits.
#[derive(Debug, Clone, Copy)]
pub struct ProcessRequest<'a> {
    /// The program and its arguments. A relative path with a slash is relative to `folder`.
    pub command: &'a [String],
    /// The working directory.
    pub folder: &'a Path,
    /// Standard input.
    pub input: &'a str,
    pub time_limit: Duration,
    /// The limit of standard output, in bytes.
    pub max_output: u64,
}

/// The output of a process that has ended.
#[derive(Debug)]
pub struct ProcessOutput {
    pub status: ExitStatus,
    pub printed: Vec<u8>,
    /// The end of standard error.
    errors: Vec<u8>,
}

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("the command is empty")]
    NoProgram,
    #[error("it cannot be started: {0}")]
    NotStarted(io::Error),
    /// It was killed.
    #[error("it was killed: {0}")]
    Unreadable(io::Error),
    /// It was killed.
    #[error("it was killed: it ran longer than {} s", .0.as_secs())]
    TimeLimit(Duration),
    /// It was killed.
    #[error("it was cancelled")]
    Cancelled,
}

/// Runs a program to its end. Kills it and its child processes when it is cancelled or exceeds a limit.
///
/// # Errors
/// When it cannot be started, exceeds a limit, or was cancelled. An exit status other than 0 is no error.
pub async fn run(request: ProcessRequest<'_>, cancel: &CancellationToken) -> Result<ProcessOutput, ProcessError> {
    let Some((program, arguments)) = request.command.split_first() else { return Err(ProcessError::NoProgram) };
    let path = if program.contains('/') { request.folder.join(program) } else { program.into() };
    let mut command = Command::new(path);
    command.args(arguments).current_dir(request.folder).process_group(0).kill_on_drop(true);
    let stdin = if request.input.is_empty() { Stdio::null() } else { Stdio::piped() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(ProcessError::NotStarted)?;
    let mut group = ProcessGroup(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let run = async {
        let (printed, errors, ()) =
            tokio::try_join!(read_all(stdout, request.max_output), read_end(stderr), write_all(stdin, request.input))?;
        Ok((printed, errors, child.wait().await?))
    };
    let ended = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(ProcessError::Cancelled),
        ended = tokio::time::timeout(request.time_limit, run) => ended,
    };
    let ended = ended.map_err(|_| ProcessError::TimeLimit(request.time_limit))?;
    let (printed, errors, status) = ended.map_err(ProcessError::Unreadable)?;
    // The program has ended, so processes that it left running are not killed.
    group.0 = None;
    Ok(ProcessOutput { status, printed, errors })
}

impl ProcessOutput {
    /// Returns the last lines of standard error.
    #[must_use]
    pub fn last_error_lines(&self) -> String {
        let text = String::from_utf8_lossy(&self.errors);
        let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
        let left_out = lines.len().saturating_sub(SHOWN_LINES);
        let kept = lines.get(left_out..).unwrap_or_default().join("\n");
        if left_out == 0 { kept } else { format!("…\n{kept}") }
    }

    /// Adds the last lines of standard error to an error, if there are any.
    #[must_use]
    pub fn add_errors_to(&self, error: Error) -> Error {
        match self.last_error_lines() {
            lines if lines.is_empty() => error,
            lines => error.because(format!("its standard error: {lines}")),
        }
    }
}

/// Writes standard input. A program that ends without reading it is no error.
async fn write_all(stream: Option<ChildStdin>, text: &str) -> io::Result<()> {
    let Some(mut stream) = stream else { return Ok(()) };
    match stream.write_all(text.as_bytes()).await {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Reads the whole stream, up to the limit.
async fn read_all(stream: Option<impl AsyncRead + Unpin>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(limit.saturating_add(1)).read_to_end(&mut bytes).await?;
    }
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("it printed more than {}", size(limit))));
    }
    Ok(bytes)
}

/// Reads the stream and returns its end.
async fn read_end(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    let Some(mut stream) = stream else { return Ok(bytes) };
    loop {
        let count = stream.read(&mut part).await?;
        if count == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(part.get(..count).unwrap_or_default());
        if bytes.len() > 2 * STORED_ERRORS {
            bytes.drain(..bytes.len() - STORED_ERRORS);
        }
    }
}

/// A process group. It is killed on drop, unless the id was removed.
struct ProcessGroup(Option<Pid>);

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // The group may have ended already.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
