//! `drift`: compares the database with the schema that its own history defines.

use clap::Args;

use crate::cli::comparison::{self, operations_text, run_comparison};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::json::OperationsDocument;
use crate::engine::drift::{Drift, drift};

/// Compare the database with the schema that its history defines; exit code 4 if they differ
#[derive(Debug, Args)]
pub struct Arguments {}

/// Replays the history on a scratch database and compares the schemas. Exit code 4 if they differ.
///
/// # Errors
/// If a script of the history fails, or the database cannot be read.
pub fn run(context: &Context, _arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    context.allow_scripts(&project)?;
    let terminal = context.terminal;
    let options = comparison::options(context.global.yes, Vec::new());
    let found = run_comparison(context, &project, async |target, tell, cancel| {
        Box::pin(drift(&project, &tree, target, None, &options, tell, cancel)).await
    })?;
    comparison::print_notes(terminal, &found.notes);
    if terminal.json {
        terminal.print_document(&OperationsDocument::from(found.changes.operations.as_slice()))?;
    } else {
        terminal.print_result(&drift_text(&found))?;
    }
    Ok(if found.is_none() { Exit::Done } else { Exit::Differs })
}

fn drift_text(found: &Drift) -> String {
    if found.is_none() {
        return "The database equals the schema of its history.\n".to_owned();
    }
    let mut text = "The database differs from the schema of its history:\n".to_owned();
    for line in &found.difference {
        text.extend(["  ", line.replace('\n', "\n    ").as_str(), "\n"]);
    }
    if !found.changes.operations.is_empty() {
        text.push_str("These statements would remove the differences:\n");
        text.push_str(&operations_text(&found.changes.operations));
    }
    text
}
