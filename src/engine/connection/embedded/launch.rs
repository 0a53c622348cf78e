//! Bringing the server up: find out whether it runs, start a supervisor where it has none, wait until it accepts.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::cluster::{make_where_missing, plain};
use super::file_error::{disk_hint, file_error};
use super::folders::{Folders, project};
use super::lock::{self, Mode};
use super::postmaster::Postmaster;
use super::supervisor::{ALREADY_SUPERVISED, ARGUMENT, Order, STOP_SECONDS};
use super::{EmbeddedOptions, EmbeddedServer};
use crate::engine::connection::programs::Programs;
use crate::engine::{Error, Result};

/// A server that was killed reads its log again before it accepts connections.
const START: Duration = Duration::from_mins(2);
/// A newcomer waits for a server that is being stopped, also for one that has to be stopped by force.
const STOP: Duration = Duration::from_secs(2 * STOP_SECONDS);
/// How long it rests between two looks.
const STEP: Duration = Duration::from_millis(5);
/// A log that has grown beyond this is begun anew.
const LOG_BYTES: u64 = 1 << 20;
/// How much of the log an error tells.
const LOG_LINES: usize = 15;

/// See [`EmbeddedServer::start`].
pub fn start(config_path: &Path, options: &EmbeddedOptions) -> Result<EmbeddedServer> {
    let programs = choose_programs(config_path, options)?;
    let folders = Folders::of(config_path, programs.major, &options.surroundings)?;
    let supervisor = match &options.supervisor {
        Some(program) => program.clone(),
        None => std::env::current_exe()
            .map_err(|error| Error::new("limbeck does not know where its own program is").because(error))?,
    };
    folders.make()?;
    let user = lock::take(&folders.users_lock(), Mode::Shared, STOP)?;
    let starting = lock::take(&folders.start_lock(), Mode::Exclusive, START)?;
    make_where_missing(&folders, &programs)?;
    let postmaster = bring_up(&folders, &programs, &supervisor)?;
    drop(starting);
    let is_new = !folders.ready().exists();
    let (socket_folder, port) = (postmaster.socket_folder, postmaster.port);
    Ok(EmbeddedServer { folders, programs, supervisor, socket_folder, port, is_new, _user: user })
}

/// The newest programs for which the project has data, so that a newer PostgreSQL on the machine does not make its
/// database seem empty; else the newest.
fn choose_programs(config_path: &Path, options: &EmbeddedOptions) -> Result<Programs> {
    let project = project(config_path, &options.surroundings)?;
    let has_data = |programs: &&Programs| project.join(programs.major.to_string()).join("data").exists();
    let all = Programs::all(&options.surroundings);
    match all.iter().find(has_data) {
        Some(programs) if options.major.is_none() => Ok(programs.clone()),
        _ => Programs::choose(all, &options.surroundings, options.major),
    }
}

/// Returns once the server accepts connections and a supervisor watches over it. Only under the start lock.
fn bring_up(folders: &Folders, programs: &Programs, supervisor: &Path) -> Result<Postmaster> {
    let end = Instant::now() + START;
    let data = folders.data();
    let mut log = LogMark::now(folders);
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
                folders.make_socket_folder()?;
                log = LogMark::now(folders);
                child = Some(spawn_supervisor(folders, programs, supervisor)?);
            }
            None => {}
        }
        std::thread::sleep(STEP);
    }
    child.into_iter().for_each(reap);
    Err(did_not_start(&log, &format!("the embedded server did not accept connections in {} s", START.as_secs())))
}

fn ended(child: Option<&mut Child>) -> Option<ExitStatus> {
    child.and_then(|child| child.try_wait().ok().flatten())
}

/// Waits for a child on a thread of its own, so that it is no zombie if it ends before this process.
fn reap(mut child: Child) {
    std::thread::Builder::new().name("reaper".to_owned()).spawn(move || child.wait()).ok();
}

/// Starts a supervisor, which starts the server or adopts the one that runs.
///
/// # Errors
/// When the program or the log cannot be opened.
pub fn spawn_supervisor(folders: &Folders, programs: &Programs, supervisor: &Path) -> Result<Child> {
    let order = Order { folders: folders.clone(), programs: programs.folder.clone() };
    let order = serde_json::to_string(&order)
        .map_err(|error| Error::new("the embedded server's folders have names that cannot be told").because(error))?;
    let log = open_log(folders)?;
    let errors = log.try_clone().map_err(|error| file_error("write", &folders.log(), &error))?;
    plain(&mut Command::new(supervisor))
        .args([ARGUMENT, &order])
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
    // Statements that failed stand in it.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| file_error("write", &path, &error))
}

fn did_not_start(log: &LogMark, message: &str) -> Error {
    let said = log.since();
    let hint = disk_hint(&said).map_or_else(|| format!("its log is {}", log.path.display()), str::to_owned);
    let error = Error::new(message).hint(hint);
    if said.is_empty() { error } else { error.because(said) }
}

/// A place in the log, to tell what was written after it.
struct LogMark {
    path: std::path::PathBuf,
    length: u64,
}

impl LogMark {
    fn now(folders: &Folders) -> Self {
        let path = folders.log();
        let length = path.metadata().map_or(0, |found| found.len());
        Self { path, length }
    }

    /// The last lines since then.
    fn since(&self) -> String {
        let mut bytes = Vec::new();
        if let Ok(mut file) = File::open(&self.path) {
            // A log that was begun anew in between is told from its start.
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
