//! `check`: whether the models add anything to the database.

use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::difference::{self, Arguments, listed};
use super::exit::{Exit, Failure};
use super::interrupt;
use super::json::OperationsDocument;
use crate::engine::autogenerate::compare;

/// Compares the models with the database; exit code 4 when something differs.
///
/// # Errors
/// As Alembic when the database is not at head, and when either cannot be read.
pub fn run(context: &Context, _: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let (terminal, verbose) = (context.terminal, context.global.verbose);
    let options = difference::options(context.global.yes, Vec::new());
    let found = context.wait(async {
        let target = context.target(&project).await?;
        let cancel = CancellationToken::new();
        let watch = interrupt::watch(terminal, cancel.clone());
        let tell = |told| difference::tell(terminal, verbose, &told);
        let found = Box::pin(compare(&project, &tree, &target, &options, &tell, &cancel)).await;
        watch.abort();
        found.map_err(|error| if cancel.is_cancelled() { difference::cancelled(error) } else { error })
    })??;
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
