//! Asks the user a question on the terminal.

use std::io::{self, BufRead, Write};

use crate::core::escape::escape_line;
use crate::engine::Error;

/// Prints `lines` and `question` to standard error, and returns the line that the user types, trimmed. Each of them is
/// printed in one line, whatever the names in it contain. Discards input that was typed before the question was visible.
///
/// # Errors
/// If the terminal cannot be written or read.
pub fn ask(lines: impl IntoIterator<Item = String>, question: &str) -> Result<String, Error> {
    let read = || -> io::Result<String> {
        let stdin = io::stdin();
        // If standard input cannot be flushed, it is not a terminal and has no typed input.
        let _ = rustix::termios::tcflush(&stdin, rustix::termios::QueueSelector::IFlush);
        let mut err = io::stderr().lock();
        for line in lines {
            writeln!(err, "  {}", escape_line(&line))?;
        }
        write!(err, "{} ", escape_line(question))?;
        err.flush()?;
        let mut typed = String::new();
        stdin.lock().read_line(&mut typed)?;
        Ok(typed.trim().to_owned())
    };
    read().map_err(|error| Error::new("the answer cannot be read").because(error))
}

/// Asks a yes/no question as [`ask`] does. Enter alone means no.
///
/// # Errors
/// If the terminal cannot be written or read.
pub fn ask_yes_or_no(lines: impl IntoIterator<Item = String>, question: &str) -> Result<bool, Error> {
    let typed = ask(lines, &format!("{question} [y/N]"))?;
    Ok(matches!(typed.to_lowercase().as_str(), "y" | "yes"))
}
