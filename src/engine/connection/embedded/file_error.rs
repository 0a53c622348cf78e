//! Errors of file operations, with hints for common faults of disks and permissions.

use std::io;
use std::path::Path;

use crate::engine::Error;

/// The error of a failed operation on a path, with a hint for known causes.
pub fn file_error(step: &str, path: &Path, error: &io::Error) -> Error {
    let report = Error::new(format!("could not {step} {}", path.display())).because(error);
    match disk_hint(&error.to_string()) {
        Some(hint) => report.hint(hint),
        None => report,
    }
}

/// Returns a hint for a known error text of the operating system or of PostgreSQL.
pub fn disk_hint(text: &str) -> Option<&'static str> {
    [
        ("No space left on device", "free space on that disk, or set LIMBECK_DATA_DIR to a folder on another disk"),
        ("Disk quota exceeded", "free space, or set LIMBECK_DATA_DIR to a folder on another disk"),
        ("Read-only file system", "set LIMBECK_DATA_DIR to a folder that can be written"),
        ("Permission denied", "set LIMBECK_DATA_DIR to a folder that the server's user can write"),
        (
            "Operation not permitted",
            "run limbeck as a user other than root: this root user may not switch to another user",
        ),
        ("could not map anonymous shared memory", "free memory, or stop another server"),
    ]
    .into_iter()
    .find_map(|(error, hint)| text.contains(error).then_some(hint))
}
