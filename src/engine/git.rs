//! Asks git, read only: the root of the working tree, and the files that a pull request changes.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::process::{self, ProcessError, ProcessOutput, ProcessRequest};
use super::{Error, ErrorKind, Result};

const TIME_LIMIT: Duration = Duration::from_mins(1);
/// The limit of a list of files.
const MAX_OUTPUT: u64 = 64 * 1024 * 1024;
const FETCH_HINT: &str = "fetch the commit and the history since the common ancestor, e.g. `git fetch origin main`; \
                          in CI, clone the whole history (actions/checkout: `fetch-depth: 0`; GitLab: `GIT_DEPTH: 0`)";

/// The nearest parent folder that is the root of a working tree of git. Runs nothing.
#[must_use]
pub fn find_root(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|parent| parent.join(".git").exists()).map(Path::to_path_buf)
}

/// Returns the files that differ from the common ancestor of `since` and `HEAD`, including changes that are not committed
/// and new files, without removed files. The paths are absolute, without symbolic links. `folder` is in the working tree.
///
/// # Errors
/// When git cannot run, the folder is in no working tree, or git does not know `since` or its common ancestor with HEAD.
pub async fn changed_files(folder: &Path, since: &str, cancel: &CancellationToken) -> Result<BTreeSet<PathBuf>> {
    let root = run(folder, &["rev-parse", "--show-toplevel"], cancel).await?;
    let root = succeeded(root, || format!("{} is in no git repository", folder.display()))?;
    let root = PathBuf::from(OsStr::from_bytes(root.strip_suffix(b"\n").unwrap_or(&root)));
    let commit = format!("{since}^{{commit}}");
    let known = run(&root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit], cancel).await?;
    let commit = first_word(&succeeded(known, || format!("git does not know the commit '{since}'"))?);
    let base = run(&root, &["merge-base", "HEAD", &commit], cancel).await?;
    let base = first_word(&succeeded(base, || format!("git finds no common ancestor of HEAD and '{since}'"))?);
    let options = ["--name-only", "-z", "--no-ext-diff", "--no-renames", "--no-relative", "--diff-filter=d"];
    let diff: Vec<&str> = ["diff"].into_iter().chain(options).chain([base.as_str(), "--"]).collect();
    let failed = || "git cannot list the changed files".to_owned();
    let changed = succeeded(run(&root, &diff, cancel).await?, failed)?;
    let untracked = ["ls-files", "-z", "--others", "--exclude-standard", "--full-name"];
    let untracked = succeeded(run(&root, &untracked, cancel).await?, failed)?;
    let root = root.canonicalize().unwrap_or(root);
    let names = changed.split(|byte| *byte == 0).chain(untracked.split(|byte| *byte == 0));
    Ok(names.filter(|name| !name.is_empty()).map(|name| root.join(OsStr::from_bytes(name))).collect())
}

async fn run(folder: &Path, arguments: &[&str], cancel: &CancellationToken) -> Result<ProcessOutput> {
    // fsmonitor would start a program that the repository names.
    let first = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false"];
    let command: Vec<String> = first.iter().chain(arguments).map(|word| (*word).to_owned()).collect();
    let request =
        ProcessRequest { command: &command, folder, input: "", time_limit: TIME_LIMIT, max_output: MAX_OUTPUT };
    process::run(request, cancel).await.map_err(|error| match error {
        ProcessError::Cancelled => Error::of(ErrorKind::Interrupted, "cancelled; nothing was changed"),
        ProcessError::NotStarted(_) => Error::new("git cannot be started")
            .because(error)
            .hint("--since needs the git program; without --since, limbeck checks every script"),
        _ => Error::new("git did not answer").because(error),
    })
}

/// The output of git, or an error with its messages.
fn succeeded(output: ProcessOutput, message: impl Fn() -> String) -> Result<Vec<u8>> {
    if output.status.success() {
        return Ok(output.printed);
    }
    Err(output.add_errors_to(Error::new(message())).hint(FETCH_HINT))
}

fn first_word(output: &[u8]) -> String {
    String::from_utf8_lossy(output).split_whitespace().next().unwrap_or_default().to_owned()
}
