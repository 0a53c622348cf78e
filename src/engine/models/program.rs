//! Runs the program whose standard output is the models' DDL: without a shell, with limits on time and output.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::interrupted;
use crate::core::text::size;
use crate::engine::{Error, Result};

/// The time limit.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// How many bytes from the end of standard error are stored.
const STORED_ERRORS: usize = 16 * 1024;
/// How many lines of standard error are shown.
const SHOWN_LINES: usize = 20;

/// Runs the program in a folder and returns its output. Kills the program and its child processes when it is cancelled,
/// exceeds the time limit or prints more than `max_output` bytes.
///
/// # Errors
/// When it cannot be started, fails, prints nothing, or prints text that is not UTF-8; of kind `Interrupted` when it
/// was cancelled.
pub async fn output(words: &[String], folder: &Path, max_output: u64, cancel: &CancellationToken) -> Result<String> {
    run_with_limits((TIME_LIMIT, max_output), words, folder, cancel).await
}

async fn run_with_limits(
    (limit, max_output): (Duration, u64),
    words: &[String],
    folder: &Path,
    cancel: &CancellationToken,
) -> Result<String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::new("[models] program is empty").hint("set a program: program = [\"./print-ddl\"]"));
    };
    // A relative path is relative to the configuration's folder, as everywhere in limbeck.toml.
    let path = if program.contains('/') { folder.join(program) } else { program.into() };
    let mut command = Command::new(path);
    command.args(arguments).current_dir(folder).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        Error::new(format!("{program} cannot be started"))
            .because(error)
            .hint(format!("[models] program is run without a shell, in {}", folder.display()))
    })?;
    let mut group = ProcessGroup(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let run = async {
        let read = async { tokio::try_join!(read_all(stdout, max_output), read_end(stderr)) };
        let (printed, errors) = read.await.map_err(|error| read_error(program, &error))?;
        let status = child.wait().await.map_err(|error| read_error(program, &error))?;
        Ok::<_, Error>((printed, errors, status))
    };
    let ended = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(interrupted()),
        ended = tokio::time::timeout(limit, run) => ended,
    };
    let (printed, errors, status) = ended.map_err(|_| {
        Error::new(format!("{program} was killed: it ran longer than {} s", limit.as_secs()))
            .hint("[models] program must print the models' DDL and exit")
    })??;
    // The program has ended, so processes that it left running are not killed.
    group.0 = None;
    check_output(program, printed, &errors, status)
}

fn check_output(program: &str, printed: Vec<u8>, errors: &[u8], status: ExitStatus) -> Result<String> {
    if !status.success() {
        let error = Error::new(format!("{program} failed: {status}"));
        let lines = last_lines(errors);
        return Err(if lines.is_empty() { error } else { error.because(format!("its standard error: {lines}")) });
    }
    let text = String::from_utf8(printed)
        .map_err(|error| Error::new(format!("the output of {program} is not UTF-8")).because(error))?;
    if text.trim().is_empty() {
        // An empty output would mean that every object must be dropped.
        let error =
            Error::new(format!("{program} printed nothing")).hint("its standard output must be the models' DDL");
        let lines = last_lines(errors);
        return Err(if lines.is_empty() { error } else { error.because(format!("its standard error: {lines}")) });
    }
    Ok(text)
}

/// Returns the last lines of standard error.
fn last_lines(errors: &[u8]) -> String {
    let text = String::from_utf8_lossy(errors);
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    let left_out = lines.len().saturating_sub(SHOWN_LINES);
    let kept = lines.get(left_out..).unwrap_or_default().join("\n");
    if left_out == 0 { kept } else { format!("…\n{kept}") }
}

fn read_error(program: &str, error: &std::io::Error) -> Error {
    Error::new(format!("{program} was killed")).because(error)
}

/// Reads the whole stream, up to the limit.
async fn read_all(stream: Option<impl AsyncRead + Unpin>, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(limit.saturating_add(1)).read_to_end(&mut bytes).await?;
    }
    if bytes.len() as u64 > limit {
        return Err(std::io::Error::other(format!("it printed more than {}", size(limit))));
    }
    Ok(bytes)
}

/// Reads the stream and returns its end.
async fn read_end(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::files::SIZE_LIMIT;

    async fn shell(script: &str, limit: u64, cancel: &CancellationToken) -> Result<String> {
        let words = ["sh".to_owned(), "-c".to_owned(), script.to_owned()];
        run_with_limits((Duration::from_secs(limit), SIZE_LIMIT), &words, Path::new("/"), cancel).await
    }

    #[tokio::test]
    async fn output_and_failure_are_reported() {
        let never = CancellationToken::new();
        assert_eq!(shell("echo 'SELECT 1;'; echo note >&2", 60, &never).await.unwrap(), "SELECT 1;\n");
        let failed = shell("seq 30 >&2; echo 'no module' >&2; exit 3", 60, &never).await.unwrap_err();
        assert_eq!(failed.message, "sh failed: exit status: 3");
        assert!(
            failed.causes[0].starts_with("its standard error: …\n12\n") && failed.causes[0].ends_with("no module"),
            "{failed:?}"
        );
        assert!(shell("true", 60, &never).await.unwrap_err().message.contains("printed nothing"));
        assert!(shell("printf '\\377'", 60, &never).await.unwrap_err().message.contains("not UTF-8"));
        let words = ["./nowhere".to_owned()];
        let missing = run_with_limits((TIME_LIMIT, SIZE_LIMIT), &words, Path::new("/"), &never);
        let missing = missing.await.unwrap_err();
        assert!(missing.message.contains("cannot be started") && missing.hint.unwrap().ends_with("in /"));
    }

    #[tokio::test]
    async fn time_and_output_are_limited() {
        let never = CancellationToken::new();
        let slow = shell("sleep 600 & wait", 0, &never).await.unwrap_err();
        assert!(slow.message.contains("it ran longer than"), "{slow:?}");
        let much = shell("cat /dev/zero", 60, &never).await.unwrap_err();
        assert!(much.causes[0].contains("more than 64 MB"), "{much:?}");
    }

    #[tokio::test]
    async fn a_cancellation_kills_child_processes() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("pid");
        let cancel = CancellationToken::new();
        let script = format!("sleep 600 & echo $! > {}.new; mv {0}.new {0}; wait", file.display());
        let started = async {
            while !file.exists() {
                tokio::task::yield_now().await;
            }
            cancel.cancel();
        };
        let (result, ()) = tokio::join!(shell(&script, 60, &cancel), started);
        assert_eq!(result.unwrap_err().kind, crate::engine::ErrorKind::Interrupted);
        let pid = std::fs::read_to_string(&file).unwrap();
        let status = format!("/proc/{}/stat", pid.trim());
        let ended = || std::fs::read_to_string(&status).map_or(true, |stat| stat.contains(") Z "));
        let since = std::time::Instant::now();
        while !ended() {
            assert!(since.elapsed() < Duration::from_secs(20), "the grandchild still runs");
            tokio::task::yield_now().await;
        }
    }
}
