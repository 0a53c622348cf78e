//! `drift`: the database against what its own history says it should be.

use super::context::Context;
use super::difference::{self, Arguments, listed};
use super::exit::{Exit, Failure};
use super::json::OperationsDocument;
use crate::engine::drift::{Drift, drift};

/// Replays the history and compares; exit code 4 when the database has drifted.
///
/// # Errors
/// When the history does not run, or the database cannot be read.
pub fn run(context: &Context, _: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let terminal = context.terminal;
    let options = difference::options(context.global.yes, Vec::new());
    let found = difference::carry_out(context, &project, async |target, tell, cancel| {
        Box::pin(drift(&project, &tree, target, &options, tell, cancel)).await
    })?;
    difference::notes(terminal, &found.notes);
    if terminal.json {
        terminal.document(&OperationsDocument::from(found.changes.operations.as_slice()))?;
    } else {
        terminal.result(&text(&found))?;
    }
    Ok(if found.is_none() { Exit::Done } else { Exit::Differs })
}

fn text(found: &Drift) -> String {
    if found.is_none() {
        return "The database is what its history says.\n".to_owned();
    }
    let mut text = "The database is not what its history says:\n".to_owned();
    for line in &found.difference {
        text.extend(["  ", line.as_str(), "\n"]);
    }
    if !found.changes.operations.is_empty() {
        text.push_str("What would bring it back:\n");
        text.push_str(&listed(&found.changes.operations));
    }
    text
}
