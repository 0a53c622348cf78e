//! Writes files atomically: a reader sees the old or the new text, never a part.

use std::io::Write;
use std::path::Path;

use crate::engine::files;
use crate::engine::{Error, Result};

/// Creates a file, and its folder if it does not exist.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn create_file(path: &Path, text: &str) -> Result<()> {
    write(path, text, false)
}

/// Writes a file, and replaces an existing one.
///
/// # Errors
/// When it cannot be written.
pub fn overwrite(path: &Path, text: &str) -> Result<()> {
    write(path, text, true)
}

/// The result of [`write_if_unchanged`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    Written,
    /// The file was not written, because another program changed it. Contains its current text, or `None` if it was
    /// deleted.
    Changed(Option<String>),
}

/// Writes a file if it still has the text `known`. `None` means that it must not exist.
///
/// # Errors
/// When it cannot be read or written.
pub fn write_if_unchanged(path: &Path, text: &str, known: Option<&str>) -> Result<SaveOutcome> {
    let found = match files::read_bytes(path, u64::MAX) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::new(format!("cannot read {}", path.display())).because(error)),
    };
    if found.as_deref() != known {
        return Ok(SaveOutcome::Changed(found));
    }
    write(path, text, known.is_some())?;
    Ok(SaveOutcome::Written)
}

fn write(path: &Path, text: &str, replace: bool) -> Result<()> {
    let failed = |error: std::io::Error| Error::new(format!("cannot write {}", path.display())).because(error);
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::Builder::new()
        .prefix(".limbeck-")
        .permissions(permissions(path, replace))
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    if replace {
        file.persist(path).map_err(|error| failed(error.error))?;
    } else {
        file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => Error::new(format!("{} already exists", path.display())),
            _ => failed(error.error),
        })?;
    }
    // Sync the folder, so that the new name survives a crash. File systems that cannot sync a folder do this
    // themselves.
    let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// A replaced file keeps its permissions. A new file gets the default permissions.
fn permissions(path: &Path, replace: bool) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    let default = std::fs::Permissions::from_mode(0o644);
    if replace { std::fs::metadata(path).map_or(default, |metadata| metadata.permissions()) } else { default }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_never_replaces_another() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("deep/er/file.sql");
        create_file(&path, "one").unwrap();
        assert!(create_file(&path, "two").unwrap_err().message.ends_with("already exists"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        overwrite(&path, "three").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "three");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file remains");
    }

    #[test]
    fn a_changed_file_is_not_written() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("file.sql");
        let write = |text, known| write_if_unchanged(&path, text, known).unwrap();
        assert_eq!(write("one", Some("none")), SaveOutcome::Changed(None));
        assert_eq!(write("one", None), SaveOutcome::Written);
        assert_eq!(write("two", None), SaveOutcome::Changed(Some("one".into())));
        assert_eq!(write("two", Some("zero")), SaveOutcome::Changed(Some("one".into())));
        assert_eq!(write("two", Some("one")), SaveOutcome::Written);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
    }
}
