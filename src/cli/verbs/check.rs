//! `check`: whether the models and the database differ.

use clap::Args;

use crate::cli::comparison::{self, operations_text, run_comparison};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::json::OperationsDocument;
use crate::cli::report::{FormatOption, print_check};
use crate::core::finding::{Check, CheckName};
use crate::engine::autogenerate::compare;
use crate::engine::findings::{model_findings, read_model_files};

/// Compare the models with the database; exit code 4 if they differ
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub format: FormatOption,
}

/// Compares the models with the database. Exit code 4 if they differ.
///
/// # Errors
/// Alembic's error if the database is not at the heads; if the models or the database cannot be read.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    context.allow_models(&project)?;
    let terminal = context.terminal;
    let options = comparison::options(context.global.yes, Vec::new());
    let found = run_comparison(context, &project, async |target, tell, cancel| {
        Box::pin(compare(&project, &tree, target, &options, tell, cancel)).await
    })?;
    comparison::print_notes(terminal, &found.notes);
    let operations = &found.changes.operations;
    if let Some(format) = arguments.format.for_ci() {
        let findings = model_findings(&project, &read_model_files(&project), operations);
        print_check(context, &project, "check", Check::with(CheckName::Models, findings, ""), format)?;
    } else if terminal.json {
        terminal.print_document(&OperationsDocument::from(operations.as_slice()))?;
    } else if operations.is_empty() {
        terminal.print_result("No new upgrade operations detected.\n")?;
    } else {
        terminal.print_result(&format!("New upgrade operations detected:\n{}", operations_text(operations)))?;
    }
    Ok(if operations.is_empty() { Exit::Done } else { Exit::Differs })
}
