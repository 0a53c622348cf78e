//! A new data folder, made beside its place and moved there when it is whole.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::account::{give, run_as};
use super::file_error::{disk_hint, file_error};
use super::folders::Folders;
use super::{DATABASE, USER};
use crate::engine::connection::programs::Programs;
use crate::engine::{Error, Result};

/// How a data folder is called until it is whole.
const UNFINISHED: &str = "data.new-";

/// Makes the data folder with its superuser and database, where there is none. Only under the start lock.
///
/// # Errors
/// When a program fails: its own words are the cause.
pub fn make_where_missing(folders: &Folders, programs: &Programs) -> Result<()> {
    let data = folders.data();
    if data.exists() {
        return Ok(());
    }
    sweep(folders);
    match std::fs::remove_file(folders.ready()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(file_error("remove", &folders.ready(), &error));
        }
        _ => {}
    }
    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(&folders.server)
        .map_err(|error| file_error("make a folder in", &folders.server, &error))?;
    give(unfinished.path(), folders.account)?;
    initialise(folders, programs, unfinished.path())?;
    create_database(folders, programs, unfinished.path())?;
    std::fs::rename(unfinished.path(), &data).map_err(|error| file_error("make", &data, &error))?;
    // There is nothing left at the old place to remove.
    let _moved = unfinished.keep();
    Ok(())
}

/// Removes what killed runs left half made.
fn sweep(folders: &Folders) {
    for entry in std::fs::read_dir(&folders.server).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
            std::fs::remove_dir_all(entry.path()).ok();
        }
    }
}

fn initialise(folders: &Folders, programs: &Programs, data: &Path) -> Result<()> {
    let run = |locale: &str| -> Result<Output> {
        let mut command = Command::new(programs.program("initdb"));
        command.args(["--no-sync", "--auth=trust", "--encoding=UTF8", locale, "--username", USER, "-D"]).arg(data);
        output_of(run_as(plain(&mut command), folders.account), "")
    };
    let mut output = run("--locale=C.UTF-8")?;
    if !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("locale") {
        // Older systems, macOS among them, have no C.UTF-8.
        output = run("--locale=C")?;
    }
    succeeded("make the embedded server's data (initdb)", folders, &output)
}

fn create_database(folders: &Folders, programs: &Programs, data: &Path) -> Result<()> {
    let mut command = Command::new(programs.program("postgres"));
    command.args(["--single", "-c", "exit_on_error=on", "-D"]).arg(data).arg("postgres");
    let sql = format!("CREATE DATABASE {DATABASE}\n");
    let output = output_of(run_as(plain(&mut command), folders.account), &sql)?;
    succeeded("make the embedded server's database", folders, &output)
}

/// Takes the caller's environment away from a program of PostgreSQL, but for what it needs to run: `PG*` variables
/// would change what it does, and passwords are none of its business.
pub fn plain(command: &mut Command) -> &mut Command {
    command.env_clear().env("LC_ALL", "C").current_dir("/");
    for name in ["PATH", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

fn output_of(command: &mut Command, input: &str) -> Result<Output> {
    let name = command.get_program().display().to_string();
    let not_run = |error| Error::new(format!("could not run {name}")).because(error);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(not_run)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that fails early closes its input; what it says of that is in its output.
        stdin.write_all(input.as_bytes()).ok();
    }
    child.wait_with_output().map_err(not_run)
}

fn succeeded(step: &str, folders: &Folders, output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = if said.trim().is_empty() { output.status.to_string() } else { said.trim().to_owned() };
    let hint = disk_hint(&said).map_or_else(|| format!("it was to be in {}", folders.server.display()), str::to_owned);
    Err(Error::new(format!("could not {step}")).because(said).hint(hint))
}
