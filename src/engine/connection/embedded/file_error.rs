//! Errors of file operations, with hints for common faults of disks and permissions.

use std::io;
use std::path::Path;

use crate::engine::Error;

/// A failed step on a path, with what to do about it where that is known.
pub fn file_error(step: &str, path: &Path, error: &io::Error) -> Error {
    let report = Error::new(format!("could not {step} {}", path.display())).because(error);
    match disk_hint(&error.to_string()) {
        Some(hint) => report.hint(hint),
        None => report,
    }
}

/// What to do about the usual troubles of a disk, as PostgreSQL and the system tell them.
pub fn disk_hint(text: &str) -> Option<&'static str> {
    [
        ("No space left on device", "free some space on that disk, or name a folder on another in LIMBECK_DATA_DIR"),
        ("Disk quota exceeded", "free some space, or name a folder on another disk in LIMBECK_DATA_DIR"),
        ("Read-only file system", "name a folder that can be written in LIMBECK_DATA_DIR"),
        ("Permission denied", "name a folder that the server's user can reach and write in LIMBECK_DATA_DIR"),
        ("Operation not permitted", "run limbeck as an ordinary user: this root may not change to another user"),
        ("could not map anonymous shared memory", "free some memory, or stop another server"),
    ]
    .into_iter()
    .find_map(|(sign, hint)| text.contains(sign).then_some(hint))
}
