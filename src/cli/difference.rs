//! What `check`, `drift` and `revision --autogenerate` have in common: their options, their progress, their operations.

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::exit::Failure;
use super::interrupt;
use super::terminal::Terminal;
use crate::core::diff::Operation;
use crate::engine::apply::Progress;
use crate::engine::autogenerate::{AutogenerateEvent, AutogenerateReporter, CompareOptions, Stage};
use crate::engine::project::Project;
use crate::engine::{Error, ErrorKind, Target, models};

/// No options of its own, so far.
#[derive(Debug, Args)]
pub struct Arguments {}

/// How to compare, as the options of every command say.
pub fn options(yes: bool, renames: Vec<String>) -> CompareOptions {
    CompareOptions { renames, download: yes, consent: yes }
}

/// Carries out work on the target that tells its phases and can be cancelled.
pub fn carry_out<T>(
    context: &Context,
    project: &Project,
    work: impl AsyncFnOnce(&Target, AutogenerateReporter<'_>, &CancellationToken) -> Result<T, Error>,
) -> Result<T, Failure> {
    let (terminal, verbose) = (context.terminal, context.global.verbose);
    let done = context.wait(async {
        let target = context.target(project).await?;
        let cancel = CancellationToken::new();
        let watch = interrupt::watch(terminal, cancel.clone());
        let done = Box::pin(work(&target, &|told| tell(terminal, verbose, &told), &cancel)).await;
        watch.abort();
        done.map_err(|error| if cancel.is_cancelled() { cancelled(error) } else { error })
    });
    Ok(done??)
}

/// Tells the phases.
fn tell(terminal: Terminal, verbose: bool, told: &AutogenerateEvent) {
    match told {
        AutogenerateEvent::Load(models::ModelsEvent::Loading { file, number, count }) if verbose => {
            terminal.note(&format!("Loading {file} ({number} of {count})"));
        }
        AutogenerateEvent::Load(models::ModelsEvent::FromCache) if verbose => {
            terminal.note("The models are as they were");
        }
        AutogenerateEvent::Load(models::ModelsEvent::Scratch { place, .. })
        | AutogenerateEvent::Scratch { place, .. }
            if verbose =>
        {
            terminal.note(&format!("Scratch database {place}"));
        }
        AutogenerateEvent::Read if verbose => terminal.note("Reading the database"),
        AutogenerateEvent::Compare if verbose => terminal.note("Comparing"),
        AutogenerateEvent::Replay { revision } if verbose => terminal.note(&format!("Running upgrade {revision}")),
        AutogenerateEvent::Prove(stage) if verbose => terminal.note(match stage {
            Stage::Up => "Proving the upgrade",
            Stage::Down => "Proving the downgrade",
            Stage::Again => "Proving the upgrade once more",
        }),
        AutogenerateEvent::Progress(Progress::Cancelling) => terminal.note("Cancelling; waiting for the server"),
        _ => {}
    }
}

/// Prints what people should know besides, each once.
pub fn notes(terminal: Terminal, notes: &[String]) {
    for (place, note) in notes.iter().enumerate() {
        if !notes.iter().take(place).any(|told| told == note) {
            terminal.note(&format!("note: {note}"));
        }
    }
}

/// The operations as a list to read, set in as they stand.
pub fn listed(operations: &[Operation]) -> String {
    let mut text = String::new();
    for operation in operations {
        for line in operation.sql.lines() {
            text.push_str("  ");
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

/// What the engine says of a run that was cancelled is about the scratch database, which is gone.
fn cancelled(error: Error) -> Error {
    match error.kind {
        ErrorKind::Interrupted => Error::of(ErrorKind::Interrupted, "cancelled; the scratch database is gone"),
        _ => error,
    }
}
