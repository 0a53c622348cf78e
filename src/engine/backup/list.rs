//! The backups of a project.

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
    /// How long ago it was made, so far as that stands beside it.
    #[serde(skip)]
    pub age: Option<Duration>,
    /// `None` where nothing that can be read stands beside it.
    #[serde(flatten)]
    pub record: Option<BackupRecord>,
}

/// What is known of a backup's checksum without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecksumState {
    /// It stands beside the file, and the size is right; it is compared before a restore.
    Recorded,
    /// The file is not as long as it was.
    WrongSize,
    Missing,
}

impl ChecksumState {
    /// In a word or two.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::WrongSize => "wrong size",
            Self::Missing => "missing",
        }
    }
}

/// The backups in the project's folder, the newest first.
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
        paths.filter(|path| path.extension().is_some_and(|end| end == "dump")).filter_map(look).collect();
    let at = |listed: &ListedBackup| listed.record.as_ref().map(|record| record.at.clone());
    found.sort_by(|one, other| at(other).cmp(&at(one)).then_with(|| other.path.cmp(&one.path)));
    Ok(found)
}

fn look(path: PathBuf) -> Option<ListedBackup> {
    let bytes = std::fs::metadata(&path).ok()?.len();
    let record = BackupRecord::beside(&path).ok().flatten();
    let checksum = match &record {
        None => ChecksumState::Missing,
        Some(record) if record.bytes != bytes => ChecksumState::WrongSize,
        Some(_) => ChecksumState::Recorded,
    };
    let made = record.as_ref().and_then(|record| record.at.parse::<jiff::Timestamp>().ok());
    let age = made.map(|made| jiff::Timestamp::now().duration_since(made).unsigned_abs());
    Some(ListedBackup { path, bytes, checksum, age, record })
}
