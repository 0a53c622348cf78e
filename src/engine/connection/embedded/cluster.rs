//! Creates the data folder of a server. It is created under a temporary name and renamed when it is complete.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::account::{change_owner, run_as};
use super::file_error::{disk_hint, file_error};
use super::folders::Folders;
use super::{DATABASE, USER};
use crate::engine::connection::programs::Programs;
use crate::engine::{Error, Result};

/// The prefix of a data folder that is not complete.
const UNFINISHED: &str = "data.new-";

/// Creates the data folder with its superuser and database, if it does not exist. The caller holds the start lock.
///
/// # Errors
/// When a program fails. The cause is the program's output.
pub fn create_if_missing(folders: &Folders, programs: &Programs) -> Result<()> {
    let data = folders.data();
    if data.exists() {
        return Ok(());
    }
    remove_incomplete(folders);
    match std::fs::remove_file(folders.ready()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(file_error("remove", &folders.ready(), &error));
        }
        _ => {}
    }
    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(&folders.server)
        .map_err(|error| file_error("create a folder in", &folders.server, &error))?;
    change_owner(unfinished.path(), folders.account)?;
    initialise(folders, programs, unfinished.path())?;
    create_database(folders, programs, unfinished.path())?;
    std::fs::rename(unfinished.path(), &data).map_err(|error| file_error("create", &data, &error))?;
    // The temporary folder was renamed, so there is nothing to remove.
    let _renamed = unfinished.keep();
    Ok(())
}

/// Removes incomplete data folders of killed processes.
fn remove_incomplete(folders: &Folders) {
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
        output_of(run_as(clear_environment(&mut command), folders.account), "")
    };
    let mut output = run("--locale=C.UTF-8")?;
    if !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("locale") {
        // Older systems and macOS have no C.UTF-8.
        output = run("--locale=C")?;
    }
    expect_success("create the embedded server's data (initdb)", folders, &output)
}

fn create_database(folders: &Folders, programs: &Programs, data: &Path) -> Result<()> {
    let mut command = Command::new(programs.program("postgres"));
    command.args(["--single", "-c", "exit_on_error=on", "-D"]).arg(data).arg("postgres");
    let sql = format!("CREATE DATABASE {DATABASE}\n");
    let output = output_of(run_as(clear_environment(&mut command), folders.account), &sql)?;
    expect_success("create the embedded server's database", folders, &output)
}

/// Removes the caller's environment from a program of PostgreSQL, except what the program needs to run. `PG*` variables
/// would change its behaviour, and it must not see passwords.
pub fn clear_environment(command: &mut Command) -> &mut Command {
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
        // A program that fails early closes its input. Its error is in its output.
        stdin.write_all(input.as_bytes()).ok();
    }
    child.wait_with_output().map_err(not_run)
}

fn expect_success(step: &str, folders: &Folders, output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors = if errors.trim().is_empty() { output.status.to_string() } else { errors.trim().to_owned() };
    let hint = disk_hint(&errors).map_or_else(|| format!("the folder is {}", folders.server.display()), str::to_owned);
    Err(Error::new(format!("could not {step}")).because(errors).hint(hint))
}
