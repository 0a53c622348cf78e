//! The embedded server: PostgreSQL's own programs, started for one project and stopped with its last user.
//!
//! Who holds what, all by `flock`, so that the kernel lets go whatever way a process ends:
//!
//! - `users.lock`, shared: every limbeck that uses the server, as long as it does.
//! - `users.lock`, exclusive: the supervisor, once nobody uses the server any more; it then stops the server and ends.
//!   A newcomer waits for the shared lock, so it never sees a server that is about to stop.
//! - `start.lock`, exclusive: whoever looks whether the server runs and starts it.
//! - `supervisor.lock`, exclusive: the supervisor, all its life. Where nobody holds it, the server has no supervisor:
//!   the next one adopts a server that still runs.

mod account;
mod cluster;
mod download;
mod folders;
mod launch;
mod lock;
mod postmaster;
mod supervisor;
mod temporary;

use std::fs::File;
use std::path::{Path, PathBuf};

use super::directories::Surroundings;
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

/// What a start of the embedded server may be told.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    pub surroundings: Surroundings,
    /// The major version; default: the newest at hand for which the project has data, else the newest at hand.
    pub major: Option<u32>,
    /// The program that knows how to supervise (see [`supervise`]); default: the one that runs.
    pub supervisor: Option<PathBuf>,
    /// Download PostgreSQL's programs where there are none (`--yes`).
    pub download: bool,
}

impl EmbeddedOptions {
    /// The options of this process.
    #[must_use]
    pub fn of_process(download: bool) -> Self {
        Self { surroundings: Surroundings::of_process(), major: None, supervisor: None, download }
    }
}

/// A running embedded server and this process's claim on it; dropped, the claim ends.
#[derive(Debug)]
pub struct EmbeddedServer {
    folders: Folders,
    programs: Programs,
    supervisor: PathBuf,
    socket_folder: PathBuf,
    port: u16,
    is_new: bool,
    /// Held for its lock.
    _user: File,
}

impl EmbeddedServer {
    /// Makes the project's server where there is none, starts it where it does not run, and claims it. Returns once
    /// it accepts connections.
    ///
    /// # Errors
    /// When there are no programs, when one of the folders cannot be made or belongs to somebody else, or when the
    /// server does not start: then the causes hold the end of its log.
    pub async fn start(config_path: &Path, options: &EmbeddedOptions) -> Result<Self> {
        let (config_path, options) = (config_path.to_owned(), options.clone());
        if options.download && options.surroundings.postgres_programs.is_none() {
            let looked = options.clone();
            if in_thread(move || Ok(Programs::find(&looked.surroundings, looked.major).is_err())).await? {
                download::download(&options).await?;
            }
        }
        in_thread(move || launch::start(&config_path, &options)).await
    }

    /// The folder of its socket: the `host` to connect to.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// The port, which is part of the socket's name.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser to connect as; no password is asked for.
    #[must_use]
    pub fn user(&self) -> &'static str {
        USER
    }

    /// The database to connect to.
    #[must_use]
    pub fn database(&self) -> &'static str {
        DATABASE
    }

    /// A connection string for all of this.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgresql://{USER}@/{DATABASE}?host={}&port={}", self.socket_folder.display(), self.port)
    }

    /// The version of the programs, e.g. `15.18`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.programs.version
    }

    /// PostgreSQL's programs of the server's own version, e.g. for `pg_dump`.
    #[must_use]
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folders.log()
    }

    /// Whether the database was made just now, or by a limbeck that did not get as far as [`Self::mark_ready`]: it is
    /// then to be brought to `embedded_at`. Two limbecks that start at once may both be told so.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Notes that the new database has been brought to where the project wants it.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn mark_ready(&self) -> Result<()> {
        let path = self.folders.ready();
        std::fs::write(&path, "").map_err(|error| folders::failed("write", &path, &error))
    }
}

impl Drop for EmbeddedServer {
    fn drop(&mut self) {
        // A supervisor that was killed cannot stop the server: another one takes its place while this claim stands.
        let data = self.folders.data();
        if !lock::is_held(&self.folders.supervisor_lock()) && Postmaster::running(&data).is_some() {
            launch::spawn_supervisor(&self.folders, &self.programs, &self.supervisor).ok();
        }
    }
}

/// Runs blocking work on a thread of its own, so that a caller who gives up does not wait for it.
async fn in_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let run = move || drop(sender.send(work()));
    std::thread::Builder::new()
        .name("embedded server".to_owned())
        .spawn(run)
        .map_err(|error| Error::new("the embedded server was not started").because(error))?;
    receiver.await.unwrap_or_else(|_| Err(Error::new("the embedded server's start ended without an answer")))
}
