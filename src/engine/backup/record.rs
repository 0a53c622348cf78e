//! The file next to a backup: its properties and its checksum.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::engine::connection::parse_major;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::{Error, Result};

/// The properties of a backup, stored in `<file>.json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BackupRecord {
    pub database: String,
    /// The environment's name. `None`: the project's default database.
    pub environment: Option<String>,
    /// For example `15.18`.
    pub server_version: String,
    /// The version of the `pg_dump` that wrote the backup.
    pub program_version: String,
    /// The rows of the version table.
    pub heads: Vec<String>,
    /// The start time in UTC, for example `2026-11-22T10:00:00Z`.
    pub at: String,
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
}

impl BackupRecord {
    /// The major version of the server.
    #[must_use]
    pub fn server_major(&self) -> Option<u32> {
        parse_major(&self.server_version)
    }

    /// The major version of the program.
    #[must_use]
    pub fn program_major(&self) -> Option<u32> {
        parse_major(&self.program_version)
    }

    /// Reads the properties of a backup. `None` when the file does not exist.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(backup: &Path) -> Result<Option<Self>> {
        let path = record_path(backup);
        let text = match files::read_text(&path, SIZE_LIMIT) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::new(format!("cannot read {}", path.display())).because(error)),
        };
        let record = serde_json::from_str(&text);
        record
            .map(Some)
            .map_err(|error| Error::new(format!("{} does not describe a backup", path.display())).because(error))
    }

    /// Writes the properties next to a backup. Only the owner may read the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, backup: &Path) -> Result<()> {
        use std::io::Write;
        let path = record_path(backup);
        let failed = |error: std::io::Error| Error::new(format!("cannot write {}", path.display())).because(error);
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))? + "\n";
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(&path).map(drop).map_err(|error| failed(error.error))
    }
}

/// Returns `<file>.json`.
#[must_use]
pub fn record_path(backup: &Path) -> PathBuf {
    let mut name = backup.as_os_str().to_owned();
    name.push(".json");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_written_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("a.dump");
        std::fs::write(&backup, "abc").unwrap();
        assert_eq!(BackupRecord::read(&backup).unwrap(), None);
        let (bytes, sha256) = files::checksum(&backup).unwrap();
        assert_eq!(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let record = BackupRecord {
            database: "app".into(),
            environment: None,
            server_version: "15.18".into(),
            program_version: "17beta1".into(),
            heads: vec!["aaaa00000001".into()],
            at: "2026-11-22T10:00:00Z".into(),
            bytes,
            sha256,
        };
        record.write(&backup).unwrap();
        assert_eq!(BackupRecord::read(&backup).unwrap(), Some(record.clone()));
        assert_eq!((record.server_major(), record.program_major()), (Some(15), Some(17)));
        let mode = std::fs::metadata(record_path(&backup)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(record_path(&backup), "{}").unwrap();
        assert!(BackupRecord::read(&backup).unwrap_err().message.ends_with("does not describe a backup"));
    }
}
