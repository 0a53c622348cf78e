//! PgBouncer in front of a test server.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use super::{Server, as_server_user, eventually, server_user};

/// Runs PgBouncer with the configuration `$2` until standard input ends, also if the test run is killed.
const WATCHDOG: &str = r#""$1" -q "$2" & pid=$!; cat >/dev/null; kill -INT "$pid"; wait "$pid""#;

/// When PgBouncer gives a server connection to another client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    Session,
    Transaction,
}

/// A running PgBouncer. It stops when the value is dropped.
pub struct PgBouncer {
    port: u16,
    watchdog: Child,
    lifeline: Option<ChildStdin>,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// Starts PgBouncer in front of a server. `pool_size`: the greatest number of connections to one database.
    pub fn start(server: &Server, mode: PoolMode, pool_size: usize) -> Self {
        let folder = tempfile::Builder::new().prefix("limbeck-pgbouncer-").tempdir_in("/tmp").unwrap();
        if let Some((uid, gid)) = server_user() {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let configuration = folder.path().join("pgbouncer.ini");
        fs::write(&configuration, describe(server, folder.path(), port, mode, pool_size)).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", WATCHDOG, "sh"]).arg(program()).arg(&configuration).current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut watchdog = as_server_user(&mut command).spawn().expect("a shell starts");
        let lifeline = watchdog.stdin.take();
        eventually("PgBouncer accepts connections", 30, || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { port, watchdog, lifeline, _folder: folder }
    }

    /// The connection string of a database through PgBouncer, for the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        self.watchdog.wait().ok();
    }
}

fn describe(server: &Server, folder: &Path, port: u16, mode: PoolMode, pool_size: usize) -> String {
    let mode = match mode {
        PoolMode::Session => "session",
        PoolMode::Transaction => "transaction",
    };
    format!(
        "[databases]\n* = host={} port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = {pool_size}\nmax_client_conn = 400\n\
         logfile = {}/log\nignore_startup_parameters = extra_float_digits\n",
        server.socket_folder().display(),
        server.port,
        folder.display()
    )
}

/// Finds PgBouncer: Debian installs it into a folder that is not in every user's `PATH`.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join("pgbouncer")).find(|file| file.is_file());
    found.expect("the tests need PgBouncer (Debian: `apt-get install pgbouncer`)")
}
