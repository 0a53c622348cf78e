//! Asks a person on the terminal.

use std::io::{self, BufRead, Write};

use crate::engine::Error;

/// Shows lines and a question, and reads a line without the blanks around it. What was typed before the question was
/// seen is thrown away.
///
/// # Errors
/// When the terminal cannot be written or read.
pub fn ask(lines: impl IntoIterator<Item = String>, question: &str) -> Result<String, Error> {
    let read = || -> io::Result<String> {
        let stdin = io::stdin();
        // A terminal that cannot be flushed has nothing queued that would matter.
        let _ = rustix::termios::tcflush(&stdin, rustix::termios::QueueSelector::IFlush);
        let mut err = io::stderr().lock();
        for line in lines {
            writeln!(err, "  {line}")?;
        }
        write!(err, "{question} ")?;
        err.flush()?;
        let mut typed = String::new();
        stdin.lock().read_line(&mut typed)?;
        Ok(typed.trim().to_owned())
    };
    read().map_err(|error| Error::new("the answer cannot be read").because(error))
}
