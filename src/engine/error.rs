//! The error type of the engine: what happened, why, and what to do.

use std::fmt;

use crate::core::hazard::Hazard;
use crate::core::os_error;

/// The kind of a failure. The command line converts it into an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// An operation failed. The message says in which state the database is.
    #[default]
    Failed,
    /// The request is not valid.
    Usage,
    /// No project was found.
    NoProject,
    /// The location of the database is not known. The embedded server can be offered.
    NoDatabase,
    /// PostgreSQL's programs are not installed. Their download can be offered.
    NoPrograms,
    /// A step needs an approval that was not given.
    Approval,
    /// The models and the database differ, or the database is not at the heads.
    Differs,
    /// Another migrator holds the migration lock.
    Locked,
    /// It was cancelled.
    Interrupted,
    /// The server cannot be reached. A retry may help.
    Connection,
}

/// A failure with its causes and a hint. It never contains a password.
#[derive(Clone, PartialEq, Default)]
pub struct Error {
    pub kind: ErrorKind,
    /// One sentence without a full stop.
    pub message: String,
    /// Each cause explains the previous text.
    pub causes: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
    /// The revision that failed.
    pub revision: Option<String>,
    /// The line in the script of that revision, starting at 1.
    pub line: Option<usize>,
    /// Lines of the source with a caret below the position, ready to print.
    pub excerpt: Option<String>,
    /// The command that the user has not allowed yet. If they allow it, the same request can be made again.
    pub needs_consent: Option<Box<ProjectCommand>>,
    /// The hazards of a statement that the plan did not contain, and that the user has not approved.
    pub unplanned: Vec<Hazard>,
}

/// A command of the project, which runs only with the user's consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectCommand {
    /// A program that the project names.
    Program(Vec<String>),
    /// The interpreter of the project's Python.
    Python(Vec<String>),
}

impl ProjectCommand {
    /// The words of the command.
    #[must_use]
    pub fn words(&self) -> &[String] {
        match self {
            Self::Program(words) | Self::Python(words) => words,
        }
    }
}

impl Error {
    /// Returns an error of kind `Failed`.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Returns an error of the given kind.
    #[must_use]
    pub fn of(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), ..Self::default() }
    }

    /// Adds a cause. For an error of the operating system, also adds a hint if there is none.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        let cause = cause.to_string();
        if self.hint.is_none() {
            self.hint = os_error::hint(&cause).map(str::to_owned);
        }
        self.causes.push(cause);
        self
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the whole error as text: `error: …`, causes, excerpt, `hint: …`; without a final newline.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = format!("error: {}", self.message.replace('\n', "\n  "));
        for cause in &self.causes {
            text.push_str("\n  caused by: ");
            text.push_str(&cause.replace('\n', "\n    "));
        }
        if let Some(excerpt) = &self.excerpt {
            text.push('\n');
            text.push_str(excerpt);
        }
        if let Some(hint) = &self.hint {
            text.push_str("\nhint: ");
            text.push_str(&hint.replace('\n', "\n  "));
        }
        text
    }
}

/// Adds the state of the database to the error of a lost or refused connection.
pub(super) fn describe_state(error: Error, state: &str) -> Error {
    if error.kind != ErrorKind::Connection {
        return error;
    }
    let hint = error.hint.clone();
    let hint = hint.unwrap_or_else(|| "run the same command again when the server is available".to_owned());
    error.because(state).hint(hint)
}

/// Adds to the error of a lost or refused connection that no script was run.
pub(super) fn nothing_was_run(error: Error) -> Error {
    describe_state(error, "nothing was run; the database was not changed")
}

/// Adds to the error of a lost or refused connection that the command writes only to scratch databases.
pub(super) fn target_not_changed(error: Error) -> Error {
    describe_state(
        error,
        "the database was not changed: this command writes only to scratch databases, which the next one removes",
    )
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report())
    }
}

impl std::error::Error for Error {}

impl From<crate::core::graph::GraphError> for Error {
    fn from(error: crate::core::graph::GraphError) -> Self {
        Self { message: error.message, hint: error.hint, ..Self::default() }
    }
}
