//! Temporary servers: each has its own folder, which is removed after the server has stopped.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::file_error::file_error;
use super::folders::Folders;
use super::lock::{self, LockMode};
use super::postmaster::Postmaster;
use super::supervisor::STOP_SECONDS;
use super::{EmbeddedOptions, EmbeddedServer, HostEnvironment, download, in_thread, launch};
use crate::engine::connection::programs::Programs;
use crate::engine::{Error, Result};

/// How long to wait for the server to stop, also when it must be killed.
const STOP: Duration = Duration::from_secs(2 * STOP_SECONDS);
/// The interval between two checks.
const STEP: Duration = Duration::from_millis(10);

impl EmbeddedServer {
    /// Creates and starts a server that belongs to no project. [`Self::remove`] removes it; a later call of this
    /// function removes it if its process has ended. `name` must be unique.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn temporary(name: &str, options: &EmbeddedOptions) -> Result<Self> {
        let (name, mut options) = (name.to_owned(), options.clone());
        let major = options.major;
        if options.download && Programs::find(&options.environment, major).is_err() {
            download::download(&options).await?;
        }
        in_thread(move || {
            let programs = Programs::find(&options.environment, major)?;
            let all = temporary_servers_folder(&options.environment)?;
            remove_abandoned(&all, &options.environment);
            options.environment.data = Some(all);
            options.environment.postgres_programs = Some(programs.folder);
            launch::start(&Path::new("/").join(name).join("limbeck.toml"), &options)
        })
        .await
    }

    /// Stops a temporary server and removes its files.
    ///
    /// # Errors
    /// When it does not stop in time, or a file cannot be removed.
    pub async fn remove(self) -> Result<()> {
        let folders = self.folders.clone();
        drop(self);
        in_thread(move || {
            let end = Instant::now() + STOP;
            while lock::is_held(&folders.supervisor_lock()) || Postmaster::running(&folders.data()).is_some() {
                if Instant::now() >= end {
                    return Err(Error::new("the temporary server did not stop in time")
                        .because(format!("its files are in {}", folders.server.display())));
                }
                std::thread::sleep(STEP);
            }
            remove_files(&folders)
        })
        .await
    }
}

/// The folder of all temporary servers. No folder of a project has this name.
fn temporary_servers_folder(environment: &HostEnvironment) -> Result<PathBuf> {
    Ok(environment.data_folder()?.join("scratch"))
}

/// Removes the servers of killed processes: no process uses them, and they have no supervisor.
fn remove_abandoned(all: &Path, environment: &HostEnvironment) {
    let below = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for server in below(all).flat_map(|one| below(&one).collect::<Vec<_>>()) {
        let folders = Folders { socket: environment.socket_folder(&server), server, account: None };
        let left = folders.users_lock().exists() && !lock::is_held(&folders.supervisor_lock());
        let unused = left && matches!(lock::try_take(&folders.users_lock(), LockMode::Exclusive), Ok(Some(_)));
        if unused && Postmaster::running(&folders.data()).is_none() {
            // The next run tries again to remove it.
            remove_files(&folders).ok();
        }
    }
}

/// Removes the files of a server.
fn remove_files(folders: &Folders) -> Result<()> {
    std::fs::remove_dir_all(&folders.socket).ok();
    let own = folders.server.parent().unwrap_or(&folders.server);
    std::fs::remove_dir_all(own).map_err(|error| file_error("remove", own, &error))
}
