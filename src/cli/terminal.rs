//! Writes all output: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::exit::{Exit, Failure};
use super::options::{Color, Global};
use super::output::json::ErrorDocument;
use crate::engine::Error;

/// How to write, as the options say.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    colored: bool,
    quiet: bool,
    pub json: bool,
}

impl Terminal {
    /// Reads the options, `NO_COLOR`, and whether standard error is a terminal.
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

    /// Whether a person can read a question on standard error and type an answer.
    #[must_use]
    pub fn can_ask(self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Prints a result unchanged.
    ///
    /// # Errors
    /// If standard output cannot be written.
    #[allow(clippy::unused_self, reason = "all output goes through a terminal")]
    pub fn result(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(())
    }

    /// Prints a result as a JSON document.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn document<T: Serialize + ?Sized>(self, document: &T) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(document).map_err(io::Error::other)?;
        text.push('\n');
        self.result(&text)
    }

    /// Prints a line that reports what was created or changed: a result, but not with `--quiet`.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn made(self, line: &str) -> Result<(), Failure> {
        if self.quiet { Ok(()) } else { self.result(&format!("{line}\n")) }
    }

    /// Prints progress or a note to standard error, but not with `--quiet`.
    pub fn note(self, line: &str) {
        if !self.quiet {
            write_error_line(line);
        }
    }

    /// Prints a warning, also with `--quiet`.
    pub fn warn(self, line: &str) {
        write_error_line(&format!("{} {line}", self.paint("warning:", "33;1")));
    }

    /// Prints a failure and returns its exit code. A broken pipe prints nothing.
    #[must_use]
    pub fn failure(self, failure: &Failure) -> Exit {
        match failure {
            Failure::Error(error) => {
                self.error(error);
                if self.json {
                    // If standard output is closed, the exit code still reports the failure.
                    let _ = self.document(&ErrorDocument::from(error.as_ref()));
                }
                Exit::from(error.kind)
            }
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Failure::Output(error) => {
                self.error(&Error::new("standard output cannot be written").because(error));
                Exit::Failed
            }
        }
    }

    /// Prints an error with its causes, excerpt and hint.
    pub fn error(self, error: &Error) {
        let report = error.report();
        if !self.colored {
            write_error_line(&report);
            return;
        }
        let painted: Vec<String> = report.lines().map(|line| self.paint_prefix(line)).collect();
        write_error_line(&painted.join("\n"));
    }

    /// Wraps the text in an ANSI colour if colours are enabled.
    fn paint(self, text: &str, color: &str) -> String {
        if self.colored { format!("\x1b[{color}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn paint_prefix(self, line: &str) -> String {
        for (prefix, color) in [("error:", "31;1"), ("hint:", "36;1")] {
            if let Some(rest) = line.strip_prefix(prefix) {
                return format!("{}{rest}", self.paint(prefix, color));
            }
        }
        line.to_owned()
    }
}

/// Writes a line to standard error. Ignores failures: there is no other place to report them.
fn write_error_line(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
