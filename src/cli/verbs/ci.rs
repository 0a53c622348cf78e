//! `ci`: all checks of a pull request in one run.

use clap::Args;

use crate::cli::approval::Allow;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::{cancellable, cancelled_on_scratch};
use crate::cli::report::{FormatOption, failed_check, print_report};
use crate::cli::terminal::Terminal;
use crate::core::hazard::Class;
use crate::engine::ci::{self, CiEvent, CiOptions};
use crate::engine::conflicts::ConflictEvent;
use crate::engine::verify::{Stage, VerifyEvent};

/// Run all checks of a pull request; exit code 4 if one fails
#[derive(Debug, Args)]
#[command(after_help = "The checks, in this order:\n  \
    scripts   every script can be read, and the revisions form a history\n  \
    heads     there is one head, or both orders of each pair of heads give the same result\n  \
    edited    no script differs from the text that the database has run (if a database answers)\n  \
    verify    each changed script runs up, down and up again\n  \
    hazards   no changed upgrade has a hazard of a class in --deny without a `limbeck: allow` comment\n  \
    models    the history creates the schema of the models\n\n\
    Scripts run on the server of [scratch] url, or on a private server. No target database is needed, and none is \
    changed. `limbeck lint --explain CODE` explains the code of a finding.")]
pub struct Arguments {
    /// Check the scripts that differ from the common ancestor with this commit, e.g. origin/main [default: all]
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Fail if the upgrade of a changed script has a hazard of these classes without a `limbeck: allow` comment
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = Allow::parser())]
    deny: Vec<Allow>,
    #[command(flatten)]
    pub format: FormatOption,
}

/// Runs the checks. Exit code 4 if one fails.
///
/// # Errors
/// If there is no project, git does not know the commit, no server can be started, or the user cancelled.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    context.allow_scripts(&project)?;
    context.allow_models(&project)?;
    let options = CiOptions {
        since: arguments.since.clone(),
        deny: denied_classes(&arguments.deny),
        connect: context.connect_options(),
        download: context.global.yes,
        consent: context.global.yes,
    };
    let (terminal, verbose) = (context.terminal, context.global.verbose);
    let report = context.block_on(async {
        let progress = |event| print_progress(terminal, verbose, &event);
        cancellable(terminal, async |cancel| {
            let report = Box::pin(ci::run(&project, &tree, &options, &progress, cancel)).await;
            report.map_err(|error| if cancel.is_cancelled() { cancelled_on_scratch(error) } else { error })
        })
        .await
    })??;
    print_report(context, &project, "ci", &report, arguments.format.format(context))?;
    let Some(error) = failed_check(&project, &report)? else { return Ok(Exit::Done) };
    terminal.print_error(&error);
    Ok(Exit::Differs)
}

fn denied_classes(deny: &[Allow]) -> Vec<Class> {
    Class::ALL.into_iter().filter(|class| deny.iter().any(|word| word.covers(*class))).collect()
}

fn print_progress(terminal: Terminal, verbose: bool, event: &CiEvent) {
    match event {
        CiEvent::Verify(VerifyEvent::Proving { revision, stage: Stage::Up, number, count }) => {
            terminal.print_note(&format!("Verifying {revision} ({number} of {count})"));
        }
        CiEvent::Verify(VerifyEvent::Applying { revision }) if verbose => {
            terminal.print_note(&format!("Running upgrade {revision}"));
        }
        CiEvent::Conflicts(ConflictEvent::Pair { pair, .. }) => {
            terminal.print_note(&format!("Comparing {} and {}", pair.left, pair.right));
        }
        CiEvent::Models => terminal.print_note("Comparing the history with the models"),
        _ => {}
    }
}
