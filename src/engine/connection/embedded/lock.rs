//! Lock files. The kernel lets go of them whatever way their holder ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::file_error::file_error;
use crate::engine::{Error, Result};

/// How long it rests between two tries.
const STEP: Duration = Duration::from_millis(10);

/// How a file is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Shared,
    Exclusive,
}

/// Opens a lock file, making it where it is missing; nobody else may open it, since whoever can may lock it.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|error| file_error("open", path, &error))
}

/// The locked file, or `None` where somebody else holds it in a way that does not go together.
///
/// # Errors
/// When it cannot be opened or locked.
pub fn try_take(path: &Path, mode: Mode) -> Result<Option<File>> {
    let file = open(path)?;
    let tried = match mode {
        Mode::Shared => file.try_lock_shared(),
        Mode::Exclusive => file.try_lock(),
    };
    match tried {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(file_error("lock", path, &error)),
    }
}

/// The locked file, once nobody stands against it.
///
/// # Errors
/// When it cannot be opened or locked, or is held for longer than `bound`.
pub fn take(path: &Path, mode: Mode, bound: Duration) -> Result<File> {
    let end = Instant::now() + bound;
    loop {
        if let Some(file) = try_take(path, mode)? {
            return Ok(file);
        }
        if Instant::now() >= end {
            let seconds = bound.as_secs();
            return Err(Error::new(format!("another limbeck has held {} for {seconds} s", path.display()))
                .hint("see what it is doing, or end it, and try again"));
        }
        std::thread::sleep(STEP);
    }
}

/// Whether somebody holds the file exclusively.
pub fn is_held(path: &Path) -> bool {
    matches!(try_take(path, Mode::Shared), Ok(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_exclude_and_end_with_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let one = try_take(&path, Mode::Shared).unwrap().unwrap();
        let two = try_take(&path, Mode::Shared).unwrap().unwrap();
        assert!(!is_held(&path));
        assert!(try_take(&path, Mode::Exclusive).unwrap().is_none());
        drop((one, two));
        let alone = try_take(&path, Mode::Exclusive).unwrap().unwrap();
        assert!(is_held(&path));
        let error = take(&path, Mode::Shared, Duration::from_millis(30)).unwrap_err();
        assert!(error.message.contains("a.lock"), "{error:?}");
        drop(alone);
        take(&path, Mode::Shared, Duration::ZERO).unwrap();
        assert!(try_take(&folder.path().join("no/such.lock"), Mode::Shared).is_err());
    }
}
