//! A process that uses the embedded server and can be ended or killed: this test binary, started again.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use limbeck::engine::connection::{EmbeddedOptions, EmbeddedServer};

use crate::support::{TestProject, end_of, eventually, psql_at};

/// The file to which the process writes the address of its server, or the error.
const NOTE: &str = "LIMBECK_TEST_EMBEDDED_NOTE";
/// The program that supervises the server.
const SUPERVISOR: &str = "LIMBECK_TEST_SUPERVISOR";

/// A process that started the project's embedded server and uses it.
pub struct User {
    child: Child,
    pub url: String,
    pub is_new: bool,
    pub milliseconds: u64,
    note: PathBuf,
}

/// Not a test of its own: the process that [`User`] starts.
#[test]
#[ignore = "runs in a process that other tests start"]
fn process_of_a_user() {
    let note = std::env::var_os(NOTE).map(PathBuf::from).expect("only the tests of the embedded server run this");
    let mut options = EmbeddedOptions::of_process(false);
    options.supervisor = std::env::var_os(SUPERVISOR).map(PathBuf::from);
    let config = std::env::current_dir().unwrap().join("limbeck.toml");
    let begun = std::time::Instant::now();
    let server = start(&config, &options);
    let text = match &server {
        Ok(server) => format!("{}\n{}\n{}\n.", server.url(), server.is_new(), begun.elapsed().as_millis()),
        Err(error) => format!("{}\n.", error.report()),
    };
    std::fs::write(note, text).unwrap();
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
}

/// Starts the server from this process.
pub fn start(config: &Path, options: &EmbeddedOptions) -> limbeck::engine::Result<EmbeddedServer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(EmbeddedServer::start(config, options))
}

impl User {
    /// Starts the process without waiting for its server.
    pub fn begin(project: &TestProject) -> Started {
        Self::begin_with(project, &std::env::current_exe().unwrap(), Path::new(env!("CARGO_BIN_EXE_limbeck")), None)
    }

    /// As [`Self::begin`], for another user and with programs that this user can read.
    pub fn begin_with(project: &TestProject, test: &Path, supervisor: &Path, user: Option<(u32, u32)>) -> Started {
        let note = tempfile::NamedTempFile::new_in(project.path("notes")).unwrap();
        let note = note.into_temp_path().keep().unwrap();
        std::fs::remove_file(&note).unwrap();
        let mut command = Command::new(test);
        command.args(["--exact", "embedded::process::process_of_a_user", "--ignored", "--quiet"]);
        command.current_dir(project.root()).env_clear().envs(project.environment());
        command.env(NOTE, &note).env(SUPERVISOR, supervisor);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        Started { child: command.spawn().unwrap(), note }
    }

    /// Starts the process and waits until it has a server.
    #[track_caller]
    pub fn of(project: &TestProject) -> Self {
        Self::begin(project).server()
    }

    /// Runs SQL on the server.
    #[track_caller]
    pub fn psql(&self, sql: &str) -> String {
        let output = psql_at(&self.url, sql);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Ends the process normally, without waiting for the server to stop.
    #[track_caller]
    pub fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(end_of(&mut self.child, 30).expect("the process ends").success());
        std::fs::remove_file(&self.note).unwrap();
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A process that may not have a server yet.
pub struct Started {
    child: Child,
    note: PathBuf,
}

impl Started {
    /// Waits for the server.
    #[track_caller]
    pub fn server(self) -> User {
        let (child, note, text) = self.answer();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "the server started: {text}");
        let (is_new, milliseconds) = (lines[1].parse().unwrap(), lines[2].parse().unwrap());
        User { child, url: lines[0].to_owned(), is_new, milliseconds, note }
    }

    /// Waits for the error.
    #[track_caller]
    pub fn error(self) -> String {
        let (mut child, _, text) = self.answer();
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(text.starts_with("error: "), "{text}");
        text
    }

    fn answer(mut self) -> (Child, PathBuf, String) {
        let mut text = String::new();
        eventually("the process has written its note", 90, || {
            assert!(self.child.try_wait().unwrap().is_none(), "the process ended");
            text = std::fs::read_to_string(&self.note).unwrap_or_default();
            text.ends_with('.')
        });
        (self.child, self.note, text)
    }
}
