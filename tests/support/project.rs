//! A project in a temporary folder, in which the real binary runs with an environment of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{TestDatabase, end_of, eventually, programs_for_limbeck};

/// How long one run of the binary may take, in seconds.
const SECONDS: u64 = 120;

/// The result of a run of the binary.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit code; `None` if a signal ended the process.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// Fails the test and shows the output if the exit code is different.
    #[track_caller]
    pub fn expect_status(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// A project, and the environment of the binary.
#[derive(Debug)]
pub struct TestProject {
    folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl TestProject {
    /// Creates a project with this `limbeck.toml` and an empty `versions/`.
    pub fn new(config: &str) -> Self {
        let project = Self::without_config();
        project.write("limbeck.toml", config);
        fs::create_dir(project.path("versions")).unwrap();
        project
    }

    /// Creates a project for a database.
    pub fn on(database: &TestDatabase<'_>) -> Self {
        Self::new(&format!("[database]\nurl = \"{}\"\n", database.url()))
    }

    /// Creates an empty folder.
    pub fn without_config() -> Self {
        let folder = tempfile::Builder::new().prefix("limbeck-project-").tempdir_in("/tmp").unwrap();
        // If the tests run as root, the embedded server runs as another user, who must reach its data in this folder.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut project = Self { folder, environment: BTreeMap::new() };
        fs::create_dir(project.root()).unwrap();
        for (name, folder) in [
            ("HOME", "home"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
            ("LIMBECK_DATA_DIR", "embedded"),
        ] {
            let folder = project.folder.path().join(folder);
            fs::create_dir(&folder).unwrap();
            project.set(name, folder.to_str().unwrap());
        }
        project.set("PATH", &std::env::var("PATH").unwrap_or_default());
        project.set("LANG", "C.UTF-8");
        project.set("TZ", "UTC");
        if let Some(folder) = programs_for_limbeck() {
            project.set("LIMBECK_POSTGRES_BIN", folder.to_str().unwrap());
        }
        project
    }

    /// The project's folder: the working directory of every run.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// The folder of the project, its home folder and the embedded server's data (`embedded`).
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the project's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Sets a variable for all later runs.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Takes a variable away from all later runs.
    pub fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// The variables that the binary sees; it sees no others.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// Writes a file below the project's folder.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Reads a file below the project's folder.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes `versions/<revision>_script.sql`; `revises` lists the parents, separated by `, `.
    pub fn script(&self, revision: &str, revises: &str, upgrade: &str, downgrade: &str) -> PathBuf {
        let header = format!(
            "-- revision {revision}\n--\n-- Revision ID: {revision}\n-- Revises: {revises}\n\
             -- Create Date: 2026-11-22 10:00:00+00:00\n"
        );
        let text = format!("{header}\n-- @upgrade\n{upgrade}\n\n-- @downgrade\n{downgrade}\n");
        self.write(&format!("versions/{revision}_script.sql"), &text)
    }

    /// Returns a command that runs the binary in the project's folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_limbeck"));
        command.args(arguments).current_dir(self.root()).env_clear().envs(&self.environment);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the binary and waits for its end; panics if that takes too long.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.run_within(SECONDS, arguments)
    }

    /// As [`Self::run`], with a time limit in seconds.
    #[track_caller]
    pub fn run_within(&self, seconds: u64, arguments: &[&str]) -> Output {
        let mut is_late = false;
        let output = self.run_until(arguments, |child| is_late = end_of(child, seconds).is_none());
        let Output { stdout, stderr, .. } = &output;
        assert!(!is_late, "limbeck {arguments:?} did not end in {seconds} s\nstdout:\n{stdout}\nstderr:\n{stderr}");
        output
    }

    /// Runs the binary until `until` returns, and then waits for its end.
    pub fn run_until(&self, arguments: &[&str], until: impl FnOnce(&mut Child)) -> Output {
        let mut child = self.command(arguments).spawn().expect("the binary starts");
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        until(&mut child);
        let status = child.wait().expect("a child can be waited for");
        Output { status: status.code(), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    }

    /// Starts the binary without waiting for it.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("the binary starts")
    }

    /// Whether an embedded server of this project exists.
    pub fn has_embedded_server(&self) -> bool {
        let folders = fs::read_dir(self.folder.path().join("embedded")).into_iter().flatten().flatten();
        let majors = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
        majors.into_iter().any(|major| major.path().join("data/postmaster.pid").exists())
    }
}

impl Drop for TestProject {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            eventually("the project's embedded server has stopped", 30, || !self.has_embedded_server());
        }
    }
}

fn drain<R: Read + Send + 'static>(stream: Option<R>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.expect("a pipe").read_to_end(&mut bytes).ok();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The root folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
