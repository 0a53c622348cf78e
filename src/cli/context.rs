//! What every command needs: the project, its scripts, its database, and a runtime to wait on.

use std::cell::OnceCell;
use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use super::arguments::Global;
use super::exit::Exit;
use super::terminal::Terminal;
use crate::engine::connection::Variables;
use crate::engine::open::open;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::state::status::{DatabaseStatus, read_status};
use crate::engine::{ConnectOptions, Error, ErrorKind, Result, Target};

/// The options that hold for every command, and what follows from them.
pub struct Context {
    pub global: Global,
    pub terminal: Terminal,
    runtime: OnceCell<Runtime>,
}

impl Context {
    /// A context for one command; nothing is read or started yet.
    #[must_use]
    pub fn new(global: Global) -> Self {
        Self { terminal: Terminal::new(&global), global, runtime: OnceCell::new() }
    }

    /// Opens the project that the options or the working directory name.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn project(&self) -> Result<Project> {
        if self.global.name.is_some() {
            let message = "--name is a section of alembic.ini, and this version does not open Alembic projects yet";
            return Err(
                Error::of(ErrorKind::Usage, message).hint("leave it out; -e names an environment of limbeck.toml")
            );
        }
        let directory = working_directory()?;
        Project::open(self.global.config.as_deref(), &directory, variables())
    }

    /// Opens the project and reads its scripts.
    ///
    /// # Errors
    /// As [`Self::project`].
    pub fn scripts(&self) -> Result<(Project, ScriptTree)> {
        let project = self.project()?;
        let tree = project.read_scripts();
        Ok((project, tree))
    }

    /// Where the database is, as the options say.
    #[must_use]
    pub fn connect_options(&self) -> ConnectOptions {
        ConnectOptions {
            environment: self.global.env.clone(),
            database_url: self.global.database_url.clone(),
            embedded: self.global.embedded,
            yes: self.global.yes,
        }
    }

    /// Finds out where the database is, and passes on what is odd about the files that say it.
    ///
    /// # Errors
    /// When nothing says it, or the embedded server does not start.
    pub async fn target(&self, project: &Project) -> Result<Target> {
        let target = open(project, &self.connect_options()).await?;
        for warning in target.conninfo().warnings() {
            self.terminal.warn(warning);
        }
        Ok(target)
    }

    /// Asks the database for its heads.
    ///
    /// # Errors
    /// When there is no database to ask or it does not answer.
    pub fn status(&self, project: &Project) -> Result<DatabaseStatus> {
        self.wait(async {
            let target = self.target(project).await?;
            let session = target.connect("limbeck status").await?;
            read_status(project, &session).await
        })?
    }

    /// Waits for a future; the runtime starts with the first.
    ///
    /// # Errors
    /// When the runtime cannot start.
    pub fn wait<F: Future>(&self, future: F) -> Result<F::Output> {
        if self.runtime.get().is_none() {
            // On one thread an answer of the server is taken by the thread that waits for it, without waking another.
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| Error::new("the runtime cannot start").because(error))?;
            // Nobody else can have set it in between: a context stays on its thread.
            let _ = self.runtime.set(runtime);
        }
        self.runtime.get().map(|runtime| runtime.block_on(future)).ok_or_else(|| Error::new("the runtime cannot start"))
    }

    /// How a listing ends: the scripts that could not be read are reported, the rest was listed.
    #[must_use]
    pub fn finish_listing(&self, tree: &ScriptTree) -> Exit {
        for problem in &tree.problems {
            self.terminal.error(&problem.to_error());
        }
        if tree.problems.is_empty() { Exit::Done } else { Exit::Failed }
    }
}

/// The environment and the home directory of this process.
#[must_use]
pub fn variables() -> Variables {
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Variables { environment: environment.collect(), home: std::env::home_dir() }
}

/// The working directory.
///
/// # Errors
/// When it was removed or cannot be read.
pub fn working_directory() -> Result<std::path::PathBuf> {
    std::env::current_dir().map_err(|error| Error::new("the working directory cannot be read").because(error))
}
