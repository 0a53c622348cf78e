//! Lists the backups of a project.

use std::path::PathBuf;
use std::time::Duration;

use super::record::BackupRecord;
use crate::engine::project::Project;
use crate::engine::{Error, Result};

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ListedBackup {
    pub path: PathBuf,
    pub bytes: u64,
    pub checksum: ChecksumState,
    /// How long ago it was made, if that is known.
    #[serde(skip)]
    pub age: Option<Duration>,
    /// `None` when it has no file with its properties that can be read.
    #[serde(flatten)]
    pub record: Option<BackupRecord>,
}

/// What is known about the checksum of a backup without reading the backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecksumState {
    /// The checksum exists and the size of the file is correct. The checksum is verified before a restore.
    Recorded,
    /// The file does not have the recorded size.
    WrongSize,
    Missing,
}

impl ChecksumState {
    /// The state in one or two words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::WrongSize => "wrong size",
            Self::Missing => "missing",
        }
    }
}

/// Returns the backups in the project's folder, the newest first.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(project: &Project) -> Result<Vec<ListedBackup>> {
    let folder = super::folder(project)?;
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::new(format!("cannot read {}", folder.display())).because(error)),
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut found: Vec<ListedBackup> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "dump")).filter_map(read_backup).collect();
    let at = |listed: &ListedBackup| listed.record.as_ref().map(|record| record.at.clone());
    found.sort_by(|one, other| at(other).cmp(&at(one)).then_with(|| other.path.cmp(&one.path)));
    Ok(found)
}

fn read_backup(path: PathBuf) -> Option<ListedBackup> {
    let bytes = std::fs::metadata(&path).ok()?.len();
    let record = BackupRecord::read(&path).ok().flatten();
    let checksum = match &record {
        None => ChecksumState::Missing,
        Some(record) if record.bytes != bytes => ChecksumState::WrongSize,
        Some(_) => ChecksumState::Recorded,
    };
    let made = record.as_ref().and_then(|record| record.at.parse::<jiff::Timestamp>().ok());
    let age = made.map(|made| jiff::Timestamp::now().duration_since(made).unsigned_abs());
    Some(ListedBackup { path, bytes, checksum, age, record })
}
