//! The one error at the edge: what happened, why, and what to do about it.

use std::fmt;

/// What sort of failure it is; the command line turns it into an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// It failed; the database is as the message says.
    #[default]
    Failed,
    /// The request makes no sense.
    Usage,
    /// No project was found.
    NoProject,
    /// Nothing says where the database is; the embedded server can be offered.
    NoDatabase,
    /// PostgreSQL's programs are not on this machine; their download can be offered.
    NoPrograms,
    /// A step needs approval that was not given.
    Approval,
    /// Models and database differ, or the database is not at the heads.
    Differs,
    /// Another migrator holds the lock.
    Locked,
    /// It was cancelled.
    Interrupted,
    /// The server cannot be reached; trying again may help.
    Connection,
}

/// A failure with its causes and a hint. Never holds a password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Error {
    pub kind: ErrorKind,
    /// One sentence without a full stop.
    pub message: String,
    /// Each explains the one before.
    pub causes: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
    /// The revision that it is about.
    pub revision: Option<String>,
    /// 1-based line in that revision's script.
    pub line: Option<usize>,
    /// Lines of source with a caret below the place, shown as they are.
    pub excerpt: Option<String>,
}

impl Error {
    /// A failure of the usual kind.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// A failure of a given kind.
    #[must_use]
    pub fn of(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), ..Self::default() }
    }

    /// Adds a cause.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The whole error as text: `error: …`, causes, excerpt, `hint: …`; no newline at the end.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = format!("error: {}", self.message);
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
            text.push_str(hint);
        }
        text
    }
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
