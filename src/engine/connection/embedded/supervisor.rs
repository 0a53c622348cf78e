//! The supervisor: a process of its own that keeps the server while somebody uses it, and stops it afterwards.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, setsid};
use serde::{Deserialize, Serialize};

use super::account::run_as;
use super::cluster::plain;
use super::folders::Folders;
use super::lock::{self, Mode};
use super::postmaster::{Postmaster, clear_stale};
use crate::engine::{Error, Result};

/// The first argument that makes limbeck a supervisor.
pub const ARGUMENT: &str = "__supervise";
/// The exit code of a supervisor that finds another at work.
pub const ALREADY_SUPERVISED: u8 = 75;
/// How long the server may take to stop in good order before it is stopped by force.
pub const STOP_SECONDS: u64 = 30;

/// Another process may hold the lock for a moment, to see whether it is held.
const LOCK: Duration = Duration::from_secs(2);
/// How often it looks whether a server still runs that is not its child.
const ADOPTED: Duration = Duration::from_millis(250);

/// What a supervisor is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    pub folders: Folders,
    /// The folder of PostgreSQL's programs.
    pub programs: PathBuf,
}

/// Runs the supervisor when the process's arguments (its name first) ask for it, until the server has ended; `None`
/// for any other arguments. To be called before anything else in `main`.
pub fn supervise(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let order = arguments.next().and_then(|text| serde_json::from_str::<Order>(text.to_str()?).ok());
    Some(match order.map(|order| run(&order)) {
        Some(Ok(code)) => code,
        Some(Err(error)) => {
            say(&error.report());
            ExitCode::FAILURE
        }
        None => ExitCode::from(2),
    })
}

fn run(order: &Order) -> Result<ExitCode> {
    // Away from the terminal of whoever started it; it fails only where that is so already.
    setsid().ok();
    let folders = &order.folders;
    let Ok(supervising) = lock::take(&folders.supervisor_lock(), Mode::Exclusive, LOCK) else {
        return Ok(ExitCode::from(ALREADY_SUPERVISED));
    };
    let server = Server::adopt_or_start(order)?;
    stop_after_last_user(lock::open(&folders.users_lock())?, server.pid(), folders.data());
    let (code, socket) = server.wait(folders);
    if is_ours(&socket) {
        std::fs::remove_dir(&socket).ok();
    }
    // This lock goes first: who gets the other one, which ends with the process, finds no supervisor any more.
    drop(supervising);
    Ok(code)
}

/// Only a folder that limbeck made is removed; the name of an adopted server's comes from a file.
fn is_ours(socket: &Path) -> bool {
    socket.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"limbeck-"))
}

/// The server that is watched.
enum Server {
    Started(Child, PathBuf),
    /// Its supervisor was killed.
    Adopted(Postmaster),
}

impl Server {
    fn adopt_or_start(order: &Order) -> Result<Self> {
        let data = order.folders.data();
        if let Some(postmaster) = Postmaster::running(&data) {
            say("limbeck: adopted the running server");
            return Ok(Self::Adopted(postmaster));
        }
        let socket = &order.folders.socket;
        clear_stale(&data, socket);
        let program = order.programs.join("postgres");
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
        let child = run_as(plain(&mut command), order.folders.account)
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

    /// Waits until the server has ended; gives the supervisor's exit code and the socket's folder.
    fn wait(self, folders: &Folders) -> (ExitCode, PathBuf) {
        match self {
            Self::Started(mut child, socket) => {
                let ended = child.wait().is_ok_and(|status| status.success());
                (if ended { ExitCode::SUCCESS } else { ExitCode::FAILURE }, socket)
            }
            Self::Adopted(postmaster) => {
                let data = folders.data();
                while postmaster.is_running(&data) {
                    std::thread::sleep(ADOPTED);
                }
                (ExitCode::SUCCESS, postmaster.socket_folder)
            }
        }
    }
}

/// Stops the server once nobody uses it. The lock is then held until this process ends, so that a newcomer waits.
fn stop_after_last_user(users: File, server: Pid, data: PathBuf) {
    std::thread::spawn(move || {
        if let Err(error) = users.lock() {
            say(&format!("limbeck: could not wait for the server's users: {error}"));
            return;
        }
        // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
        kill_process(server, Signal::INT).ok();
        // When the server ends in time, so does this process.
        std::thread::sleep(Duration::from_secs(STOP_SECONDS));
        if Postmaster::running(&data).is_some_and(|postmaster| postmaster.pid == server) {
            say("limbeck: the server did not stop in good order and is stopped by force");
            kill_process(server, Signal::QUIT).ok();
        }
        loop {
            std::thread::park();
        }
    });
}

/// Standard error is the server's log.
fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_argument_makes_a_supervisor() {
        let call = |arguments: &[&str]| supervise(arguments.iter().map(OsString::from));
        assert!(call(&["limbeck"]).is_none());
        assert!(call(&["limbeck", "upgrade", ARGUMENT]).is_none());
        assert_eq!(call(&["limbeck", ARGUMENT, "no order"]), Some(ExitCode::from(2)));
    }
}
