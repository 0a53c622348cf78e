//! What comes before the UI: the project that it opens, made first where there is none and a person wants it.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use super::arguments::Ui;
use super::context::{Context, working_directory};
use super::exit::Exit;
use crate::engine::init::init;
use crate::engine::project::Project;
use crate::engine::{Error, ErrorKind, Result};

/// The folder that a new project is made in, below the working directory.
const FOLDER: &str = "migrations";

/// The project for the UI. Where there is none, a person at a terminal is asked whether to make one.
///
/// # Errors
/// With the exit code, once it is said that there is none, or that one cannot be read or made.
pub fn project_for_ui(context: &Context, ui: &Ui) -> Result<Project, Exit> {
    let report = |error: Error| context.terminal.failure(&error.into());
    let missing = match context.project() {
        Err(error) if error.kind == ErrorKind::NoProject && can_make(context, ui) => error,
        answer => return answer.map_err(report),
    };
    let directory = working_directory().map_err(report)?.join(FOLDER);
    let no = report(missing);
    if !wanted(&directory).map_err(report)? {
        return Err(no);
    }
    let made = init(&directory, "generic").map_err(report)?;
    for path in made {
        context.terminal.note(&format!("Generating {} ...  done", path.display()));
    }
    context.project().map_err(report)
}

/// Only somebody who sees the question and can answer it is asked, and nothing is written for `--read-only`.
fn can_make(context: &Context, ui: &Ui) -> bool {
    ui.first_given().is_none() && context.terminal.can_ask() && io::stdout().is_terminal()
}

/// Asks; Enter alone is a no.
fn wanted(directory: &Path) -> Result<bool> {
    let failed = |error: io::Error| Error::new("the answer cannot be read").because(error);
    let mut typed = String::new();
    let mut err = io::stderr().lock();
    write!(err, "Make a project in {}? [y/N] ", directory.display()).map_err(failed)?;
    err.flush().map_err(failed)?;
    io::stdin().lock().read_line(&mut typed).map_err(failed)?;
    Ok(matches!(typed.trim().to_lowercase().as_str(), "y" | "yes"))
}
