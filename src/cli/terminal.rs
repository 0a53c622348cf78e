//! Writes all output: results to standard output, everything else to standard error. Control characters and
//! bidirectional characters in it are written as visible text; limbeck writes only its own colours.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::exit::{Exit, Failure};
use super::options::{Color, Global};
use super::output::json::ErrorDocument;
use crate::core::escape::{escape_json, escape_line, escape_text};
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

    /// Prints a result.
    ///
    /// # Errors
    /// If standard output cannot be written.
    #[allow(clippy::unused_self, reason = "all output goes through a terminal")]
    pub fn print_result(self, text: &str) -> Result<(), Failure> {
        write_output(&escape_text(text))
    }

    /// Prints SQL that another program will run. It is escaped only on a terminal: a file or a pipe gets the exact text.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn print_sql(self, sql: &str) -> Result<(), Failure> {
        if io::stdout().is_terminal() { self.print_result(sql) } else { write_output(sql) }
    }

    /// Prints a screen of the UI with its colours. The UI has escaped its text.
    ///
    /// # Errors
    /// If standard output cannot be written.
    #[allow(clippy::unused_self, reason = "all output goes through a terminal")]
    pub fn print_screen(self, screen: &str) -> Result<(), Failure> {
        write_output(screen)
    }

    /// Prints a result as a JSON document.
    ///
    /// # Errors
    /// If standard output cannot be written.
    #[allow(clippy::unused_self, reason = "all output goes through a terminal")]
    pub fn print_document<T: Serialize + ?Sized>(self, document: &T) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(document).map_err(io::Error::other)?;
        text.push('\n');
        write_output(&escape_json(&text))
    }

    /// Prints one line that reports what was created or changed: a result, but not with `--quiet`.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn print_change(self, line: &str) -> Result<(), Failure> {
        if self.quiet { Ok(()) } else { self.print_result(&format!("{}\n", escape_line(line))) }
    }

    /// Prints progress or a note to standard error, but not with `--quiet`.
    pub fn print_note(self, line: &str) {
        if !self.quiet {
            write_error_text(&indent_continuation(&escape_text(line)));
        }
    }

    /// Prints a warning, also with `--quiet`.
    pub fn print_warning(self, line: &str) {
        let line = indent_continuation(&escape_text(line));
        write_error_text(&format!("{} {line}", self.paint("warning:", "33;1")));
    }

    /// Prints a failure and returns its exit code. A broken pipe prints nothing.
    #[must_use]
    pub fn report_failure(self, failure: &Failure) -> Exit {
        match failure {
            Failure::Error(error) => {
                self.print_error(error);
                if self.json {
                    // If standard output is closed, the exit code still reports the failure.
                    let _ = self.print_document(&ErrorDocument::from(error.as_ref()));
                }
                Exit::from(error.kind)
            }
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Failure::Output(error) => {
                self.print_error(&Error::new("standard output cannot be written").because(error));
                Exit::Failed
            }
        }
    }

    /// Prints an error with its causes, excerpt and hint.
    pub fn print_error(self, error: &Error) {
        let report = error.report();
        let report = escape_text(&report);
        if !self.colored {
            write_error_text(&report);
            return;
        }
        let painted: Vec<String> = report.lines().map(|line| self.paint_prefix(line)).collect();
        write_error_text(&painted.join("\n"));
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

/// Indents all lines but the first, so that a line break in a name or a notice does not start a line of its own.
fn indent_continuation(text: &str) -> String {
    text.replace('\n', "\n  ")
}

/// Writes to standard output. The text has been escaped.
fn write_output(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Writes lines to standard error. The text has been escaped. Ignores failures: there is no other place to report them.
fn write_error_text(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
