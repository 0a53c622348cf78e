//! `verify`: proves scripts on a scratch database.

use std::fmt::Write as _;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::{cancellable, cancelled_on_scratch};
use crate::cli::output::json::VerifiedDocument;
use crate::cli::report::{FormatOption, print_check};
use crate::cli::terminal::Terminal;
use crate::core::finding::{Check, CheckName};
use crate::core::text::plural;
use crate::engine::apply::Progress;
use crate::engine::findings::verify_findings;
use crate::engine::verify::{Stage, VerifiedRevision, VerifyEvent, VerifyOptions, VerifyReport, verify};

/// Prove scripts on a scratch database: up, down and up again
#[derive(Debug, Args)]
#[command(after_help = "Without REV, limbeck proves the whole history and downgrades it to base at the end. The \
                        target database is only read. Data migrations run on empty tables.")]
pub struct Arguments {
    /// Revisions to prove: ids, labels, head, current, …, ranges START:END [default: all]
    #[arg(value_name = "REV", allow_negative_numbers = true)]
    revisions: Vec<String>,
    #[command(flatten)]
    pub format: FormatOption,
}

/// Proves the revisions. Exit code 1 if a proof fails.
///
/// # Errors
/// If no database is configured, no scratch database can be created, or the user cancelled.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    context.allow_scripts(&project)?;
    tree.require_valid()?;
    let (revisions, download) = (arguments.revisions.clone(), context.global.yes);
    let options = VerifyOptions { revisions, download, ..VerifyOptions::default() };
    let (terminal, verbose) = (context.terminal, context.global.verbose);
    let report = context.block_on(async {
        let target = context.find_target(&project).await?;
        let progress = |event| print_progress(terminal, verbose, &event);
        cancellable(terminal, async |cancel| {
            let report = verify(&project, &tree, &target, &options, &progress, cancel).await;
            report.map_err(|error| if cancel.is_cancelled() { cancelled_on_scratch(error) } else { error })
        })
        .await
    })??;
    if let Some(format) = arguments.format.for_ci() {
        let check = Check::with(CheckName::Verify, verify_findings(&tree, &report), "");
        print_check(context, &project, "verify", check, format)?;
    } else if terminal.json {
        let documents: Vec<VerifiedDocument> = report.revisions.iter().map(VerifiedDocument::from).collect();
        terminal.print_document(&documents)?;
    } else {
        terminal.print_result(&report_text(&report))?;
    }
    for error in report.revisions.iter().filter_map(|verified| verified.error.as_ref()) {
        terminal.print_error(error);
    }
    if report.data_untested {
        terminal
            .print_note("note: statements that change rows ran on empty tables; their effect on data is not proved");
    }
    Ok(if report.is_proved() { Exit::Done } else { Exit::Failed })
}

fn print_progress(terminal: Terminal, verbose: bool, event: &VerifyEvent) {
    match event {
        VerifyEvent::Scratch { place, notes } => {
            for note in notes {
                terminal.print_note(&format!("note: {note}"));
            }
            if verbose {
                terminal.print_note(&format!("Scratch database {place}"));
            }
        }
        VerifyEvent::Applying { revision } => terminal.print_note(&format!("Running upgrade {revision}")),
        VerifyEvent::Proving { revision, stage: Stage::Up, number, count } => {
            terminal.print_note(&format!("Verifying {revision} ({number} of {count})"));
        }
        VerifyEvent::Proving { stage, .. } if verbose => terminal.print_note(match stage {
            Stage::Down => "  down",
            Stage::Up | Stage::Again => "  up again",
        }),
        VerifyEvent::BackToBase => terminal.print_note("Downgrading to base"),
        VerifyEvent::Progress(Progress::Cancelling) => terminal.print_note("Cancelling; waiting for the server"),
        VerifyEvent::Proving { .. } | VerifyEvent::Verified(_) | VerifyEvent::Progress(_) => {}
    }
}

fn report_text(report: &VerifyReport) -> String {
    if report.revisions.is_empty() {
        return "Nothing to prove: no revision is selected\n".to_owned();
    }
    let mut text = String::new();
    // Writing to a string cannot fail.
    for verified in &report.revisions {
        let _ = writeln!(text, "{}  {}", verified.revision, verdict(verified));
        for line in verified.note.iter().chain(&verified.difference) {
            let _ = writeln!(text, "  {}", line.replace('\n', "\n    "));
        }
    }
    let proved = report.revisions.iter().filter(|verified| verified.is_proved()).count();
    let base = if report.back_to_base && report.is_proved() { ", and the downgrade to base" } else { "" };
    let revisions = plural(report.revisions.len() as u64, "revision");
    let _ = writeln!(text, "{proved} of {revisions} proved{base}");
    text
}

fn verdict(verified: &VerifiedRevision) -> &'static str {
    match verified {
        _ if verified.is_proved() => "proved",
        VerifiedRevision { up: false, error: Some(_), .. } => "failed: the upgrade has an error",
        VerifiedRevision { up: false, .. } => "not proved",
        VerifiedRevision { down: false, error: Some(_), .. } => "failed: the downgrade has an error",
        VerifiedRevision { down: false, .. } => "failed: the downgrade does not undo the upgrade",
        VerifiedRevision { error: Some(_), .. } => "failed: the second upgrade has an error",
        _ => "failed: the second upgrade gives a different schema",
    }
}
