//! `conflicts`: whether two branches commute, proved in both orders.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::{cancellable, cancelled_on_scratch};
use crate::cli::output::conflicts::{ConflictsDocument, comparison_text};
use crate::cli::report::{FormatOption, print_check};
use crate::cli::terminal::Terminal;
use crate::core::finding::{Check, CheckName};
use crate::core::graph::RevisionId;
use crate::engine::apply::Progress;
use crate::engine::conflicts::{BranchComparison, ConflictEvent, Verdict, compare_branches, find_pairs};
use crate::engine::findings::conflict_findings;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::state::VersionTable;
use crate::engine::{Result, Target};

/// Prove whether two heads commute, in both orders; exit code 4 if they do not
#[derive(Debug, Args)]
#[command(after_help = "Without REV, limbeck compares each pair of heads. Both orders run on scratch databases; the \
                        target database is only read.")]
pub struct Arguments {
    /// Two revisions to compare: ids, labels, … [default: the heads]
    #[arg(value_names = ["REV", "REV"], num_args = 2)]
    revisions: Vec<String>,
    #[command(flatten)]
    pub format: FormatOption,
}

/// Runs both orders of each pair of heads. Exit code 4 if the results differ or a script fails.
///
/// # Errors
/// If no database is configured, a revision below the branches fails, or the user cancelled.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    tree.require_valid()?;
    let terminal = context.terminal;
    if arguments.revisions.is_empty() && tree.graph.heads().len() < 2 {
        print_comparisons(context, arguments, (&project, &tree), &[])?;
        return Ok(Exit::Done);
    }
    context.allow_scripts(&project)?;
    let (verbose, download) = (context.global.verbose, context.global.yes);
    let compared = context.block_on(async {
        let target = context.find_target(&project).await?;
        let current = read_current(&project, &target, &tree, &arguments.revisions).await?;
        let pairs = find_pairs(&tree, &arguments.revisions, &current)?;
        let report = |event| print_progress(terminal, verbose, &event);
        cancellable(terminal, async |cancel| {
            let compared =
                Box::pin(compare_branches(&project, &tree, &target, &pairs, download, &report, cancel)).await;
            compared.map_err(|error| if cancel.is_cancelled() { cancelled_on_scratch(error) } else { error })
        })
        .await
    })??;
    print_comparisons(context, arguments, (&project, &tree), &compared)?;
    let failures = compared.iter().flat_map(|one| &one.orders).filter_map(|order| order.failure.as_ref());
    for failure in failures {
        terminal.print_error(&failure.error);
    }
    let commute = compared.iter().all(|one| one.verdict == Verdict::Commute);
    Ok(if commute { Exit::Done } else { Exit::Differs })
}

/// Prints the comparisons in the requested format. There are none if the history has one head.
fn print_comparisons(
    context: &Context,
    arguments: &Arguments,
    (project, tree): (&Project, &ScriptTree),
    compared: &[BranchComparison],
) -> Result<(), Failure> {
    let terminal = context.terminal;
    if let Some(format) = arguments.format.for_ci() {
        let check = Check::with(CheckName::Heads, conflict_findings(tree, compared, None), "");
        print_check(context, project, "conflicts", check, format)?;
    } else if terminal.json {
        terminal.print_document(&ConflictsDocument::of(compared))?;
    } else if compared.is_empty() {
        terminal.print_result("There is only one head: no branches to compare\n")?;
    } else {
        let texts: Vec<String> = compared.iter().map(|one| comparison_text(tree, one)).collect();
        terminal.print_result(&texts.join("\n"))?;
    }
    Ok(())
}

/// The heads of the database, if a revision is named in relation to them.
async fn read_current(
    project: &Project,
    target: &Target,
    tree: &ScriptTree,
    revisions: &[String],
) -> Result<Vec<RevisionId>> {
    if revisions.iter().all(|revision| tree.graph.resolve(revision, &[]).is_ok()) {
        return Ok(Vec::new());
    }
    let session = target.connect("limbeck conflicts").await?;
    VersionTable::new(&project.config.database.version_table).heads(session.client()).await
}

fn print_progress(terminal: Terminal, verbose: bool, event: &ConflictEvent) {
    match event {
        ConflictEvent::Pair { pair, number, count } if *count > 1 => {
            terminal.print_note(&format!("Comparing {} and {} (pair {number} of {count})", pair.left, pair.right));
        }
        ConflictEvent::Scratch { place, notes } => {
            for note in notes {
                terminal.print_note(&format!("note: {note}"));
            }
            if verbose {
                terminal.print_note(&format!("Scratch database {place}"));
            }
        }
        ConflictEvent::Running { revision, number, count } => {
            terminal.print_note(&format!("Running upgrade {revision} ({number} of {count})"));
        }
        ConflictEvent::Progress(Progress::Cancelling) => terminal.print_note("Cancelling; waiting for the server"),
        _ => {}
    }
}
