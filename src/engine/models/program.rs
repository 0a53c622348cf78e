//! Runs the program whose standard output is the models' DDL.

use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::interrupted;
use crate::engine::process::{self, ProcessError, ProcessOutput, ProcessRequest};
use crate::engine::{Error, Result};

/// The time limit.
const TIME_LIMIT: Duration = Duration::from_mins(1);

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
    (time_limit, max_output): (Duration, u64),
    words: &[String],
    folder: &Path,
    cancel: &CancellationToken,
) -> Result<String> {
    // A relative path is relative to the configuration's folder, as everywhere in limbeck.toml.
    let request = ProcessRequest { command: words, folder, input: "", time_limit, max_output };
    let program = words.first().map_or("", String::as_str);
    match process::run(request, cancel).await {
        Ok(output) => check_output(program, &output),
        Err(error) => Err(explain(program, folder, error)),
    }
}

fn explain(program: &str, folder: &Path, error: ProcessError) -> Error {
    match error {
        ProcessError::NoProgram => {
            Error::new("[models] program is empty").hint("set a program: program = [\"./print-ddl\"]")
        }
        ProcessError::NotStarted(error) => Error::new(format!("{program} cannot be started"))
            .because(error)
            .hint(format!("[models] program is run without a shell, in {}", folder.display())),
        ProcessError::Unreadable(error) => Error::new(format!("{program} was killed")).because(error),
        ProcessError::TimeLimit(limit) => {
            Error::new(format!("{program} was killed: it ran longer than {} s", limit.as_secs()))
                .hint("[models] program must print the models' DDL and exit")
        }
        ProcessError::Cancelled => interrupted(),
    }
}

fn check_output(program: &str, output: &ProcessOutput) -> Result<String> {
    if !output.status.success() {
        return Err(output.add_errors_to(
            Error::new(format!("{program} failed: {}", output.status))
                .hint("correct the program of [models] program; it must print the models' DDL and exit with 0"),
        ));
    }
    let text = String::from_utf8(output.printed.clone()).map_err(|error| {
        Error::new(format!("the output of {program} is not UTF-8"))
            .because(error)
            .hint("its standard output must be the models' DDL, in UTF-8")
    })?;
    if text.trim().is_empty() {
        // An empty output would mean that every object must be dropped.
        return Err(output.add_errors_to(
            Error::new(format!("{program} printed nothing")).hint("its standard output must be the models' DDL"),
        ));
    }
    Ok(text)
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
