//! The Python process that runs the scripts of an Alembic project: a small program of limbeck calls the project's own
//! Alembic and `env.py`, whose database connections come to limbeck's [`wire`](super::wire).

mod event;
mod pass;
mod position;
mod shared;

use std::io;
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

pub use event::{
    ConnectionParameters, OutputLine, PythonFailure, RevisionOptions, ScriptEvent, UnsavedScript, Versions,
};
pub use pass::{
    Marker, PassEnd, PassRequest, PassSessions, SECOND_CONNECTION, SessionFactory, incomplete_error, new_token,
    run_pass, write_revision,
};
pub use position::ScriptPosition;
pub use shared::{ProcessGuard, SharedProcess};

use super::alembic::AlembicProject;
use super::project::Project;
use super::python::{Interpreter, require_consent};
use super::wire::WireSocket;
use super::{Error, Result};
use event::{Message, Place, Request};

/// The program that the project's Python runs.
const BOOTSTRAP: &str = include_str!("../../../assets/python/bootstrap.py");

/// A running Python process.
pub struct ScriptProcess {
    child: Child,
    control: Lines<BufReader<OwnedReadHalf>>,
    requests: OwnedWriteHalf,
    output: Lines<BufReader<ChildStdout>>,
    errors: Lines<BufReader<ChildStderr>>,
    has_output: (bool, bool),
    place: Place,
    socket: Arc<WireSocket>,
    position: Arc<ScriptPosition>,
    command: String,
    /// The last lines of standard error, which explain why the process ended.
    last_errors: Vec<String>,
}

impl ScriptProcess {
    /// Starts the process with the Python of an Alembic project.
    ///
    /// # Errors
    /// If the project has no Python, or it cannot be started. Of kind `Approval` without the user's consent.
    pub async fn of_project(project: &Project) -> Result<Self> {
        let Some(alembic) = &project.alembic else { return Err(Error::new("the project has no Python scripts")) };
        let interpreter = Interpreter::find(project)?;
        require_consent(project, &interpreter, false)?;
        Self::start(&interpreter.command, alembic).await
    }

    /// Starts the process. `command` is the project's Python, e.g. `uv run python`.
    ///
    /// # Errors
    /// If it cannot be started, or ends before it connects.
    pub async fn start(command: &[String], alembic: &AlembicProject) -> Result<Self> {
        let socket = WireSocket::open()?;
        let failed = |error: io::Error| Error::new("cannot prepare the project's Python").because(error);
        let program = socket.folder().join("bootstrap.py");
        std::fs::write(&program, BOOTSTRAP).map_err(failed)?;
        let control = UnixListener::bind(socket.folder().join("control")).map_err(failed)?;
        let position = std::os::unix::net::UnixListener::bind(socket.folder().join("position")).map_err(failed)?;
        let shown = shell_words::join(command);
        let mut child = spawn(command, &program, socket.folder(), alembic).map_err(|error| {
            Error::new(format!("cannot start the project's Python: {shown}"))
                .because(error)
                .hint("set python under [alembic] in limbeck.toml to the command, e.g. [\".venv/bin/python\"]")
        })?;
        let (output, errors) = match (child.stdout.take(), child.stderr.take()) {
            (Some(output), Some(errors)) => (BufReader::new(output).lines(), BufReader::new(errors).lines()),
            _ => return Err(failed(io::ErrorKind::BrokenPipe.into())),
        };
        let mut errors = errors;
        let Some(stream) = accept(&control, &mut child).await.map_err(failed)? else {
            return Err(ended_early(&shown, &mut errors).await);
        };
        let position = ScriptPosition::accept(&position).map_err(failed)?;
        let (from, requests) = stream.into_split();
        Ok(Self {
            child,
            control: BufReader::new(from).lines(),
            requests,
            output,
            errors,
            has_output: (true, true),
            place: Place::of(alembic),
            socket: Arc::new(socket),
            position: Arc::new(position),
            command: shown,
            last_errors: Vec::new(),
        })
    }

    /// The command line of the Python, for messages.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Where the scripts are when they send a statement.
    #[must_use]
    pub fn position(&self) -> Arc<ScriptPosition> {
        Arc::clone(&self.position)
    }

    /// Waits for the next event.
    ///
    /// # Errors
    /// If the process sends something that is not an event.
    pub async fn next_event(&mut self) -> Result<ScriptEvent> {
        loop {
            tokio::select! {
                biased;
                line = self.output.next_line(), if self.has_output.0 => match line {
                    Ok(Some(text)) => return Ok(ScriptEvent::Output(OutputLine { text, is_error: false })),
                    _ => self.has_output.0 = false,
                },
                line = self.errors.next_line(), if self.has_output.1 => match line {
                    Ok(Some(text)) => {
                        if self.last_errors.len() == 20 {
                            self.last_errors.remove(0);
                        }
                        self.last_errors.push(text.clone());
                        return Ok(ScriptEvent::Output(OutputLine { text, is_error: true }));
                    }
                    _ => self.has_output.1 = false,
                },
                line = self.control.next_line() => return match line {
                    Ok(Some(line)) => Message::read(&line).map(ScriptEvent::Message),
                    _ => Ok(ScriptEvent::Exited(self.describe_exit().await)),
                },
            }
        }
    }

    /// Asks for the parameters of the connection that `env.py` opens. `report` gets what it prints.
    ///
    /// # Errors
    /// If `env.py` fails before it connects.
    pub async fn find_connection(
        &mut self,
        report: &(dyn Fn(OutputLine) + Send + Sync),
    ) -> Result<ConnectionParameters> {
        match self.ask(Request::Url(self.place.clone()), report).await? {
            Message::Url(parameters) => Ok(parameters),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Asks for the versions of Python, Alembic and SQLAlchemy.
    ///
    /// # Errors
    /// If Alembic is not installed.
    pub async fn find_versions(&mut self) -> Result<Versions> {
        match self.ask(Request::Versions {}, &|_| {}).await? {
            Message::Versions(versions) => Ok(versions),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Sends a request and waits for its answer.
    async fn ask(&mut self, request: Request, report: &(dyn Fn(OutputLine) + Send + Sync)) -> Result<Message> {
        self.send(&request).await?;
        loop {
            match self.next_event().await? {
                ScriptEvent::Output(line) => report(line),
                ScriptEvent::Message(Message::Failed(failure)) => return Err(failure.into_error(&self.command)),
                ScriptEvent::Message(message) => return Ok(message),
                ScriptEvent::Exited(error) => return Err(error),
            }
        }
    }

    async fn send(&mut self, request: &Request) -> Result<()> {
        let mut line = serde_json::to_vec(request).map_err(|error| Error::new(error.to_string()))?;
        line.push(b'\n');
        match self.requests.write_all(&line).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.describe_exit().await),
        }
    }

    fn unexpected(&self, message: &Message) -> Error {
        Error::new(format!("{} sent an unexpected event", self.command)).because(format!("{message:?}"))
    }

    /// Why the process has ended.
    async fn describe_exit(&mut self) -> Error {
        let status = self.child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
        let error = Error::new(format!("the project's Python ended ({status}): {}", self.command));
        let rest = std::mem::take(&mut self.last_errors);
        let error = rest.into_iter().fold(error, Error::because);
        error.hint("run the script with Alembic in this interpreter to see why it ends")
    }

    /// Whether the process has not ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends the process at once.
    pub async fn kill(&mut self) {
        let _ = self.child.kill().await;
    }
}

impl std::fmt::Debug for ScriptProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptProcess").field("command", &self.command).finish_non_exhaustive()
    }
}

/// Starts the program in the folder of the configuration, where `alembic` runs.
fn spawn(
    command: &[String],
    program: &std::path::Path,
    folder: &std::path::Path,
    alembic: &AlembicProject,
) -> io::Result<Child> {
    let Some((first, rest)) = command.split_first() else { return Err(io::ErrorKind::NotFound.into()) };
    Command::new(first)
        .args(rest)
        .arg(program)
        .arg(folder)
        .current_dir(alembic.files.folder())
        .env("PYTHONUNBUFFERED", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

/// Waits until the process connects. `None`: it ended before.
async fn accept(control: &UnixListener, child: &mut Child) -> io::Result<Option<UnixStream>> {
    tokio::select! {
        accepted = control.accept() => accepted.map(|(stream, _)| Some(stream)),
        _ = child.wait() => Ok(None),
    }
}

async fn ended_early(command: &str, errors: &mut Lines<BufReader<ChildStderr>>) -> Error {
    let mut error = Error::new(format!("the project's Python does not start: {command}"));
    while let Ok(Some(line)) = errors.next_line().await {
        error = error.because(line);
    }
    error.hint("run the command in a terminal; set python under [alembic] in limbeck.toml if it is the wrong one")
}
