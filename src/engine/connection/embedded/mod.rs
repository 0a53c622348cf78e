//! The embedded server: PostgreSQL's own programs, started for one project and stopped after its last user.
//!
//! All locks use `flock`, so the kernel releases them when a process ends, also when it is killed:
//!
//! - `users.lock`, shared: every limbeck process that uses the server.
//! - `users.lock`, exclusive: the supervisor, when no process uses the server any more. It then stops the server and
//!   ends. A new process waits for the shared lock, so it never sees a server that is stopping.
//! - `start.lock`, exclusive: the process that checks whether the server runs, and starts it.
//! - `supervisor.lock`, exclusive: the supervisor, until it ends. If no process holds it, the server has no supervisor;
//!   a new supervisor adopts a running server.

mod account;
mod cluster;
mod download;
mod file_error;
mod folders;
mod launch;
mod lock;
mod postmaster;
mod supervisor;
mod temporary;

use std::fs::File;
use std::path::{Path, PathBuf};

use super::directories::HostEnvironment;
use super::programs::Programs;
use crate::engine::{Error, Result};
use folders::Folders;
use postmaster::Postmaster;

pub use download::download;
pub use supervisor::supervise;

/// The superuser of every embedded server.
const USER: &str = "postgres";
/// The database of every embedded server.
const DATABASE: &str = "limbeck";

/// How to start the embedded server.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    pub environment: HostEnvironment,
    /// The major version. Default: the newest installed version for which the project has data, or the newest installed
    /// version.
    pub major: Option<u32>,
    /// The program that can run [`supervise`]. Default: the running program.
    pub supervisor: Option<PathBuf>,
    /// Whether to download PostgreSQL's programs when they are not installed (`--yes`).
    pub download: bool,
}

impl EmbeddedOptions {
    /// The options of this process.
    #[must_use]
    pub fn of_process(download: bool) -> Self {
        Self { environment: HostEnvironment::of_process(), major: None, supervisor: None, download }
    }
}

/// A running embedded server that this process uses. It may stop after this value is dropped.
#[derive(Debug)]
pub struct EmbeddedServer {
    folders: Folders,
    programs: Programs,
    supervisor: PathBuf,
    socket_folder: PathBuf,
    port: u16,
    is_new: bool,
    /// Keeps the lock while the server is used.
    _user: File,
}

impl EmbeddedServer {
    /// Creates the project's server if it does not exist, starts it if it does not run, and registers this process as a
    /// user. Returns when the server accepts connections.
    ///
    /// # Errors
    /// When PostgreSQL's programs are not installed, when a folder cannot be created or belongs to another user, or
    /// when the server does not start. The causes then contain the end of its log.
    pub async fn start(config_path: &Path, options: &EmbeddedOptions) -> Result<Self> {
        let (config_path, options) = (config_path.to_owned(), options.clone());
        if options.download && options.environment.postgres_programs.is_none() {
            let find_options = options.clone();
            if in_thread(move || Ok(Programs::find(&find_options.environment, find_options.major).is_err())).await? {
                download::download(&options).await?;
            }
        }
        in_thread(move || launch::start(&config_path, &options)).await
    }

    /// The folder of the socket: the `host` of a connection string.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// The port. It is part of the socket's name.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser to connect as. It has no password.
    #[must_use]
    pub fn user(&self) -> &'static str {
        USER
    }

    /// The database to connect to.
    #[must_use]
    pub fn database(&self) -> &'static str {
        DATABASE
    }

    /// A connection string for this server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgresql://{USER}@/{DATABASE}?host={}&port={}", self.socket_folder.display(), self.port)
    }

    /// The version of the programs, for example `15.18`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.programs.version
    }

    /// PostgreSQL's programs of this version, for example for `pg_dump`.
    #[must_use]
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// The server's log file.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folders.log()
    }

    /// Whether the database is new and must be upgraded to `embedded_at`: [`Self::mark_ready`] was never called. When
    /// two limbeck processes start at once, it may be true for both.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Records that the new database was upgraded.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn mark_ready(&self) -> Result<()> {
        let path = self.folders.ready();
        std::fs::write(&path, "").map_err(|error| file_error::file_error("write", &path, &error))
    }
}

impl Drop for EmbeddedServer {
    fn drop(&mut self) {
        // A killed supervisor cannot stop the server. Start another one while this process still holds the lock.
        let data = self.folders.data();
        if !lock::is_held(&self.folders.supervisor_lock()) && Postmaster::running(&data).is_some() {
            launch::spawn_supervisor(&self.folders, &self.programs, &self.supervisor).ok();
        }
    }
}

/// Runs blocking work on its own thread, so that a cancelled caller does not wait for it.
async fn in_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let run = move || drop(sender.send(work()));
    std::thread::Builder::new()
        .name("embedded server".to_owned())
        .spawn(run)
        .map_err(|error| Error::new("the thread for the embedded server could not be started").because(error))?;
    receiver.await.unwrap_or_else(|_| Err(Error::new("the thread for the embedded server ended without a result")))
}
