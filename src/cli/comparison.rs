//! What `check`, `drift` and `revision --autogenerate` share: options, progress, and operations as text.

use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::exit::Failure;
use super::interrupt::{cancellable, cancelled_on_scratch};
use super::terminal::Terminal;
use crate::core::diff::Operation;
use crate::engine::apply::Progress;
use crate::engine::autogenerate::{CompareOptions, Stage, TellAutogenerate, Told};
use crate::engine::project::Project;
use crate::engine::{Error, Target, models};

/// The options of a comparison; `yes` is the value of `--yes`.
pub fn options(yes: bool, renames: Vec<String>) -> CompareOptions {
    CompareOptions { renames, download: yes, consent: yes }
}

/// Runs a comparison on the target. Prints its progress; `^C` cancels it.
pub fn run_comparison<T>(
    context: &Context,
    project: &Project,
    work: impl AsyncFnOnce(&Target, TellAutogenerate<'_>, &CancellationToken) -> Result<T, Error>,
) -> Result<T, Failure> {
    let (terminal, verbose) = (context.terminal, context.global.verbose);
    let result = context.block_on(async {
        let target = context.find_target(project).await?;
        cancellable(terminal, async |cancel| {
            let result = Box::pin(work(&target, &|told| print_progress(terminal, verbose, &told), cancel)).await;
            result.map_err(|error| if cancel.is_cancelled() { cancelled_on_scratch(error) } else { error })
        })
        .await
    });
    Ok(result??)
}

fn print_progress(terminal: Terminal, verbose: bool, told: &Told) {
    match told {
        Told::Load(models::Told::Loading { file, number, count }) if verbose => {
            terminal.print_note(&format!("Loading {file} ({number} of {count})"));
        }
        Told::Load(models::Told::FromCache) if verbose => {
            terminal.print_note("The models have not changed: using the cache");
        }
        Told::Load(models::Told::Scratch { place, .. }) | Told::Scratch { place, .. } if verbose => {
            terminal.print_note(&format!("Scratch database {place}"));
        }
        Told::Read if verbose => terminal.print_note("Reading the database"),
        Told::Compare if verbose => terminal.print_note("Comparing"),
        Told::Replay { revision } if verbose => terminal.print_note(&format!("Running upgrade {revision}")),
        Told::Prove(stage) if verbose => terminal.print_note(match stage {
            Stage::Up => "Proving the upgrade",
            Stage::Down => "Proving the downgrade",
            Stage::Again => "Proving the second upgrade",
        }),
        Told::Progress(Progress::Cancelling) => terminal.print_note("Cancelling; waiting for the server"),
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
