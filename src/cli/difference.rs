//! What `check`, `drift` and `revision --autogenerate` have in common: their options, their progress, their operations.

use clap::Args;

use super::terminal::Terminal;
use crate::core::diff::Operation;
use crate::engine::apply::Progress;
use crate::engine::autogenerate::{CompareOptions, Stage, Told};
use crate::engine::models;
use crate::engine::{Error, ErrorKind};

/// No options of its own, so far.
#[derive(Debug, Args)]
pub struct Arguments {}

/// How to compare, as the options of every command say.
pub fn options(yes: bool, renames: Vec<String>) -> CompareOptions {
    CompareOptions { renames, download: yes, consent: yes }
}

/// Tells the phases.
pub fn tell(terminal: Terminal, verbose: bool, told: &Told) {
    match told {
        Told::Load(models::Told::Loading { file, number, count }) if verbose => {
            terminal.note(&format!("Loading {file} ({number} of {count})"));
        }
        Told::Load(models::Told::FromCache) if verbose => terminal.note("The models are as they were"),
        Told::Load(models::Told::Scratch { place, .. }) | Told::Scratch { place, .. } if verbose => {
            terminal.note(&format!("Scratch database {place}"));
        }
        Told::Read if verbose => terminal.note("Reading the database"),
        Told::Compare if verbose => terminal.note("Comparing"),
        Told::Replay { revision } if verbose => terminal.note(&format!("Running upgrade {revision}")),
        Told::Prove(stage) if verbose => terminal.note(match stage {
            Stage::Up => "Proving the upgrade",
            Stage::Down => "Proving the downgrade",
            Stage::Again => "Proving the upgrade once more",
        }),
        Told::Progress(Progress::Cancelling) => terminal.note("Cancelling; waiting for the server"),
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

/// The operations as a list to read: each statement's first line, what follows set in.
pub fn listed(operations: &[Operation]) -> String {
    let mut text = String::new();
    for operation in operations {
        for (number, line) in operation.sql.lines().enumerate() {
            text.push_str(if number == 0 { "  " } else { "    " });
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

/// What the engine says of a run that was cancelled is about the scratch database, which is gone.
pub fn cancelled(error: Error) -> Error {
    match error.kind {
        ErrorKind::Interrupted => Error::of(ErrorKind::Interrupted, "cancelled; the scratch database is gone"),
        _ => error,
    }
}
