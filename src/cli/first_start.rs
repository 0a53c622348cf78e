//! The project that the UI opens. If there is none, limbeck offers to create one.

use std::io::{self, IsTerminal};

use super::context::{Context, working_directory};
use super::exit::Exit;
use super::options::Ui;
use super::prompt;
use crate::engine::init::init;
use crate::engine::project::Project;
use crate::engine::{Error, ErrorKind, Result};

/// The folder, in the working directory, in which a new project is created.
const FOLDER: &str = "migrations";

/// Opens the project for the UI. If there is none, asks a user at a terminal whether to create one.
///
/// # Errors
/// The exit code, after the error was printed: there is no project, or it cannot be read or created.
pub fn project_for_ui(context: &Context, ui: &Ui) -> Result<Project, Exit> {
    let report = |error: Error| context.report(error);
    let missing = match context.project() {
        Err(error) if error.kind == ErrorKind::NoProject && can_create(context, ui) => error,
        project => return project.map_err(report),
    };
    let directory = working_directory().map_err(report)?.join(FOLDER);
    let exit = report(missing);
    let question = format!("Create a project in {}?", directory.display());
    if !prompt::ask_yes_or_no([], &question).map_err(report)? {
        return Err(exit);
    }
    for path in init(&directory, "generic").map_err(report)? {
        context.terminal.note(&format!("Generating {} ...  done", path.display()));
    }
    context.project().map_err(report)
}

/// Whether the user can see and answer the question, and did not ask for `--read-only` or `--print`.
fn can_create(context: &Context, ui: &Ui) -> bool {
    ui.first_given().is_none() && context.terminal.can_ask() && io::stdout().is_terminal()
}
