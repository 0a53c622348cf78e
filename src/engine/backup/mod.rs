//! Backups: the whole database in a file of `pg_dump`, with a checksum file next to it, and their restore.

mod before;
mod child;
mod list;
mod make;
mod program;
mod record;
mod restore;

use std::path::PathBuf;
use std::time::Duration;

pub use before::{back_up_before, is_required, loses_data};
pub use list::{ChecksumState, ListedBackup, list};
pub use make::{MakeOptions, make};
pub use record::BackupRecord;
pub use restore::{RestoreOptions, RestoreResult, restore};

use super::Result;
use super::connection::{HostEnvironment, project_folder_name};
use super::project::Project;
use crate::engine::Error;

/// Reported while a backup is made or restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupEvent {
    /// A sentence about the operation that starts.
    Starting(String),
    /// The checksum of the file is verified.
    Verifying { bytes: u64 },
    Working {
        /// The number of completed tables.
        tables: usize,
        /// The number of all tables, as far as it is known.
        of: usize,
        /// The number of bytes written; 0 for a restore.
        bytes: u64,
        elapsed: Duration,
    },
    /// A note that does not stop the operation.
    Note(String),
    /// The operation was cancelled, but the program has not ended yet.
    Cancelling,
}

/// The function that receives the events.
pub type BackupReporter<'a> = &'a (dyn Fn(BackupEvent) + Send + Sync);

/// The folder of a project's backups: `$XDG_DATA_HOME/limbeck/backups/<project>`.
///
/// # Errors
/// When neither `XDG_DATA_HOME` nor `HOME` is set.
pub fn folder(project: &Project) -> Result<PathBuf> {
    let environment = HostEnvironment::of_process();
    let base = environment.data_home.or_else(|| Some(environment.home?.join(".local/share")));
    let base = base.ok_or_else(|| {
        Error::new("there is no folder for backups: neither XDG_DATA_HOME nor HOME is set")
            .hint("set the file with --output")
    })?;
    Ok(base.join("limbeck/backups").join(project_folder_name(&project.config_path)))
}
