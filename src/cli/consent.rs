//! The user's consent to run the project's code: `--yes`, an earlier consent, or an answer on the terminal.

use super::context::Context;
use super::prompt;
use crate::engine::models;
use crate::engine::project::Project;
use crate::engine::python::{self, Interpreter};
use crate::engine::{Error, ErrorKind, Result};

impl Context {
    /// Makes sure that limbeck may run the project's Python.
    ///
    /// # Errors
    /// If there is no Python. Of kind `Approval` if there is no consent, and the user cannot be asked or answers no.
    pub fn allow_python(&self, project: &Project) -> Result<()> {
        let interpreter = Interpreter::find(project)?;
        self.require_consent(|given| python::require_consent(project, &interpreter, given))
    }

    /// Makes sure that limbeck may run the project's scripts: Python needs consent, SQL does not.
    ///
    /// # Errors
    /// As [`Self::allow_python`].
    pub fn allow_scripts(&self, project: &Project) -> Result<()> {
        if project.alembic.is_some() { self.allow_python(project) } else { Ok(()) }
    }

    /// Makes sure that limbeck may run the program or the Python that prints the models' DDL, if there is one.
    ///
    /// # Errors
    /// As [`Self::allow_python`].
    pub fn allow_models(&self, project: &Project) -> Result<()> {
        self.require_consent(|given| models::require_consent(project, given))
    }

    fn require_consent(&self, require: impl Fn(bool) -> Result<()>) -> Result<()> {
        let error = match require(self.global.yes) {
            Err(error) if self.terminal.can_ask() => error,
            result => return result,
        };
        let Some(command) = error.needs_consent.clone() else { return Err(error) };
        let words = shell_words::join(command.words());
        let question = format!("Allow limbeck to run {words} for this project?");
        let lines = std::iter::once(error.message).chain(error.causes);
        if prompt::ask_yes_or_no(lines, &question)? {
            return require(true);
        }
        Err(Error {
            needs_consent: Some(command),
            ..Error::of(ErrorKind::Approval, format!("{words} was not allowed to run; nothing was run"))
        }
        .hint("run the command again to be asked again"))
    }
}
