//! The server process of a data folder: `postmaster.pid`, checked against the running processes.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

/// How long child processes may run after the server process was killed.
const ORPHANS: Duration = Duration::from_secs(10);

/// The contents of `postmaster.pid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postmaster {
    pub pid: Pid,
    pub socket_folder: PathBuf,
    pub port: u16,
    /// Whether the server accepts connections.
    pub ready: bool,
}

impl Postmaster {
    /// Returns the server that runs on this data folder. A file that a crash left is ignored: its process does not
    /// exist or is another program.
    pub fn running(data: &Path) -> Option<Self> {
        Self::read(data).filter(|postmaster| postmaster.is_running(data))
    }

    /// Whether this process still serves this data folder.
    pub fn is_running(&self, data: &Path) -> bool {
        is_server_process(self.pid, data)
    }

    /// Whether the server is ready and its socket exists.
    pub fn accepts(&self) -> bool {
        self.ready && self.socket_folder.join(format!(".s.PGSQL.{}", self.port)).exists()
    }

    fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(pid_file(data)).ok()?)
    }

    /// The lines are: pid, data folder, start time, port, socket folder, address, shared memory, status (since version
    /// 10).
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

/// Removes lock files of a crashed server that would prevent a start: their process id belongs to another program or to
/// a zombie process. `socket` is the socket folder of this server. The caller holds the start lock, and no server runs.
pub fn remove_stale_lock_files(data: &Path, socket: &Path) {
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
        // If no process has this id, PostgreSQL itself detects that the file is stale.
        if pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH)) {
            fs::remove_file(&file).ok();
        }
    }
}

fn pid_file(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

/// Whether the process belongs to the server on this data folder. The working directory of PostgreSQL's processes is
/// the data folder. A process id alone proves nothing, because ids are reused, often in containers.
fn is_server_process(pid: Pid, data: &Path) -> bool {
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
    // A zombie process has no working directory.
    same_owner && fs::read_link(process.join("cwd")).is_ok_and(|folder| is_same(&folder, data))
}

fn is_same(folder: &Path, data: &Path) -> bool {
    folder == data || fs::canonicalize(data).is_ok_and(|data| folder == data)
}

/// The check on systems without `/proc`: the data folder is an argument of the server process.
fn is_named_by_ps(pid: Pid, data: &Path) -> bool {
    let pid = pid.as_raw_nonzero().to_string();
    let output = Command::new("ps").args(["-o", "command=", "-p", &pid]).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&*data.to_string_lossy()))
}

/// Whether any process works in the data folder. Always false without `/proc`.
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
    fn the_file_is_parsed() {
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
    fn a_reused_process_id_is_not_a_server() {
        let data = tempfile::tempdir().unwrap();
        let own = std::process::id();
        fs::write(data.path().join("postmaster.pid"), format!("{own}\n/d\n1\n5432\n/s\n\n\nready\n")).unwrap();
        assert!(Postmaster::read(data.path()).is_some());
        assert_eq!(Postmaster::running(data.path()), None);
        let lock = data.path().join(".s.PGSQL.5432.lock");
        fs::write(&lock, format!("{own}\n")).unwrap();
        remove_stale_lock_files(data.path(), data.path());
        assert!(!data.path().join("postmaster.pid").exists() && !lock.exists());
    }

    #[test]
    fn a_process_is_identified_by_its_working_directory() {
        let data = tempfile::tempdir().unwrap();
        let mut child = Command::new("sleep").arg("60").current_dir(data.path()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        if Path::new("/proc/self/cwd").exists() {
            assert!(is_server_process(pid, data.path()) && has_processes(data.path()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_server_process(pid, data.path()) && !has_processes(data.path()));
    }
}
