//! What every command needs: the project, its scripts, its database, and a runtime.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use super::exit::{Exit, Failure};
use super::options::Global;
use super::output::json::WrittenDocument;
use super::output::listing::absolute;
use super::terminal::Terminal;
use crate::core::graph::RevisionId;
use crate::engine::connection::Variables;
use crate::engine::draft::WrittenScript;
use crate::engine::open::open;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::state::status::{DatabaseStatus, read_status};
use crate::engine::{ConnectOptions, Error, Result, Target};

/// The global options of one invocation, and what is derived from them.
#[derive(Debug)]
pub struct Context {
    pub global: Global,
    pub terminal: Terminal,
    definition: fn() -> clap::Command,
    runtime: OnceCell<Runtime>,
}

impl Context {
    /// Creates the context; reads and starts nothing. `definition` returns the definition of the whole command line,
    /// for `completions` and `man`.
    #[must_use]
    pub fn new(global: Global, definition: fn() -> clap::Command) -> Self {
        Self { terminal: Terminal::new(&global), global, definition, runtime: OnceCell::new() }
    }

    /// Returns the definition of the whole command line.
    #[must_use]
    pub fn definition(&self) -> clap::Command {
        (self.definition)()
    }

    /// Opens the project that the options specify, or the one found from the working directory.
    ///
    /// # Errors
    /// If there is no project or it cannot be read.
    pub fn open_project(&self) -> Result<Project> {
        let directory = working_directory()?;
        let section = self.global.name.as_deref();
        Project::open_section(self.global.config.as_deref(), &directory, variables(), section)
    }

    /// Opens the project and reads its scripts.
    ///
    /// # Errors
    /// As [`Self::open_project`].
    pub fn read_scripts(&self) -> Result<(Project, ScriptTree)> {
        let project = self.open_project()?;
        let tree = project.read_scripts();
        Ok((project, tree))
    }

    /// Returns the options that select the database.
    #[must_use]
    pub fn connect_options(&self) -> ConnectOptions {
        ConnectOptions {
            environment: self.global.env.clone(),
            database_url: self.global.database_url.clone(),
            embedded: self.global.embedded,
            yes: self.global.yes,
        }
    }

    /// Finds the target database. Prints warnings about the files that specify it.
    ///
    /// # Errors
    /// If no database is specified, or the embedded server does not start.
    pub async fn find_target(&self, project: &Project) -> Result<Target> {
        let target = match open(project, &self.connect_options()).await {
            // Only env.py knows the database.
            Err(error) if error.needs_consent.is_some() => {
                if self.allow_python(project).is_err() {
                    return Err(error);
                }
                open(project, &self.connect_options()).await?
            }
            opened => opened?,
        };
        for warning in target.conninfo().warnings() {
            self.terminal.print_warning(warning);
        }
        Ok(target)
    }

    /// Reads the heads from the database.
    ///
    /// # Errors
    /// If no database is specified, it does not answer, or its version table has faulty rows.
    pub fn read_heads(&self, project: &Project) -> Result<Vec<RevisionId>> {
        self.read_status(project)?.certain_heads()
    }

    /// Reads the state of the database. Faulty rows of the version table are no error.
    ///
    /// # Errors
    /// If no database is specified or it does not answer.
    pub fn read_status(&self, project: &Project) -> Result<DatabaseStatus> {
        self.block_on(async {
            let target = self.find_target(project).await?;
            let session = target.connect("limbeck status").await?;
            read_status(project, &session).await
        })?
    }

    /// Returns the revisions that the database has applied. If no database answers, prints a note and returns `None`.
    #[must_use]
    pub fn applied_revisions(&self, project: &Project, tree: &ScriptTree) -> Option<HashSet<RevisionId>> {
        match self.read_heads(project) {
            Ok(heads) => Some(tree.graph.ancestors(&heads)),
            Err(error) => {
                self.terminal.print_note(&format!("note: \"applied\" is unknown: {error}"));
                None
            }
        }
    }

    /// Runs a future to completion. The first call starts the runtime.
    ///
    /// # Errors
    /// If the runtime cannot start.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output> {
        if self.runtime.get().is_none() {
            // With one thread, the waiting thread reads the server's answer itself; no other thread has to wake up.
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| Error::new("the async runtime cannot start").because(error))?;
            // `set` cannot fail: the cell is empty, and a context is not shared between threads.
            let _ = self.runtime.set(runtime);
        }
        let runtime = self.runtime.get().ok_or_else(|| Error::new("the async runtime cannot start"))?;
        Ok(runtime.block_on(future))
    }

    /// Prints the scripts that could not be read after a listing, and returns the exit code.
    #[must_use]
    pub fn finish_listing(&self, tree: &ScriptTree) -> Exit {
        for problem in &tree.problems {
            self.terminal.print_error(&problem.to_error());
        }
        if tree.problems.is_empty() { Exit::Done } else { Exit::Failed }
    }

    /// Reports a script that was written.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn report_written(&self, written: &WrittenScript) -> Result<Exit, Failure> {
        if self.terminal.json {
            self.terminal.print_document(&WrittenDocument::from(written))?;
        } else {
            self.terminal.print_change(&format!("Generating {} ...  done", absolute(&written.path).display()))?;
        }
        for note in &written.notes {
            self.terminal.print_warning(note);
        }
        Ok(Exit::Done)
    }

    /// Prints an error the way every command does, and returns its exit code.
    #[must_use]
    pub fn report(&self, error: Error) -> Exit {
        self.terminal.report_failure(&Failure::from(error))
    }

    /// Prints a screen of the UI, for `--print`.
    #[must_use]
    pub fn print_screen(&self, screen: &str) -> Exit {
        self.terminal
            .print_screen(screen)
            .map_or_else(|failure| self.terminal.report_failure(&failure), |()| Exit::Done)
    }
}

/// The environment variables and the home directory of this process.
#[must_use]
pub fn variables() -> Variables {
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Variables { environment: environment.collect(), home: std::env::home_dir() }
}

/// The working directory.
///
/// # Errors
/// If it was removed or cannot be read.
pub fn working_directory() -> Result<std::path::PathBuf> {
    std::env::current_dir().map_err(|error| Error::new("the working directory cannot be read").because(error))
}
