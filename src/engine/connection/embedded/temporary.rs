//! A server of one use: in a folder of its own, removed with everything in it once the server has stopped.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::file_error::file_error;
use super::folders::Folders;
use super::lock::{self, Mode};
use super::postmaster::Postmaster;
use super::supervisor::STOP_SECONDS;
use super::{EmbeddedOptions, EmbeddedServer, HostEnvironment, download, in_thread, launch};
use crate::engine::connection::programs::Programs;
use crate::engine::{Error, Result};

/// A server that has to be stopped by force is waited for, too.
const STOP: Duration = Duration::from_secs(2 * STOP_SECONDS);
/// How long it rests between two looks.
const STEP: Duration = Duration::from_millis(10);

impl EmbeddedServer {
    /// Makes and starts a server that no project has. It is removed by [`Self::remove`], or swept by a later call
    /// once its process is gone. `name` tells it from others.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn temporary(name: &str, options: &EmbeddedOptions) -> Result<Self> {
        let (name, mut options) = (name.to_owned(), options.clone());
        let wanted = options.major;
        if options.download && Programs::find(&options.surroundings, wanted).is_err() {
            download::download(&options).await?;
        }
        in_thread(move || {
            let programs = Programs::find(&options.surroundings, wanted)?;
            let all = folder_of_all(&options.surroundings)?;
            sweep(&all, &options.surroundings);
            options.surroundings.data = Some(all);
            options.surroundings.postgres_programs = Some(programs.folder);
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
                    return Err(Error::new("the temporary server does not stop")
                        .because(format!("its files are in {}", folders.server.display())));
                }
                std::thread::sleep(STEP);
            }
            clear(&folders)
        })
        .await
    }
}

/// The folder of all temporary servers; the projects' own folders have other names.
fn folder_of_all(surroundings: &HostEnvironment) -> Result<PathBuf> {
    Ok(surroundings.data_folder()?.join("scratch"))
}

/// Removes what runs that died have left: nobody uses it, and nothing supervises it.
fn sweep(all: &Path, surroundings: &HostEnvironment) {
    let below = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for server in below(all).flat_map(|one| below(&one).collect::<Vec<_>>()) {
        let folders = Folders { socket: surroundings.socket_folder(&server), server, account: None };
        let left = folders.users_lock().exists() && !lock::is_held(&folders.supervisor_lock());
        let unused = left && matches!(lock::try_take(&folders.users_lock(), Mode::Exclusive), Ok(Some(_)));
        if unused && Postmaster::running(&folders.data()).is_none() {
            // What cannot be removed now is met again by the next run.
            clear(&folders).ok();
        }
    }
}

fn clear(folders: &Folders) -> Result<()> {
    std::fs::remove_dir_all(&folders.socket).ok();
    let own = folders.server.parent().unwrap_or(&folders.server);
    std::fs::remove_dir_all(own).map_err(|error| file_error("remove", own, &error))
}
