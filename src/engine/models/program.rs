//! Runs the program whose standard output is the models' DDL: without a shell, bounded in time and output.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::interrupted;
use crate::engine::{Error, Result};

/// How long it may run.
const TIME: Duration = Duration::from_mins(1);
/// How much it may print, in bytes.
const OUTPUT: usize = 64 * 1024 * 1024;
/// How much of its standard error is kept: the end, in bytes.
const ERRORS: usize = 16 * 1024;
/// How much of that is shown, in lines.
const LINES: usize = 20;

/// Runs it in a folder and gives what it printed. Ends it, and what it started, when it is cancelled, takes too long
/// or prints too much.
///
/// # Errors
/// When it cannot be started, fails, prints nothing or no UTF-8; of kind `Interrupted` when it was cancelled.
pub async fn output(words: &[String], folder: &Path, cancel: &CancellationToken) -> Result<String> {
    within(TIME, words, folder, cancel).await
}

async fn within(limit: Duration, words: &[String], folder: &Path, cancel: &CancellationToken) -> Result<String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::new("[models] program is empty").hint("name a program: program = [\"./print-ddl\"]"));
    };
    // A relative path starts from the configuration's folder, as all paths do.
    let path = if program.contains('/') { folder.join(program) } else { program.into() };
    let mut command = Command::new(path);
    command.args(arguments).current_dir(folder).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        Error::new(format!("{program} cannot be started"))
            .because(error)
            .hint(format!("[models] program is run without a shell, in {}", folder.display()))
    })?;
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let read = async { tokio::try_join!(head(stdout), tail(stderr)) };
        let (printed, errors) = read.await.map_err(|error| unreadable(program, &error))?;
        let status = child.wait().await.map_err(|error| unreadable(program, &error))?;
        Ok::<_, Error>((printed, errors, status))
    };
    let ended = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(interrupted()),
        ended = tokio::time::timeout(limit, work) => ended,
    };
    let (printed, errors, status) = ended.map_err(|_| {
        Error::new(format!("{program} was ended: it did not come to its end within {} s", limit.as_secs()))
            .hint("[models] program prints the models' DDL and ends")
    })??;
    // Once it has ended by itself, what it left running is its own affair.
    group.0 = None;
    judge(program, printed, &errors, status)
}

fn judge(program: &str, printed: Vec<u8>, errors: &[u8], status: ExitStatus) -> Result<String> {
    if !status.success() {
        let error = Error::new(format!("{program} failed: {status}"));
        let shown = shown(errors);
        return Err(if shown.is_empty() { error } else { error.because(format!("it said: {shown}")) });
    }
    let text = String::from_utf8(printed)
        .map_err(|error| Error::new(format!("what {program} printed is no UTF-8")).because(error))?;
    if text.trim().is_empty() {
        // Nothing at all would mean that everything is to be dropped.
        let error = Error::new(format!("{program} printed nothing")).hint("its standard output is the models' DDL");
        let shown = shown(errors);
        return Err(if shown.is_empty() { error } else { error.because(format!("it said: {shown}")) });
    }
    Ok(text)
}

/// The last lines of what it said.
fn shown(errors: &[u8]) -> String {
    let text = String::from_utf8_lossy(errors);
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    let left_out = lines.len().saturating_sub(LINES);
    let kept = lines.get(left_out..).unwrap_or_default().join("\n");
    if left_out == 0 { kept } else { format!("…\n{kept}") }
}

fn unreadable(program: &str, error: &std::io::Error) -> Error {
    Error::new(format!("{program} was ended")).because(error)
}

/// All of a stream, unless it is too much.
async fn head(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(OUTPUT as u64 + 1).read_to_end(&mut bytes).await?;
    }
    if bytes.len() > OUTPUT {
        let megabytes = OUTPUT / (1024 * 1024);
        return Err(std::io::Error::other(format!("it printed more than {megabytes} MB")));
    }
    Ok(bytes)
}

/// The end of a stream.
async fn tail(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    let Some(mut stream) = stream else { return Ok(bytes) };
    loop {
        let count = stream.read(&mut part).await?;
        if count == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(part.get(..count).unwrap_or_default());
        if bytes.len() > 2 * ERRORS {
            bytes.drain(..bytes.len() - ERRORS);
        }
    }
}

/// A process group that is killed with everyone in it, unless it was let go.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // It may have ended at this very moment.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shell(script: &str, limit: u64, cancel: &CancellationToken) -> Result<String> {
        let words = ["sh".to_owned(), "-c".to_owned(), script.to_owned()];
        within(Duration::from_secs(limit), &words, Path::new("/"), cancel).await
    }

    #[tokio::test]
    async fn its_output_and_its_failure_are_told() {
        let never = CancellationToken::new();
        assert_eq!(shell("echo 'SELECT 1;'; echo note >&2", 60, &never).await.unwrap(), "SELECT 1;\n");
        let failed = shell("seq 30 >&2; echo 'no module' >&2; exit 3", 60, &never).await.unwrap_err();
        assert_eq!(failed.message, "sh failed: exit status: 3");
        assert!(
            failed.causes[0].starts_with("it said: …\n12\n") && failed.causes[0].ends_with("no module"),
            "{failed:?}"
        );
        assert!(shell("true", 60, &never).await.unwrap_err().message.contains("printed nothing"));
        assert!(shell("printf '\\377'", 60, &never).await.unwrap_err().message.contains("no UTF-8"));
        let missing = within(TIME, &["./nowhere".to_owned()], Path::new("/"), &never).await.unwrap_err();
        assert!(missing.message.contains("cannot be started") && missing.hint.unwrap().ends_with("in /"));
    }

    #[tokio::test]
    async fn time_and_output_are_bounded() {
        let never = CancellationToken::new();
        let slow = shell("sleep 600 & wait", 0, &never).await.unwrap_err();
        assert!(slow.message.contains("did not come to its end"), "{slow:?}");
        let much = shell("cat /dev/zero", 60, &never).await.unwrap_err();
        assert!(much.causes[0].contains("more than 64 MB"), "{much:?}");
    }

    #[tokio::test]
    async fn a_cancel_ends_what_it_started() {
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
            assert!(since.elapsed() < Duration::from_secs(20), "the grandchild lives");
            tokio::task::yield_now().await;
        }
    }
}
