//! Where everything that is said goes: results to standard output, the rest to standard error.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::arguments::{Color, Global};
use super::exit::{Exit, Failure};
use super::json;
use crate::engine::Error;

/// How to speak, as the options say.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    colored: bool,
    quiet: bool,
    pub json: bool,
}

impl Terminal {
    /// Looks at the options, `NO_COLOR` and whether standard error is a terminal.
    #[must_use]
    pub fn new(global: &Global) -> Self {
        let colored = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        Self { colored, quiet: global.quiet, json: global.json }
    }

    /// Whether a question can be asked: someone reads standard error and types at standard input.
    #[must_use]
    pub fn can_ask(self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Prints a result as it is.
    ///
    /// # Errors
    /// When standard output cannot be written to.
    #[allow(clippy::unused_self, reason = "everything that is printed goes through a terminal")]
    pub fn result(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(())
    }

    /// Prints a result as a JSON document.
    ///
    /// # Errors
    /// When standard output cannot be written to.
    pub fn document<T: Serialize + ?Sized>(self, document: &T) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(document).map_err(io::Error::other)?;
        text.push('\n');
        self.result(&text)
    }

    /// Says that something was made: a result in text, silent with `--quiet`.
    ///
    /// # Errors
    /// When standard output cannot be written to.
    pub fn made(self, line: &str) -> Result<(), Failure> {
        if self.quiet { Ok(()) } else { self.result(&format!("{line}\n")) }
    }

    /// Tells progress; silent with `--quiet`.
    pub fn note(self, line: &str) {
        if !self.quiet {
            say(line);
        }
    }

    /// Warns; `--quiet` does not silence it.
    pub fn warn(self, line: &str) {
        say(&format!("{} {line}", self.paint("warning:", "33;1")));
    }

    /// Reports a failure and gives the exit code that goes with it. A broken pipe is silent.
    #[must_use]
    pub fn failure(self, failure: &Failure) -> Exit {
        match failure {
            Failure::Error(error) => {
                self.error(error);
                if self.json {
                    // Standard output may be closed by now; the exit code tells it all the same.
                    let _ = self.document(&json::ErrorDocument::from(error.as_ref()));
                }
                Exit::from(error.kind)
            }
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Failure::Output(error) => {
                self.error(&Error::new("standard output cannot be written to").because(error));
                Exit::Failed
            }
        }
    }

    /// Prints an error with its causes, excerpt and hint.
    pub fn error(self, error: &Error) {
        let report = error.report();
        if !self.colored {
            say(&report);
            return;
        }
        let painted: Vec<String> = report.lines().map(|line| self.paint_line(line)).collect();
        say(&painted.join("\n"));
    }

    /// Puts the colour of a role around a text, where colours are wanted.
    fn paint(self, text: &str, role: &str) -> String {
        if self.colored { format!("\x1b[{role}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn paint_line(self, line: &str) -> String {
        for (word, role) in [("error:", "31;1"), ("hint:", "36;1")] {
            if let Some(rest) = line.strip_prefix(word) {
                return format!("{}{rest}", self.paint(word, role));
            }
        }
        line.to_owned()
    }
}

/// Writes a line to standard error; when nobody reads it there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
