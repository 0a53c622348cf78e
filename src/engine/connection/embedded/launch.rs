//! Starts the server: checks whether it runs, starts a supervisor if there is none, and waits until it accepts
//! connections.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::cluster::{clear_environment, create_if_missing};
use super::file_error::{disk_hint, file_error};
use super::folders::{Folders, project};
use super::lock::{self, LockMode};
use super::postmaster::Postmaster;
use super::supervisor::{ALREADY_SUPERVISED, ARGUMENT, STOP_SECONDS, SupervisorConfig};
use super::{EmbeddedOptions, EmbeddedServer};
use crate::engine::connection::programs::Programs;
use crate::engine::{Error, Result};

/// The time limit of a start. A server that was killed recovers before it accepts connections.
const START: Duration = Duration::from_mins(2);
/// How long to wait for a server that is stopping, also when it must be killed.
const STOP: Duration = Duration::from_secs(2 * STOP_SECONDS);
/// The interval between two checks.
const STEP: Duration = Duration::from_millis(5);
/// A log larger than this is renamed and a new one is started.
const LOG_BYTES: u64 = 1 << 20;
/// How many log lines an error contains.
const LOG_LINES: usize = 15;

/// See [`EmbeddedServer::start`].
pub fn start(config_path: &Path, options: &EmbeddedOptions) -> Result<EmbeddedServer> {
    let programs = choose_programs(config_path, options)?;
    let folders = Folders::of(config_path, programs.major, &options.environment)?;
    let supervisor = match &options.supervisor {
        Some(program) => program.clone(),
        None => std::env::current_exe()
            .map_err(|error| Error::new("the path of limbeck's own program is unknown").because(error))?,
    };
    folders.create()?;
    let user = lock::take(&folders.users_lock(), LockMode::Shared, STOP)?;
    let starting = lock::take(&folders.start_lock(), LockMode::Exclusive, START)?;
    create_if_missing(&folders, &programs)?;
    let postmaster = start_server(&folders, &programs, &supervisor)?;
    drop(starting);
    let is_new = !folders.ready().exists();
    let (socket_folder, port) = (postmaster.socket_folder, postmaster.port);
    Ok(EmbeddedServer { folders, programs, supervisor, socket_folder, port, is_new, _user: user })
}

/// Returns the newest programs for which the project has data, so that a newer PostgreSQL on the machine does not hide
/// its database; otherwise the newest programs.
fn choose_programs(config_path: &Path, options: &EmbeddedOptions) -> Result<Programs> {
    let project = project(config_path, &options.environment)?;
    let has_data = |programs: &&Programs| project.join(programs.major.to_string()).join("data").exists();
    let all = Programs::all(&options.environment);
    match all.iter().find(has_data) {
        Some(programs) if options.major.is_none() => Ok(programs.clone()),
        _ => Programs::choose(all, &options.environment, options.major),
    }
}

/// Returns when the server accepts connections and has a supervisor. The caller holds the start lock.
fn start_server(folders: &Folders, programs: &Programs, supervisor: &Path) -> Result<Postmaster> {
    let end = Instant::now() + START;
    let data = folders.data();
    let mut log = LogPosition::now(folders);
    let mut child: Option<Child> = None;
    while Instant::now() < end {
        let supervised = lock::is_held(&folders.supervisor_lock());
        if supervised && let Some(postmaster) = Postmaster::running(&data).filter(Postmaster::accepts) {
            child.into_iter().for_each(reap);
            return Ok(postmaster);
        }
        match ended(child.as_mut()) {
            Some(status) if status.code() != Some(ALREADY_SUPERVISED.into()) => {
                return Err(did_not_start(&log, "the embedded server did not start"));
            }
            Some(_) => child = None,
            None if child.is_none() && !supervised => {
                folders.create_socket_folder()?;
                log = LogPosition::now(folders);
                child = Some(spawn_supervisor(folders, programs, supervisor)?);
            }
            None => {}
        }
        std::thread::sleep(STEP);
    }
    child.into_iter().for_each(reap);
    Err(did_not_start(&log, &format!("the embedded server did not accept connections within {} s", START.as_secs())))
}

fn ended(child: Option<&mut Child>) -> Option<ExitStatus> {
    child.and_then(|child| child.try_wait().ok().flatten())
}

/// Waits for a child on its own thread, so that it does not become a zombie.
fn reap(mut child: Child) {
    std::thread::Builder::new().name("reaper".to_owned()).spawn(move || child.wait()).ok();
}

/// Starts a supervisor. It starts the server, or adopts a running one.
///
/// # Errors
/// When the program or the log cannot be opened.
pub fn spawn_supervisor(folders: &Folders, programs: &Programs, supervisor: &Path) -> Result<Child> {
    let config = SupervisorConfig { folders: folders.clone(), programs: programs.folder.clone() };
    let config = serde_json::to_string(&config)
        .map_err(|error| Error::new("the paths of the embedded server are not UTF-8").because(error))?;
    let log = open_log(folders)?;
    let errors = log.try_clone().map_err(|error| file_error("write", &folders.log(), &error))?;
    clear_environment(&mut Command::new(supervisor))
        .args([ARGUMENT, &config])
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(|error| Error::new(format!("could not run {}", supervisor.display())).because(error))
}

fn open_log(folders: &Folders) -> Result<File> {
    let path = folders.log();
    if path.metadata().is_ok_and(|found| found.len() > LOG_BYTES) {
        std::fs::rename(&path, path.with_extension("log.old")).ok();
    }
    // The log contains failed statements, so only the owner may read it.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| file_error("write", &path, &error))
}

fn did_not_start(log: &LogPosition, message: &str) -> Error {
    let output = log.since();
    let hint = disk_hint(&output).map_or_else(|| format!("read its log: {}", log.path.display()), str::to_owned);
    let error = Error::new(message).hint(hint);
    if output.is_empty() { error } else { error.because(output) }
}

/// A position in the log, to read what was written after it.
struct LogPosition {
    path: std::path::PathBuf,
    length: u64,
}

impl LogPosition {
    fn now(folders: &Folders) -> Self {
        let path = folders.log();
        let length = path.metadata().map_or(0, |found| found.len());
        Self { path, length }
    }

    /// Returns the last lines that were written after this position.
    fn since(&self) -> String {
        let mut bytes = Vec::new();
        if let Ok(mut file) = File::open(&self.path) {
            // If the log was replaced in between, read it from its start.
            let start = if file.metadata().is_ok_and(|found| found.len() < self.length) { 0 } else { self.length };
            file.seek(SeekFrom::Start(start)).ok();
            file.read_to_end(&mut bytes).ok();
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        let (_, last) = lines.split_at(lines.len().saturating_sub(LOG_LINES));
        last.join("\n")
    }
}
