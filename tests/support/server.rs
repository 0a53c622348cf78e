//! A PostgreSQL server for this test run, on a socket in a private folder.
//!
//! Rust does not drop statics, and a test run can be killed. Therefore a small shell reads from a pipe that this process
//! holds open. When the pipe closes, the shell stops the server and removes the folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::{TestDatabase, as_server_user, eventually, program, server_user};

/// Waits for the end of standard input, then stops the server in `$1` and removes that folder.
const WATCHDOG: &str = r#"
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -QUIT "$pid" 2>/dev/null
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
fi
rm -rf "$1"
"#;

/// How a server differs from the shared one.
#[derive(Debug, Default, Clone)]
pub struct ServerOptions {
    /// Lines of `postgresql.conf`, e.g. `ssl = on`; they override the others.
    pub settings: Vec<String>,
    /// The whole `pg_hba.conf`; the default trusts everyone who can reach the socket.
    pub hba: Option<String>,
    /// Files to put into the data folder (name, content, mode 0600), e.g. a certificate.
    pub files: Vec<(String, Vec<u8>)>,
    /// Also listen on this loopback port.
    pub tcp_port: Option<u16>,
    /// More options of `initdb`.
    pub initdb: Vec<String>,
}

/// A running server with the superuser `postgres`.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    pub port: u16,
    postgres: Mutex<Child>,
    watchdog: Child,
    /// The pipe to the watchdog; closes when this process ends.
    lifeline: Option<ChildStdin>,
    databases: AtomicU32,
}

/// The server that all tests of this run share. The first call starts it.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&ServerOptions::default()))
}

impl Server {
    /// Creates and starts a server. It stops when the value is dropped or the test process ends.
    pub fn start(options: &ServerOptions) -> Self {
        let folder = tempfile::Builder::new().prefix("limbeck-test-").tempdir_in("/tmp").unwrap().keep();
        let mut watchdog = watch(&folder);
        let lifeline = watchdog.stdin.take();
        if let Some((uid, gid)) = server_user() {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        let data = folder.join("data");
        create_data_folder(&data, &options.initdb);
        let port = configure(&folder, options);
        let postgres = Mutex::new(launch(&folder, None));
        Self { folder, port, postgres, watchdog, lifeline, databases: AtomicU32::new(0) }
    }

    /// Stops the server normally and starts it again.
    pub fn restart(&self) {
        self.restart_with("-INT", None);
    }

    /// Stops the server as `pg_ctl stop -m immediate` does, and starts it again. It recovers as after a crash.
    pub fn crash(&self) {
        self.restart_with("-QUIT", None);
    }

    /// Stops the server normally and starts it again. Then it cannot write files that are larger than this limit.
    pub fn restart_with_file_limit(&self, kilobytes: usize) {
        self.restart_with("-INT", Some(kilobytes));
    }

    fn restart_with(&self, signal: &str, limit: Option<usize>) {
        let mut postgres = self.postgres.lock().unwrap();
        assert!(Command::new("kill").args([signal, &postgres.id().to_string()]).status().expect("kill runs").success());
        postgres.wait().unwrap();
        *postgres = launch(&self.folder, limit);
    }

    /// The folder of the socket, for `host=`.
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// The data folder.
    pub fn data_folder(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The server's log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// The connection string of a database, for the superuser and the socket.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@/{database}?host={}&port={}", self.folder.display(), self.port)
    }

    /// Creates a database, which is dropped with the value.
    pub fn database(&self) -> TestDatabase<'_> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        TestDatabase::create(self, &format!("test_{number}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // When the pipe closes, the watchdog stops the server. Wait for both.
        drop(self.lifeline.take());
        self.postgres.get_mut().unwrap_or_else(PoisonError::into_inner).wait().ok();
        self.watchdog.wait().ok();
    }
}

/// Starts the server of a folder and waits until it accepts connections. `limit`: of the size of its files, in kilobytes.
fn launch(folder: &Path, limit: Option<usize>) -> Child {
    let data = folder.join("data");
    let log = fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut command = Command::new("sh");
    // The unit of `ulimit -f` is 512 bytes.
    let limit = limit.map_or_else(|| "unlimited".to_owned(), |kilobytes| (kilobytes * 2).to_string());
    command.args(["-c", "ulimit -S -f \"$1\" && shift && exec \"$@\"", "sh", &limit]).arg(program("postgres"));
    command.arg("-D").arg(&data).current_dir(folder).process_group(0);
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    let mut postgres = as_server_user(&mut command).spawn().expect("postgres starts");
    eventually("the test server accepts connections", 60, || {
        let ended = postgres.try_wait().unwrap();
        assert!(ended.is_none(), "the test server ended: {}", fs::read_to_string(folder.join("log")).unwrap());
        fs::read_to_string(data.join("postmaster.pid"))
            .is_ok_and(|text| text.lines().nth(7).is_some_and(|word| word.trim() == "ready"))
    });
    postgres
}

fn watch(folder: &Path) -> Child {
    // In its own process group, ^C at the terminal does not stop it before it has cleaned up.
    Command::new("sh")
        .args(["-c", WATCHDOG, "sh"])
        .arg(folder)
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell starts")
}

fn create_data_folder(data: &Path, options: &[String]) {
    let mut command = Command::new(program("initdb"));
    command.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"]);
    command.args(options).arg("-D");
    let output = as_server_user(command.arg(data).current_dir("/")).output().expect("initdb starts");
    assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
}

/// Writes the server's configuration and returns its port.
fn configure(folder: &Path, options: &ServerOptions) -> u16 {
    let data = folder.join("data");
    let port = options.tcp_port.unwrap_or(5432);
    let address = if options.tcp_port.is_some() { "127.0.0.1" } else { "" };
    let mut lines = vec![
        format!("listen_addresses = '{address}'"),
        format!("port = {port}"),
        format!("unix_socket_directories = '{}'", folder.display()),
        "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nshared_buffers = 32MB".to_owned(),
        "max_connections = 200\nautovacuum = off\nlog_min_messages = warning".to_owned(),
    ];
    lines.extend(options.settings.iter().cloned());
    put(&data.join("postgresql.auto.conf"), lines.join("\n").as_bytes());
    if let Some(hba) = &options.hba {
        put(&data.join("pg_hba.conf"), hba.as_bytes());
    }
    for (name, content) in &options.files {
        put(&data.join(name), content);
    }
    port
}

/// Writes a file that only the server's user can read.
fn put(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    if let Some((uid, gid)) = server_user() {
        std::os::unix::fs::chown(path, Some(uid), Some(gid)).unwrap();
    }
}
