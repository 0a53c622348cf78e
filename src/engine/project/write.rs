//! Writes files atomically: a reader sees the old or the new text, never a part.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// A file whose text is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    pub path: PathBuf,
    /// The text that the file must have.
    pub before: Arc<str>,
    pub after: Arc<str>,
}

/// Replaces the texts of several files, or of none.
///
/// # Errors
/// When a file has another text than expected, or cannot be written. The files then have their old texts, unless the error
/// says otherwise.
pub fn replace_all(replacements: &[Replacement]) -> Result<()> {
    for Replacement { path, before, .. } in replacements {
        let failed = |error: std::io::Error| Error::new(format!("cannot read {}", path.display())).because(error);
        let found = files::read_bytes(path, u64::MAX).map_err(failed)?;
        if found != before.as_bytes() {
            return Err(Error::new(format!("{} has changed meanwhile", path.display()))
                .because("nothing was written")
                .hint("run the command again"));
        }
    }
    let prepared = replacements.iter().map(|one| prepare(&one.path, &one.after, true)).collect::<Result<Vec<_>>>()?;
    for (index, (file, replacement)) in prepared.into_iter().zip(replacements).enumerate() {
        let Err(error) = persist(file, &replacement.path, true) else { continue };
        let written = replacements.iter().take(index);
        let kept: Vec<String> = written
            .filter(|one| overwrite(&one.path, &one.before).is_err())
            .map(|one| one.path.display().to_string())
            .collect();
        return Err(match kept.as_slice() {
            [] => error.because("no file was changed"),
            kept => {
                error.because(format!("these files have their new text and cannot be set back: {}", kept.join(", ")))
            }
        });
    }
    Ok(())
}

fn write(path: &Path, text: &str, replace: bool) -> Result<()> {
    persist(prepare(path, text, replace)?, path, replace)
}

/// Writes a temporary file next to the file.
fn prepare(path: &Path, text: &str, replace: bool) -> Result<tempfile::NamedTempFile> {
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
    Ok(file)
}

/// Gives a temporary file its name.
fn persist(file: tempfile::NamedTempFile, path: &Path, replace: bool) -> Result<()> {
    let failed = |error: std::io::Error| Error::new(format!("cannot write {}", path.display())).because(error);
    if replace {
        file.persist(path).map_err(|error| failed(error.error))?;
    } else {
        file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => Error::new(format!("{} already exists", path.display()))
                .hint("use another message or id, or remove the file"),
            _ => failed(error.error),
        })?;
    }
    // Sync the folder, so that the new name survives a crash. File systems that cannot sync a folder do this
    // themselves.
    let folder = path.parent().unwrap_or(Path::new("."));
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

    #[test]
    fn several_files_are_replaced_or_none() {
        let home = tempfile::tempdir().unwrap();
        let of = |name: &str, before: &str, after: &str| Replacement {
            path: home.path().join(name),
            before: before.into(),
            after: after.into(),
        };
        let read = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap();
        create_file(&home.path().join("a"), "1").unwrap();
        create_file(&home.path().join("b"), "1").unwrap();
        replace_all(&[of("a", "1", "2"), of("b", "1", "2")]).unwrap();
        assert_eq!((read("a"), read("b")), ("2".into(), "2".into()));
        assert!(
            replace_all(&[of("a", "2", "3"), of("b", "1", "3")])
                .unwrap_err()
                .message
                .ends_with("has changed meanwhile")
        );
        assert!(replace_all(&[of("a", "2", "3"), of("c", "1", "3")]).is_err());
        assert_eq!((read("a"), read("b")), ("2".into(), "2".into()));
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 2, "no temporary file remains");
    }
}
