//! The supervisor: a separate process that runs the server while it is used, and stops it afterwards.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, setsid};
use serde::{Deserialize, Serialize};

use super::account::run_as;
use super::cluster::clear_environment;
use super::folders::Folders;
use super::lock::{self, LockMode};
use super::postmaster::{Postmaster, remove_stale_lock_files};
use crate::engine::{Error, Result};

/// The first argument of a supervisor process.
pub const ARGUMENT: &str = "__supervise";
/// The exit code of a supervisor when another one is running.
pub const ALREADY_SUPERVISED: u8 = 75;
/// The time limit of a fast shutdown. After it the server is stopped with an immediate shutdown.
pub const STOP_SECONDS: u64 = 30;

/// How long to wait for the supervisor lock. Another process may hold it briefly to check whether it is held.
const LOCK_TIME_LIMIT: Duration = Duration::from_secs(2);
/// The interval between two checks of a server that is not a child process.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// The arguments of a supervisor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SupervisorConfig {
    pub folders: Folders,
    /// The folder of PostgreSQL's programs.
    pub programs: PathBuf,
}

/// Runs the supervisor until the server ends, if the process's arguments (the first is the program's name) ask for it.
/// `None` for other arguments. Call it first in `main`.
pub fn supervise(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let config = arguments.next().and_then(|text| serde_json::from_str::<SupervisorConfig>(text.to_str()?).ok());
    Some(match config.map(|config| run(&config)) {
        Some(Ok(code)) => code,
        Some(Err(error)) => {
            write_log(&error.report());
            ExitCode::FAILURE
        }
        None => ExitCode::from(2),
    })
}

fn run(config: &SupervisorConfig) -> Result<ExitCode> {
    // Detach from the terminal. It fails only if the process is already detached.
    setsid().ok();
    let folders = &config.folders;
    let Ok(supervising) = lock::take(&folders.supervisor_lock(), LockMode::Exclusive, LOCK_TIME_LIMIT) else {
        return Ok(ExitCode::from(ALREADY_SUPERVISED));
    };
    let server = Server::adopt_or_start(config)?;
    stop_after_last_user(lock::open(&folders.users_lock())?, server.pid(), folders.data());
    let (code, socket) = server.wait(folders);
    if is_created_by_limbeck(&socket) {
        std::fs::remove_dir(&socket).ok();
    }
    // Release this lock before the users lock, which ends with the process: a process that gets the users lock must not
    // see a supervisor.
    drop(supervising);
    Ok(code)
}

/// Whether limbeck created the folder. The folder of an adopted server is read from a file, so it is not removed
/// unchecked.
fn is_created_by_limbeck(socket: &Path) -> bool {
    socket.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"limbeck-"))
}

/// The server that the supervisor watches.
enum Server {
    Started(Child, PathBuf),
    /// Its previous supervisor was killed.
    Adopted(Postmaster),
}

impl Server {
    fn adopt_or_start(config: &SupervisorConfig) -> Result<Self> {
        let data = config.folders.data();
        if let Some(postmaster) = Postmaster::running(&data) {
            write_log("limbeck: adopted the running server");
            return Ok(Self::Adopted(postmaster));
        }
        let socket = &config.folders.socket;
        remove_stale_lock_files(&data, socket);
        let program = config.programs.join("postgres");
        let mut command = Command::new(&program);
        command.arg("-D").arg(&data).arg("-k").arg(socket).stdin(Stdio::null());
        for setting in [
            "listen_addresses=",
            "port=5432",
            "unix_socket_permissions=0700",
            "logging_collector=off",
            "log_destination=stderr",
            "cluster_name=limbeck",
        ] {
            command.args(["-c", setting]);
        }
        let child = run_as(clear_environment(&mut command), config.folders.account)
            .spawn()
            .map_err(|error| Error::new(format!("could not run {}", program.display())).because(error))?;
        Ok(Self::Started(child, socket.clone()))
    }

    fn pid(&self) -> Pid {
        match self {
            Self::Started(child, _) => Pid::from_child(child),
            Self::Adopted(postmaster) => postmaster.pid,
        }
    }

    /// Waits until the server has ended. Returns the exit code of the supervisor and the socket folder.
    fn wait(self, folders: &Folders) -> (ExitCode, PathBuf) {
        match self {
            Self::Started(mut child, socket) => {
                let ended = child.wait().is_ok_and(|status| status.success());
                (if ended { ExitCode::SUCCESS } else { ExitCode::FAILURE }, socket)
            }
            Self::Adopted(postmaster) => {
                let data = folders.data();
                while postmaster.is_running(&data) {
                    std::thread::sleep(CHECK_INTERVAL);
                }
                (ExitCode::SUCCESS, postmaster.socket_folder)
            }
        }
    }
}

/// Stops the server when no process uses it. The lock is then held until this process ends, so that a new user waits.
fn stop_after_last_user(users: File, server: Pid, data: PathBuf) {
    std::thread::spawn(move || {
        if let Err(error) = users.lock() {
            write_log(&format!("limbeck: waiting for the server's users failed: {error}"));
            return;
        }
        // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate shutdown.
        kill_process(server, Signal::INT).ok();
        // If the server ends in time, this process ends too.
        std::thread::sleep(Duration::from_secs(STOP_SECONDS));
        if Postmaster::running(&data).is_some_and(|postmaster| postmaster.pid == server) {
            write_log("limbeck: the fast shutdown timed out; starting an immediate shutdown");
            kill_process(server, Signal::QUIT).ok();
        }
        loop {
            std::thread::park();
        }
    });
}

/// Writes to standard error, which is the server's log.
fn write_log(text: &str) {
    writeln!(std::io::stderr(), "{text}").ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_supervisor_argument_starts_a_supervisor() {
        let call = |arguments: &[&str]| supervise(arguments.iter().map(OsString::from));
        assert!(call(&["limbeck"]).is_none());
        assert!(call(&["limbeck", "upgrade", ARGUMENT]).is_none());
        assert_eq!(call(&["limbeck", ARGUMENT, "not JSON"]), Some(ExitCode::from(2)));
    }
}
