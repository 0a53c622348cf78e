//! What limbeck and the Python process tell each other: requests and events, as JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::engine::alembic::AlembicProject;
use crate::engine::passage::display_path;
use crate::engine::{Error, Result};

/// Where Alembic finds its configuration.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Place {
    ini: Option<PathBuf>,
    toml: Option<PathBuf>,
    section: String,
}

impl Place {
    pub fn of(alembic: &AlembicProject) -> Self {
        let files = &alembic.files;
        Self { ini: files.ini.clone(), toml: files.pyproject.clone(), section: alembic.section.clone() }
    }
}

/// A request to the process.
#[derive(Debug, Serialize)]
#[serde(tag = "request", rename_all = "lowercase")]
pub(super) enum Request {
    Versions {},
    Url(Place),
    Run {
        #[serde(flatten)]
        place: Place,
        /// Distinguishes the markers from the statements of scripts.
        token: String,
        /// The direction and the revision of each step.
        steps: Vec<(&'static str, String)>,
        allows_unseen: bool,
        unsaved: Vec<UnsavedScript>,
    },
    Autogenerate {
        #[serde(flatten)]
        place: Place,
        options: RevisionOptions,
    },
}

/// The options of `alembic revision`, with the names of its function.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RevisionOptions {
    pub message: Option<String>,
    pub head: Vec<String>,
    pub splice: bool,
    pub branch_label: Option<Vec<String>>,
    pub version_path: Option<PathBuf>,
    pub rev_id: Option<String>,
    pub depends_on: Option<Vec<String>>,
}

/// A script that has no file yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsavedScript {
    /// The file that it is written to later.
    pub path: PathBuf,
    pub text: String,
}

/// Something that the process did.
#[derive(Debug)]
pub enum ScriptEvent {
    Output(OutputLine),
    Message(Message),
    /// It has ended, and why.
    Exited(Error),
}

/// A line that the process printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputLine {
    pub text: String,
    pub is_error: bool,
}

impl OutputLine {
    /// Whether Alembic logs the steps with this line.
    #[must_use]
    pub fn is_alembic_log(&self) -> bool {
        let Self { text: line, .. } = self;
        line.split_whitespace().any(|word| word == "[alembic.runtime.migration]")
    }
}

/// An event of the process.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Message {
    /// The request has been carried out.
    Done,
    Failed(PythonFailure),
    Url(ConnectionParameters),
    Versions(Versions),
    /// A connection that is not redirected, by the module of its driver.
    Unseen {
        driver: String,
    },
    /// What Alembic has written.
    Written {
        scripts: Vec<UnsavedScript>,
    },
}

impl Message {
    pub(super) fn read(line: &str) -> Result<Self> {
        serde_json::from_str(line)
            .map_err(|error| Error::new("the project's Python sent an event that limbeck does not know").because(error))
    }
}

/// The versions of what runs the scripts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Versions {
    pub python: String,
    pub alembic: String,
    pub sqlalchemy: String,
}

/// The parameters with which `env.py` connects.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct ConnectionParameters {
    /// The name of the driver.
    pub driver: String,
    /// As the driver takes them. They contain a password.
    pub parameters: BTreeMap<String, String>,
}

impl std::fmt::Debug for ConnectionParameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionParameters").field("driver", &self.driver).finish_non_exhaustive()
    }
}

impl ConnectionParameters {
    /// The connection string, which contains a password.
    #[must_use]
    pub fn connection_string(&self) -> String {
        let names = [
            ("host", "host"),
            ("hostaddr", "hostaddr"),
            ("port", "port"),
            ("user", "user"),
            ("password", "password"),
            ("dbname", "dbname"),
            ("database", "dbname"),
            ("sslmode", "sslmode"),
            ("ssl", "sslmode"),
            ("sslrootcert", "sslrootcert"),
            ("sslcert", "sslcert"),
            ("sslkey", "sslkey"),
            ("options", "options"),
            ("service", "service"),
            ("connect_timeout", "connect_timeout"),
            ("target_session_attrs", "target_session_attrs"),
        ];
        let mut text = self.parameters.get("dsn").cloned().unwrap_or_default();
        for (given, name) in names {
            let Some(value) = self.parameters.get(given) else { continue };
            // asyncpg takes a truth value, too.
            let value = match (given, value.as_str()) {
                ("ssl", "True") => "require",
                ("ssl", "False") => "disable",
                (_, value) => value,
            };
            let quoted = value.replace('\\', "\\\\").replace('\'', "\\'");
            text.extend([" ", name, "='", &quoted, "'"]);
        }
        text.trim().to_owned()
    }
}

/// An exception of the project's code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PythonFailure {
    /// The name of the exception's class.
    pub kind: String,
    pub message: String,
    /// Whether the database or its driver raised it.
    pub is_database_error: bool,
    /// The module that cannot be imported.
    pub missing_module: Option<String>,
    pub traceback: String,
    /// The innermost line of the project's own code.
    pub path: Option<PathBuf>,
    pub line: Option<usize>,
}

impl PythonFailure {
    /// The error, with the place in the project's code. `command` is the interpreter.
    #[must_use]
    pub fn into_error(self, command: &str) -> Error {
        let first = self.message.lines().next().unwrap_or_default();
        let message = match (first, self.kind.as_str()) {
            ("", kind) => kind.to_owned(),
            (message, "RuntimeError" | "MissingFunction") => message.to_owned(),
            (status, "SystemExit") => format!("the code called exit({status})"),
            (message, kind) => format!("{kind}: {message}"),
        };
        let place = match (&self.path, self.line) {
            (Some(path), Some(line)) => format!("{}:{line}: ", display_path(path)),
            (Some(path), None) => format!("{}: ", display_path(path)),
            (None, _) => String::new(),
        };
        let mut error = Error::new(format!("{place}{message}"));
        if let Some(path) = &self.path {
            error = error.hint(format!("correct {}, then run the command again", display_path(path)));
        }
        error.line = self.line;
        for line in self.message.lines().skip(1).filter(|line| !line.trim().is_empty()) {
            error = error.because(line.trim());
        }
        let error = error.because(format!("the interpreter is {command}"));
        match self.missing_module.as_deref().map(|module| module.split('.').next().unwrap_or_default()) {
            Some("alembic" | "sqlalchemy") => error.hint(
                "install Alembic in the project's environment, or set python under [alembic] in limbeck.toml to the interpreter that has it",
            ),
            Some(module) => error.hint(format!(
                "install {module} in the project's environment, or add its folder to prepend_sys_path in alembic.ini"
            )),
            None if self.path.is_some() => error,
            None => error.hint("run `alembic current` with this interpreter to see the whole traceback"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read() {
        for (line, expected) in [
            (r#"{"event": "done"}"#, "Done"),
            (r#"{"event": "unseen", "driver": "psycopg2"}"#, "Unseen"),
            (r#"{"event": "versions", "python": "3.12.1", "alembic": "1.20", "sqlalchemy": "2.0"}"#, "Versions"),
            (r#"{"event": "url", "driver": "psycopg2", "parameters": {"password": "secret"}}"#, "Url"),
        ] {
            let shown = format!("{:?}", Message::read(line).unwrap());
            assert!(shown.starts_with(expected) && !shown.contains("secret"), "{shown}");
        }
        assert!(Message::read("{}").is_err());
    }

    #[test]
    fn the_connection_string_has_the_parameters_of_every_driver() {
        for (parameters, expected) in [
            (&[("host", "h"), ("dbname", "d"), ("password", "a'b\\c")][..], r"host='h' password='a\'b\\c' dbname='d'"),
            (&[("database", "d"), ("ssl", "True"), ("port", "5433")], "port='5433' dbname='d' sslmode='require'"),
            (&[("dsn", "host=x"), ("user", "u"), ("application_name", "a")], "host=x user='u'"),
            (&[], ""),
        ] {
            let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let parameters = ConnectionParameters { driver: String::new(), parameters };
            assert_eq!(parameters.connection_string(), expected);
        }
    }

    #[test]
    fn a_failure_names_the_line_and_the_interpreter() {
        let failure = |kind: &str, message: &str, missing: Option<&str>| PythonFailure {
            kind: kind.into(),
            message: message.into(),
            is_database_error: false,
            missing_module: missing.map(str::to_owned),
            traceback: String::new(),
            path: Some("/p/env.py".into()),
            line: Some(7),
        };
        for (failure, message, hint) in [
            (failure("KeyError", "'URL'", None), "/p/env.py:7: KeyError: 'URL'", Some("correct /p/env.py")),
            (failure("NotImplementedError", "", None), "/p/env.py:7: NotImplementedError", Some("correct /p/env.py")),
            (
                failure("ModuleNotFoundError", "No module named 'app'", Some("app.db")),
                "/p/env.py:7: ModuleNotFoundError: No module named 'app'",
                Some("install app in"),
            ),
            (
                failure("ModuleNotFoundError", "No module named 'alembic'", Some("alembic")),
                "/p/env.py:7: ModuleNotFoundError: No module named 'alembic'",
                Some("install Alembic in"),
            ),
        ] {
            let error = failure.into_error("uv run python");
            assert_eq!(error.message, message);
            assert_eq!(error.causes, ["the interpreter is uv run python"]);
            assert!(error.hint.unwrap_or_default().starts_with(hint.unwrap_or("correct /p/env.py, then run")));
        }
    }
}
