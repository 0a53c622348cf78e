//! Lock files. The kernel releases the lock when the process ends, also when it is killed.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::file_error::file_error;
use crate::engine::{Error, Result};

/// The interval between two attempts.
const STEP: Duration = Duration::from_millis(10);

/// How a file is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    Shared,
    Exclusive,
}

/// Opens a lock file, and creates it if it does not exist. Only its owner may open it, because everyone who can open it
/// can lock it.
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

/// Returns the locked file, or `None` when another process holds a conflicting lock.
///
/// # Errors
/// When it cannot be opened or locked.
pub fn try_take(path: &Path, mode: LockMode) -> Result<Option<File>> {
    let file = open(path)?;
    let tried = match mode {
        LockMode::Shared => file.try_lock_shared(),
        LockMode::Exclusive => file.try_lock(),
    };
    match tried {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(file_error("lock", path, &error)),
    }
}

/// Waits until the file can be locked, and returns it.
///
/// # Errors
/// When it cannot be opened or locked, or another process holds a conflicting lock for longer than `time_limit`.
pub fn take(path: &Path, mode: LockMode, time_limit: Duration) -> Result<File> {
    let end = Instant::now() + time_limit;
    loop {
        if let Some(file) = try_take(path, mode)? {
            return Ok(file);
        }
        if Instant::now() >= end {
            let seconds = time_limit.as_secs();
            return Err(Error::new(format!(
                "another limbeck process has held the lock {} for {seconds} s",
                path.display()
            ))
            .hint("wait for that process or end it, then try again"));
        }
        std::thread::sleep(STEP);
    }
}

/// Whether another process holds an exclusive lock.
pub fn is_held(path: &Path) -> bool {
    matches!(try_take(path, LockMode::Shared), Ok(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_conflict_and_end_with_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let one = try_take(&path, LockMode::Shared).unwrap().unwrap();
        let two = try_take(&path, LockMode::Shared).unwrap().unwrap();
        assert!(!is_held(&path));
        assert!(try_take(&path, LockMode::Exclusive).unwrap().is_none());
        drop((one, two));
        let alone = try_take(&path, LockMode::Exclusive).unwrap().unwrap();
        assert!(is_held(&path));
        let error = take(&path, LockMode::Shared, Duration::from_millis(30)).unwrap_err();
        assert!(error.message.contains("a.lock"), "{error:?}");
        drop(alone);
        take(&path, LockMode::Shared, Duration::ZERO).unwrap();
        assert!(try_take(&folder.path().join("no/such.lock"), LockMode::Shared).is_err());
    }
}
