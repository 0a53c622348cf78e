//! A `PgBouncer` in front of a test server.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{Server, as_server_user, eventually, server_user};

/// Runs `PgBouncer` until standard input ends. The pipe closes when the test process ends, however it ends.
const RUNNER: &str = r#"
"$1" -q "$2" </dev/null & pid=$!
cat >/dev/null
kill -KILL "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
"#;

/// A running `PgBouncer`. It stops when the value is dropped or the test process ends.
pub struct PgBouncer {
    port: u16,
    runner: Child,
    folder: tempfile::TempDir,
}

impl PgBouncer {
    /// Starts `PgBouncer` for all databases of a server. `mode` is `session`, `transaction` or `statement`; `pool_size` is
    /// the number of server connections for each database and user.
    pub fn start(server: &Server, mode: &str, pool_size: usize, settings: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("limbeck-pgbouncer-").tempdir_in("/tmp").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let users = folder.path().join("users.txt");
        fs::write(&users, "\"postgres\" \"\"\n").unwrap();
        let config = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\nlogfile = {}\npool_mode = {mode}\n\
             default_pool_size = {pool_size}\nmax_client_conn = 1000\nquery_wait_timeout = 120\n{settings}\n",
            server.socket_folder().display(),
            server.port,
            users.display(),
            folder.path().join("log").display(),
        );
        fs::write(&config, text).unwrap();
        if let Some((uid, gid)) = server_user() {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let mut command = Command::new("sh");
        command.args(["-c", RUNNER, "sh"]).arg(program()).arg(&config).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let runner = as_server_user(&mut command).spawn().expect("a shell starts");
        eventually("PgBouncer accepts connections", 30, || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { port, runner, folder }
    }

    /// The connection string of a database, for the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// `PgBouncer`'s log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.runner.stdin.take());
        self.runner.wait().ok();
    }
}

/// # Panics
/// If `PgBouncer` is not installed: a test that cannot run has failed.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = Path::new("/usr/sbin").to_owned();
    let found = std::env::split_paths(&path).chain([debian]).map(|folder| folder.join("pgbouncer"));
    found
        .into_iter()
        .find(|program| program.is_file())
        .expect("PgBouncer is installed (Debian: apt-get install pgbouncer)")
}
