//! Writes files so that a reader sees the old text or the new one, and never a part.

use std::io::Write;
use std::path::Path;

use crate::engine::{Error, Result};

/// Writes a file that must not exist yet; makes its folder where there is none.
///
/// # Errors
/// When the file exists, or cannot be written.
pub fn create_file(path: &Path, text: &str) -> Result<()> {
    write(path, text, false)
}

/// Writes a file over the one that is there.
///
/// # Errors
/// When it cannot be written.
pub fn overwrite(path: &Path, text: &str) -> Result<()> {
    write(path, text, true)
}

/// What became of a file that was not to be written over somebody else's changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    Written,
    /// It was not written, since it holds this, or is gone.
    Moved(Option<String>),
}

/// Writes a file, if it still holds what is known of it; `None`: if there is none yet.
///
/// # Errors
/// When it cannot be read or written.
pub fn write_if_unchanged(path: &Path, text: &str, known: Option<&str>) -> Result<SaveOutcome> {
    let found = match std::fs::read(path) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::new(format!("cannot read {}", path.display())).because(error)),
    };
    if found.as_deref() != known {
        return Ok(SaveOutcome::Moved(found));
    }
    write(path, text, known.is_some())?;
    Ok(SaveOutcome::Written)
}

fn write(path: &Path, text: &str, over: bool) -> Result<()> {
    let failed = |error: std::io::Error| Error::new(format!("cannot write {}", path.display())).because(error);
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::Builder::new()
        .prefix(".limbeck-")
        .permissions(permissions(path, over))
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    if over {
        file.persist(path).map_err(|error| failed(error.error))?;
    } else {
        file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => Error::new(format!("{} is there already", path.display())),
            _ => failed(error.error),
        })?;
    }
    // The new name itself has to reach the disk; a file system that cannot sync a folder does so by itself.
    let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// A file that is written over keeps its permissions; a new one gets the usual ones.
fn permissions(path: &Path, over: bool) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    let usual = std::fs::Permissions::from_mode(0o644);
    if over { std::fs::metadata(path).map_or(usual, |metadata| metadata.permissions()) } else { usual }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_never_written_over_another() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("deep/er/file.sql");
        create_file(&path, "one").unwrap();
        assert!(create_file(&path, "two").unwrap_err().message.ends_with("is there already"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        overwrite(&path, "three").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "three");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_file_that_moved_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("file.sql");
        let write = |text, known| write_if_unchanged(&path, text, known).unwrap();
        assert_eq!(write("one", Some("none")), SaveOutcome::Moved(None));
        assert_eq!(write("one", None), SaveOutcome::Written);
        assert_eq!(write("two", None), SaveOutcome::Moved(Some("one".into())));
        assert_eq!(write("two", Some("zero")), SaveOutcome::Moved(Some("one".into())));
        assert_eq!(write("two", Some("one")), SaveOutcome::Written);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
    }
}
