//! `check`: whether the models add anything to the database.

use super::context::Context;
use super::difference::{self, Arguments, listed};
use super::exit::{Exit, Failure};
use super::json::OperationsDocument;
use crate::engine::autogenerate::compare;

/// Compares the models with the database; exit code 4 when something differs.
///
/// # Errors
/// As Alembic when the database is not at head, and when either cannot be read.
pub fn run(context: &Context, _: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let terminal = context.terminal;
    let options = difference::options(context.global.yes, Vec::new());
    let found = difference::carry_out(context, &project, async |target, tell, cancel| {
        Box::pin(compare(&project, &tree, target, &options, tell, cancel)).await
    })?;
    difference::notes(terminal, &found.notes);
    let operations = &found.changes.operations;
    if terminal.json {
        terminal.document(&OperationsDocument::from(operations.as_slice()))?;
    } else if operations.is_empty() {
        terminal.result("No new upgrade operations detected.\n")?;
    } else {
        terminal.result(&format!("New upgrade operations detected:\n{}", listed(operations)))?;
    }
    Ok(if operations.is_empty() { Exit::Done } else { Exit::Differs })
}
