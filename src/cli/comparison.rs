//! What `check`, `drift` and `revision --autogenerate` share: options, progress, and operations as text.

use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::exit::Failure;
use super::interrupt::{cancellable, cancelled_on_scratch};
use super::terminal::Terminal;
use crate::core::diff::Operation;
use crate::engine::apply::Progress;
use crate::engine::autogenerate::{AutogenerateEvent, AutogenerateReporter, CompareOptions, Stage};
use crate::engine::project::Project;
use crate::engine::{Error, Target, models};

/// The options of a comparison; `yes` is the value of `--yes`.
pub fn options(yes: bool, renames: Vec<String>) -> CompareOptions {
    CompareOptions { renames, download: yes, consent: yes, complete: false }
}

/// Runs a comparison on the target. Prints its progress; `^C` cancels it.
pub fn run_comparison<T>(
    context: &Context,
    project: &Project,
    work: impl AsyncFnOnce(&Target, AutogenerateReporter<'_>, &CancellationToken) -> Result<T, Error>,
) -> Result<T, Failure> {
    let (terminal, verbose) = (context.terminal, context.global.verbose);
    let result = context.block_on(async {
        let target = context.find_target(project).await?;
        cancellable(terminal, async |cancel| {
            let result = Box::pin(work(&target, &|event| print_progress(terminal, verbose, &event), cancel)).await;
            result.map_err(|error| if cancel.is_cancelled() { cancelled_on_scratch(error) } else { error })
        })
        .await
    });
    Ok(result??)
}

fn print_progress(terminal: Terminal, verbose: bool, event: &AutogenerateEvent) {
    match event {
        AutogenerateEvent::Load(models::ModelsEvent::Loading { file, number, count }) if verbose => {
            terminal.print_note(&format!("Loading {file} ({number} of {count})"));
        }
        AutogenerateEvent::Load(models::ModelsEvent::FromCache) if verbose => {
            terminal.print_note("The models have not changed: using the cache");
        }
        AutogenerateEvent::Load(models::ModelsEvent::Scratch { place, .. })
        | AutogenerateEvent::Scratch { place, .. }
            if verbose =>
        {
            terminal.print_note(&format!("Scratch database {place}"));
        }
        AutogenerateEvent::Read if verbose => terminal.print_note("Reading the database"),
        AutogenerateEvent::Compare if verbose => terminal.print_note("Comparing"),
        AutogenerateEvent::Replay { revision } if verbose => {
            terminal.print_note(&format!("Running upgrade {revision}"));
        }
        AutogenerateEvent::Prove(stage) if verbose => terminal.print_note(match stage {
            Stage::Up => "Proving the upgrade",
            Stage::Down => "Proving the downgrade",
            Stage::Again => "Proving the second upgrade",
        }),
        AutogenerateEvent::Progress(Progress::Cancelling) => terminal.print_note("Cancelling; waiting for the server"),
        _ => {}
    }
}

/// Prints each different note once.
pub fn print_notes(terminal: Terminal, notes: &[String]) {
    for (place, note) in notes.iter().enumerate() {
        if !notes.iter().take(place).any(|printed| printed == note) {
            terminal.print_note(&format!("note: {note}"));
        }
    }
}

/// The SQL of the operations, indented.
pub fn operations_text(operations: &[Operation]) -> String {
    let mut text = String::new();
    for line in operations.iter().flat_map(|operation| operation.sql.lines()) {
        text.extend(["  ", line.trim_end(), "\n"]);
    }
    text
}
