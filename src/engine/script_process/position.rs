//! The line at which a script sends a statement.

use std::io::{self, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Mutex, PoisonError};

/// Receives the lines. Python sends a line before it sends the statement, so the line is there when the statement is.
#[derive(Debug)]
pub struct ScriptPosition(Mutex<State>);

#[derive(Debug)]
struct State {
    stream: UnixStream,
    /// The digits of a line that is not complete.
    digits: Vec<u8>,
    line: usize,
}

impl ScriptPosition {
    /// Waits until Python connects, which it does directly after it has started.
    pub(super) fn accept(listener: &UnixListener) -> io::Result<Self> {
        let (stream, _) = listener.accept()?;
        stream.set_nonblocking(true)?;
        Ok(Self(Mutex::new(State { stream, digits: Vec::new(), line: 0 })))
    }

    /// The 1-based line of the script at which it is now; 0 if it is not in a script.
    #[must_use]
    pub fn line(&self) -> usize {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = [0; 512];
        while let Ok(count @ 1..) = state.stream.read(&mut bytes) {
            for byte in bytes.iter().take(count) {
                if *byte != b'\n' {
                    state.digits.push(*byte);
                    continue;
                }
                let digits = std::mem::take(&mut state.digits);
                state.line = std::str::from_utf8(&digits).ok().and_then(|text| text.parse().ok()).unwrap_or_default();
            }
        }
        state.line
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_last_complete_line_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("position");
        let listener = UnixListener::bind(&path).unwrap();
        let mut python = UnixStream::connect(&path).unwrap();
        let position = ScriptPosition::accept(&listener).unwrap();
        for (sent, expected) in [("", 0), ("12\n", 12), ("13\n1", 13), ("40\n", 140), ("0\n", 0)] {
            python.write_all(sent.as_bytes()).unwrap();
            assert_eq!(position.line(), expected, "{sent:?}");
        }
    }
}
