//! Prints findings in the format of a CI system.

use clap::Args;

use super::context::{Context, working_directory};
use super::exit::Failure;
use super::output::findings::{Document, Format, PathBase, place};
use crate::core::finding::{Check, CheckReport};
use crate::engine::project::Project;
use crate::engine::{Error, ErrorKind, Result, git};

/// `--format`.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct FormatOption {
    /// Format of the result, for people or for a CI system [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl FormatOption {
    /// Whether the result is one JSON document, as with `--json`.
    #[must_use]
    pub fn is_json(self) -> bool {
        self.format == Some(Format::Json)
    }

    /// The format that was given, or the one of `--json`.
    #[must_use]
    pub fn format(self, context: &Context) -> Format {
        self.format.unwrap_or(if context.terminal.json { Format::Json } else { Format::Text })
    }

    /// The format, if it is one of a CI system.
    #[must_use]
    pub fn for_ci(self) -> Option<Format> {
        self.format.filter(|format| !matches!(format, Format::Text | Format::Json))
    }
}

/// Prints a report.
///
/// # Errors
/// If the output cannot be written.
pub fn print_report(
    context: &Context,
    project: &Project,
    command: &str,
    report: &CheckReport,
    format: Format,
) -> Result<(), Failure> {
    let base = path_base(project, format)?;
    context.terminal.print_result(&Document { command, report, base: &base }.render(format))
}

/// Prints one check of a command in a format of a CI system.
///
/// # Errors
/// If the output cannot be written.
pub fn print_check(
    context: &Context,
    project: &Project,
    command: &str,
    check: Check,
    format: Format,
) -> Result<(), Failure> {
    print_report(context, project, command, &CheckReport { checks: vec![check] }, format)
}

/// The error that names the first check that failed. `None` if all passed.
///
/// # Errors
/// If the working directory cannot be read.
pub fn failed_check(project: &Project, report: &CheckReport) -> Result<Option<Error>> {
    let Some(check) = report.first_failed() else { return Ok(None) };
    let base = path_base(project, Format::Text)?;
    let error = Error::of(ErrorKind::Differs, format!("the check `{}` failed", check.name.word()));
    let Some(first) = check.errors().next() else { return Ok(Some(error)) };
    let place = place(&base, first);
    let separator = if place.is_empty() { "" } else { ": " };
    let cause = format!("{place}{separator}{}", first.message);
    Ok(Some(error.because(cause).hint(format!("`limbeck lint --explain {}` explains it", first.code))))
}

/// CI systems expect paths from the root of the repository; people from the folder in which they work.
fn path_base(project: &Project, format: Format) -> Result<PathBase> {
    let working = working_directory()?;
    let folder = match format {
        Format::Text => working,
        _ => git::find_root(project.root()).unwrap_or(working),
    };
    let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    Ok(PathBase::new([folder, real]))
}
