//! The server process of a data folder, as `postmaster.pid` tells of it and as the system confirms.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

/// How long the server's processes may outlive a server that was killed.
const ORPHANS: Duration = Duration::from_secs(10);

/// What `postmaster.pid` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postmaster {
    pub pid: Pid,
    pub socket_folder: PathBuf,
    pub port: u16,
    /// Whether it accepts connections.
    pub ready: bool,
}

impl Postmaster {
    /// The server that runs on this data folder. A file that a crash left behind, and whose process is gone or is
    /// another program by now, counts as none.
    pub fn running(data: &Path) -> Option<Self> {
        Self::read(data).filter(|postmaster| postmaster.is_running(data))
    }

    /// Whether this process still serves this data folder.
    pub fn is_running(&self, data: &Path) -> bool {
        works_in(self.pid, data)
    }

    /// Whether its socket is there and it says that it is ready.
    pub fn accepts(&self) -> bool {
        self.ready && self.socket_folder.join(format!(".s.PGSQL.{}", self.port)).exists()
    }

    fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(pid_file(data)).ok()?)
    }

    /// Lines: pid, data folder, start time, port, socket's folder, address, shared memory, status (since version 10).
    fn parse(text: &str) -> Option<Self> {
        let line = |number: usize| text.lines().nth(number).map(str::trim);
        Some(Self {
            pid: Pid::from_raw(line(0)?.parse().ok()?)?,
            port: line(3)?.parse().ok()?,
            socket_folder: PathBuf::from(line(4)?),
            ready: line(7) == Some("ready"),
        })
    }
}

/// Takes away what a crash left and PostgreSQL would stumble over: lock files whose number belongs to another program
/// by now, or to a process that nobody reaps. `socket` is the folder of this server's own socket. Only for whoever may
/// start the server, where none runs.
pub fn clear_stale(data: &Path, socket: &Path) {
    let end = Instant::now() + ORPHANS;
    while has_processes(data) && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(20));
    }
    if has_processes(data) {
        return;
    }
    for file in [pid_file(data), socket.join(".s.PGSQL.5432.lock")] {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let pid = text.lines().next().and_then(|line| Pid::from_raw(line.trim().parse().ok()?));
        // Where no process has that number, PostgreSQL sees for itself that the file is stale, and takes more care.
        if pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH)) {
            fs::remove_file(&file).ok();
        }
    }
}

fn pid_file(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

/// Whether the process is one of the server on this data folder: PostgreSQL's processes work in it. Numbers are used
/// again, above all in containers, so that a process of that number proves nothing.
fn works_in(pid: Pid, data: &Path) -> bool {
    if test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
        return false;
    }
    if !Path::new("/proc/self/cwd").exists() {
        return is_named_by_ps(pid, data);
    }
    let process = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
    let same_owner = match (process.metadata(), data.metadata()) {
        (Ok(process), Ok(data)) => process.uid() == data.uid(),
        _ => false,
    };
    // A process that has ended and was not reaped has no working directory any more.
    same_owner && fs::read_link(process.join("cwd")).is_ok_and(|folder| is_same(&folder, data))
}

fn is_same(folder: &Path, data: &Path) -> bool {
    folder == data || fs::canonicalize(data).is_ok_and(|data| folder == data)
}

/// Where there is no `/proc`: the server was started with its data folder as an argument.
fn is_named_by_ps(pid: Pid, data: &Path) -> bool {
    let pid = pid.as_raw_nonzero().to_string();
    let output = Command::new("ps").args(["-o", "command=", "-p", &pid]).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&*data.to_string_lossy()))
}

/// Whether any process works in the data folder; without `/proc` that cannot be told.
fn has_processes(data: &Path) -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit))
        .any(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|folder| is_same(&folder, data)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_as_postgresql_writes_it() {
        let text = "4711\n/data\n1763805600\n5432\n/tmp/limbeck-0-abc\n\n  123456   1\nready   \n";
        let postmaster = Postmaster::parse(text).unwrap();
        assert_eq!((postmaster.port, postmaster.ready), (5432, true));
        assert_eq!(postmaster.socket_folder, Path::new("/tmp/limbeck-0-abc"));
        assert!(!Postmaster::parse(&text.replace("ready", "starting")).unwrap().ready);
        for broken in ["", "4711\n", "0\n/d\n1\n5432\n/s\n", "x\n/d\n1\n5432\n/s\n"] {
            assert_eq!(Postmaster::parse(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn a_number_that_another_program_has_by_now_is_no_server() {
        let data = tempfile::tempdir().unwrap();
        let own = std::process::id();
        fs::write(data.path().join("postmaster.pid"), format!("{own}\n/d\n1\n5432\n/s\n\n\nready\n")).unwrap();
        assert!(Postmaster::read(data.path()).is_some());
        assert_eq!(Postmaster::running(data.path()), None);
        let lock = data.path().join(".s.PGSQL.5432.lock");
        fs::write(&lock, format!("{own}\n")).unwrap();
        clear_stale(data.path(), data.path());
        assert!(!data.path().join("postmaster.pid").exists() && !lock.exists());
    }

    #[test]
    fn a_process_is_known_by_the_folder_it_works_in() {
        let data = tempfile::tempdir().unwrap();
        let mut child = Command::new("sleep").arg("60").current_dir(data.path()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        if Path::new("/proc/self/cwd").exists() {
            assert!(works_in(pid, data.path()) && has_processes(data.path()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!works_in(pid, data.path()) && !has_processes(data.path()));
    }
}
