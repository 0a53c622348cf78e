//! Reads files that a project or a user names: only regular files, and not more than a limit. A FIFO, a device or an
//! endless file is an error and never makes limbeck wait.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use crate::core::text::size;

/// The limit for files whose limit is not configured, in bytes.
pub const SIZE_LIMIT: u64 = 64 << 20;

/// The number of bytes of a large file that are read at once.
const CHUNK: usize = 1 << 20;

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// When it is not a regular file, is larger (of kind `FileTooLarge`), or cannot be read. The error does not name the
/// file.
pub fn read_bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (file, metadata) = open_regular(path)?;
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {}", size(limit)));
    if metadata.len() > limit {
        return Err(too_large());
    }
    // One more byte than expected, so that the end of the file is found without growing.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
    // The size of a file in /proc is 0, and a file can grow while it is read.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// Reads a regular file of at most `limit` bytes as UTF-8.
///
/// # Errors
/// As [`read_bytes`]; of kind `InvalidData` when it is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read_bytes(path, limit)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Opens a regular file for reading.
///
/// # Errors
/// When it is not a regular file or cannot be opened.
pub fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    // Before the file is opened: opening a device can have an effect.
    require_regular(&std::fs::metadata(path)?)?;
    // If a FIFO has replaced the file since the check, opening it must not wait.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    require_regular(&metadata)?;
    Ok((file, metadata))
}

/// Returns the size of a regular file, and its SHA-256 in hexadecimal digits. Reads the whole file, without a limit.
///
/// # Errors
/// As [`open_regular`].
pub fn checksum(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, _) = open_regular(path)?;
    let (mut digest, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        digest.update(chunk.get(..count).unwrap_or_default());
        bytes += count as u64;
    }
    let digits = digest.finalize();
    let digits = digits.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Ok((bytes, digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()))
}

fn require_regular(metadata: &Metadata) -> io::Result<()> {
    let file_type = metadata.file_type();
    if file_type.is_file() {
        return Ok(());
    }
    let kind = if file_type.is_dir() { io::ErrorKind::IsADirectory } else { io::ErrorKind::Other };
    Err(io::Error::new(kind, format!("it is {}, not a regular file", describe(file_type))))
}

fn describe(file_type: FileType) -> &'static str {
    if file_type.is_dir() {
        "a directory"
    } else if file_type.is_fifo() {
        "a FIFO"
    } else if file_type.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_up_to_the_limit_are_read() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        std::fs::write(path("file"), "12345").unwrap();
        std::fs::write(path("bytes"), b"\xff").unwrap();
        std::fs::create_dir(path("folder")).unwrap();
        std::os::unix::fs::symlink(path("file"), path("link")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("fifo"), rustix::fs::Mode::RWXU).unwrap();
        for (name, limit, expected) in [
            ("file", 5, Ok("12345")),
            ("link", 5, Ok("12345")),
            ("file", 4, Err("it is larger than 4 bytes")),
            ("bytes", 5, Err("it is not UTF-8")),
            ("folder", 5, Err("it is a directory, not a regular file")),
            ("fifo", 5, Err("it is a FIFO, not a regular file")),
            ("socket", 5, Err("it is a socket, not a regular file")),
            ("none", 5, Err("No such file or directory (os error 2)")),
        ] {
            let read = read_text(&path(name), limit).map_err(|error| error.to_string());
            assert_eq!(read.as_deref().map_err(String::as_str), expected, "{name}");
        }
        for device in ["/dev/zero", "/dev/tty", "/dev/null"] {
            assert!(
                read_text(Path::new(device), 5).unwrap_err().to_string().contains("not a regular file"),
                "{device}"
            );
        }
    }

    #[test]
    fn a_file_whose_size_is_not_known_is_limited_too() {
        let status = Path::new("/proc/self/status");
        if status.exists() {
            assert!(read_text(status, SIZE_LIMIT).unwrap().starts_with("Name:"));
            assert_eq!(read_text(status, 5).unwrap_err().to_string(), "it is larger than 5 bytes");
        }
    }

    #[test]
    fn a_checksum_is_sha_256() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("a"), "abc").unwrap();
        let (bytes, digits) = checksum(&home.path().join("a")).unwrap();
        assert_eq!((bytes, digits.as_str()), (3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }
}
