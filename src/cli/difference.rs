//! What `check`, `drift` and `revision --autogenerate` have in common: their options, their progress, their operations.

use clap::Args;

use super::terminal::Terminal;
use crate::core::diff::Operation;
use crate::engine::apply::Progress;
use crate::engine::autogenerate::{CompareOptions, Stage, Told};
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
        Told::Scratch { place, notes } => {
            for note in notes {
                terminal.note(&format!("note: {note}"));
            }
            if verbose {
                terminal.note(&format!("Scratch database {place}"));
            }
        }
        Told::Load if verbose => terminal.note("Loading the models"),
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

/// Prints notes, those aside that were told already.
pub fn notes(terminal: Terminal, notes: &[String]) {
    for note in notes {
        terminal.note(&format!("note: {note}"));
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
