//! Backups: the whole database in a file of `pg_dump`'s, with its checksum beside it, and the way back.

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
pub use restore::{RestoreOptions, Restored, restore};

use super::Result;
use super::connection::{HostEnvironment, project_folder_name};
use super::project::Project;
use crate::engine::Error;

/// What happens while a backup is made or restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupEvent {
    /// What will be done, in a sentence.
    Starting(String),
    /// The file is read to see that it is as it was written.
    Verifying { bytes: u64 },
    Working {
        /// Tables done.
        tables: usize,
        /// Tables in all, so far as that is known.
        of: usize,
        /// Bytes written; 0 for a restore.
        bytes: u64,
        elapsed: Duration,
    },
    /// What is odd and does no harm.
    Note(String),
    /// Cancelling was asked for; the program has not ended yet.
    Cancelling,
}

/// Where progress is told.
pub type BackupReporter<'a> = &'a (dyn Fn(BackupEvent) + Send + Sync);

/// The folder of a project's backups: `$XDG_DATA_HOME/limbeck/backups/<project>`.
///
/// # Errors
/// When neither `XDG_DATA_HOME` nor `HOME` is set.
pub fn folder(project: &Project) -> Result<PathBuf> {
    let surroundings = HostEnvironment::of_process();
    let base = surroundings.data_home.or_else(|| Some(surroundings.home?.join(".local/share")));
    let base = base.ok_or_else(|| {
        Error::new("there is no place for backups: neither XDG_DATA_HOME nor HOME is set")
            .hint("name the file with --output")
    })?;
    Ok(base.join("limbeck/backups").join(project_folder_name(&project.config_path)))
}
