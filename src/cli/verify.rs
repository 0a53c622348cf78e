//! `verify`: proves scripts on a scratch database.

use std::fmt::Write as _;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::interrupt;
use super::json::VerifiedDocument;
use super::terminal::Terminal;
use crate::engine::apply::Progress;
use crate::engine::verify::{Stage, VerifiedRevision, VerifyEvent, VerifyOptions, VerifyReport, verify};
use crate::engine::{Error, ErrorKind};

#[derive(Debug, Args)]
#[command(after_help = "Without REV the whole history is run, and taken back to base as a whole. The database itself \
                        is only read; data migrations run on empty tables.")]
pub struct Arguments {
    /// Revisions to prove: ids, labels, symbols, ranges START:END [default: all]
    #[arg(value_name = "REV", allow_negative_numbers = true)]
    revisions: Vec<String>,
}

/// Proves the revisions; exit code 1 when one is not.
///
/// # Errors
/// When there is no database, or no scratch database can be had, or it was cancelled.
pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    tree.require_valid()?;
    let options = VerifyOptions { revisions: arguments.revisions, download: context.global.yes };
    let (terminal, verbose) = (context.terminal, context.global.verbose);
    let report = context.wait(async {
        let target = context.target(&project).await?;
        let cancel = CancellationToken::new();
        let watch = interrupt::watch(terminal, cancel.clone());
        let report = verify(&project, &tree, &target, &options, &|told| tell(terminal, verbose, &told), &cancel).await;
        watch.abort();
        report.map_err(|error| if cancel.is_cancelled() { cancelled(error) } else { error })
    })??;
    if terminal.json {
        let documents: Vec<VerifiedDocument> = report.revisions.iter().map(VerifiedDocument::from).collect();
        terminal.document(&documents)?;
    } else {
        terminal.result(&text(&report))?;
    }
    for error in report.revisions.iter().filter_map(|verified| verified.error.as_ref()) {
        terminal.error(error);
    }
    if report.data_untested {
        terminal.note("note: statements that change rows ran on empty tables; what they do to data is not proved");
    }
    Ok(if report.is_proved() { Exit::Done } else { Exit::Failed })
}

/// What the engine says of a run that was cancelled is about the scratch database, which is gone.
fn cancelled(error: Error) -> Error {
    match error.kind {
        ErrorKind::Interrupted => Error::of(ErrorKind::Interrupted, "cancelled; the scratch database is gone"),
        _ => error,
    }
}

fn tell(terminal: Terminal, verbose: bool, told: &VerifyEvent) {
    match told {
        VerifyEvent::Scratch { place, notes } => {
            for note in notes {
                terminal.note(&format!("note: {note}"));
            }
            if verbose {
                terminal.note(&format!("Scratch database {place}"));
            }
        }
        VerifyEvent::Applying { revision } => terminal.note(&format!("Running upgrade {revision}")),
        VerifyEvent::Proving { revision, stage: Stage::Up, number, count } => {
            terminal.note(&format!("Verifying {revision} ({number} of {count})"));
        }
        VerifyEvent::Proving { stage, .. } if verbose => terminal.note(match stage {
            Stage::Down => "  down",
            Stage::Up | Stage::Again => "  up again",
        }),
        VerifyEvent::BackToBase => terminal.note("Going back to base"),
        VerifyEvent::Progress(Progress::Cancelling) => terminal.note("Cancelling; waiting for the server"),
        VerifyEvent::Proving { .. } | VerifyEvent::Verified(_) | VerifyEvent::Progress(_) => {}
    }
}

fn text(report: &VerifyReport) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for verified in &report.revisions {
        let _ = writeln!(text, "{}  {}", verified.revision, verdict(verified));
        for line in verified.note.iter().chain(&verified.difference) {
            let _ = writeln!(text, "  {line}");
        }
    }
    let proved = report.revisions.iter().filter(|verified| verified.is_proved()).count();
    let base = if report.back_to_base && report.is_proved() { ", and back to base" } else { "" };
    let _ = writeln!(text, "{proved} of {} revisions proved{base}", report.revisions.len());
    text
}

fn verdict(verified: &VerifiedRevision) -> &'static str {
    match verified {
        _ if verified.is_proved() => "proved",
        VerifiedRevision { up: false, error: Some(_), .. } => "failed: the upgrade does not run",
        VerifiedRevision { up: false, .. } => "not proved",
        VerifiedRevision { down: false, error: Some(_), .. } => "failed: the downgrade does not run",
        VerifiedRevision { down: false, .. } => "failed: the downgrade does not undo the upgrade",
        VerifiedRevision { error: Some(_), .. } => "failed: the upgrade does not run a second time",
        _ => "failed: the second upgrade makes something else",
    }
}
