//! The versions of Python and of the packages that limbeck needs.

use std::time::Duration;

use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::Interpreter;
use crate::engine::files::SIZE_LIMIT;
use crate::engine::process::{self, ProcessRequest};
use crate::engine::project::Project;
use crate::engine::{Error, Result};

const SCRIPT: &str = include_str!("../../../assets/python/versions.py");
/// `uv run` may install the project's dependencies first.
const TIME_LIMIT: Duration = Duration::from_mins(2);

/// The versions. `None`: the package is not installed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PythonVersions {
    pub python: String,
    pub alembic: Option<String>,
    pub sqlalchemy: Option<String>,
}

impl PythonVersions {
    /// Asks the interpreter. The caller has checked that the user allows it to run.
    ///
    /// # Errors
    /// If the interpreter cannot be started or fails.
    pub async fn read(project: &Project, interpreter: &Interpreter) -> Result<Self> {
        let command: Vec<String> = interpreter.command.iter().cloned().chain(["-".to_owned()]).collect();
        let request = ProcessRequest {
            command: &command,
            folder: project.root(),
            input: SCRIPT,
            time_limit: TIME_LIMIT,
            max_output: SIZE_LIMIT,
        };
        let shown = interpreter.shown();
        let section = if project.alembic.is_some() { "[alembic]" } else { "[models] sqlalchemy" };
        let failed = |message: String| {
            Error::new(message)
                .hint(format!("it was found through {}; set python under {section} to use another", interpreter.origin))
        };
        let output = process::run(request, &CancellationToken::new())
            .await
            .map_err(|error| failed(format!("{shown} does not run")).because(error))?;
        if !output.status.success() {
            return Err(output.add_errors_to(failed(format!("{shown} failed: {}", output.status))));
        }
        serde_json::from_slice(&output.printed)
            .map_err(|error| failed(format!("{shown} is not a Python that limbeck can use")).because(error))
    }
}
