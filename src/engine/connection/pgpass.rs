//! The password file: lines of `host:port:database:user:password`. The first matching line is used.

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::engine::files::{self, SIZE_LIMIT};

/// A password. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Vec<u8>);

impl Secret {
    pub(super) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes of the password, for authentication only.
    pub(super) fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The pattern of one field of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FieldPattern {
    Any,
    Exactly(Vec<u8>),
}

impl FieldPattern {
    fn matches(&self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(bytes) => bytes == value.as_bytes(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PasswordEntry {
    /// Host, port, database, user.
    fields: [FieldPattern; 4],
    password: Secret,
}

/// The lines of a password file. Empty when the file does not exist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PasswordFile {
    entries: Vec<PasswordEntry>,
}

impl PasswordFile {
    /// Reads a file. A file that other users can read is ignored; the warning says so.
    pub(super) fn read(path: &Path) -> (Self, Option<String>) {
        let Ok(found) = std::fs::metadata(path) else { return (Self::default(), None) };
        let named = path.display();
        if !found.is_file() {
            return (Self::default(), Some(format!("the password file {named} is not a plain file and was ignored")));
        }
        if found.permissions().mode() & 0o077 != 0 {
            let warning = format!(
                "the password file {named} was ignored, because group or others have access to it; run chmod 600 {named}"
            );
            return (Self::default(), Some(warning));
        }
        match files::read_bytes(path, SIZE_LIMIT) {
            Ok(text) => (Self::parse(&text), None),
            Err(error) => (Self::default(), Some(format!("the password file {named} was ignored: {error}"))),
        }
    }

    fn parse(text: &[u8]) -> Self {
        let lines = text.split(|byte| *byte == b'\n');
        Self { entries: lines.filter_map(|line| parse_line(line.strip_suffix(b"\r").unwrap_or(line))).collect() }
    }

    /// Returns the password for a connection. `host` is a name, an IP address or the folder of a socket; it is
    /// `localhost` for the default socket.
    pub(super) fn find(&self, host: &str, port: u16, database: &str, user: &str) -> Option<&Secret> {
        let port = port.to_string();
        let values = [host, &port, database, user];
        self.entries
            .iter()
            .find(|entry| entry.fields.iter().zip(values).all(|(pattern, value)| pattern.matches(value)))
            .map(|entry| &entry.password)
            .filter(|password| !password.reveal().is_empty())
    }
}

fn parse_line(line: &[u8]) -> Option<PasswordEntry> {
    if line.starts_with(b"#") {
        return None;
    }
    let mut rest = line;
    let mut next = || {
        let (pattern, left) = field(rest)?;
        rest = left;
        Some(pattern)
    };
    let fields = [next()?, next()?, next()?, next()?];
    let password = Secret::new(unescape(rest).0);
    Some(PasswordEntry { fields, password })
}

/// Splits off a field at its colon. `None` when the line ends before a colon.
fn field(text: &[u8]) -> Option<(FieldPattern, &[u8])> {
    if let Some(rest) = text.strip_prefix(b"*:") {
        return Some((FieldPattern::Any, rest));
    }
    let (value, length) = unescape(text);
    let rest = text.get(length..)?.strip_prefix(b":")?;
    Some((FieldPattern::Exactly(value), rest))
}

/// Reads text up to a colon without backslash, removes the backslashes, and returns the number of bytes read.
fn unescape(text: &[u8]) -> (Vec<u8>, usize) {
    let mut value = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at).copied().filter(|byte| *byte != b':') {
        let escaped = text.get(at + 1).copied().filter(|_| byte == b'\\');
        at += 1 + usize::from(escaped.is_some());
        value.push(escaped.unwrap_or(byte));
    }
    (value, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_matching_line_has_the_password() {
        let file = PasswordFile::parse(
            b"# a comment\n\
              localhost:5432:app:me:one\n\
              localhost:5432:*:me:two\r\n\
              *:*:*:other:th\\:r\\\\ee\n\
              not a line\n\
              2001\\:db8\\:\\:1:*:*:*:six\n\
              /run/pg:5433:app:me:sock\n\
              h:1:d:empty:\n\
              *star:*:*:*:never\n\
              tail:*:*:*:p:ignored\n",
        );
        for (host, port, database, user, password) in [
            ("localhost", 5432, "app", "me", Some("one")),
            ("localhost", 5432, "else", "me", Some("two")),
            ("localhost", 5433, "app", "me", None),
            ("anywhere", 1, "x", "other", Some("th:r\\ee")),
            ("2001:db8::1", 5432, "x", "me", Some("six")),
            ("/run/pg", 5433, "app", "me", Some("sock")),
            ("h", 1, "d", "empty", None),
            ("starry", 1, "d", "x", None),
            ("*star", 1, "d", "x", Some("never")),
            ("tail", 1, "d", "x", Some("p")),
        ] {
            let found = file.find(host, port, database, user).map(|secret| secret.reveal().to_vec());
            assert_eq!(found.as_deref(), password.map(str::as_bytes), "{host}:{port}:{database}:{user}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_ignored_with_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        assert_eq!(PasswordFile::read(&path), (PasswordFile::default(), None));
        std::fs::write(&path, "*:*:*:*:hunter2\n").unwrap();
        for (mode, read) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o660, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let (file, warning) = PasswordFile::read(&path);
            assert_eq!(file.find("h", 1, "d", "u").is_some(), read, "{mode:o}");
            assert_eq!(warning.is_none(), read, "{mode:o}");
            assert!(!format!("{file:?}{warning:?}").contains("hunter2"));
        }
        let (_, warning) = PasswordFile::read(folder.path());
        assert!(warning.unwrap().contains("not a plain file"));
    }
}
