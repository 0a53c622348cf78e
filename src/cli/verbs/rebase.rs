//! `rebase`: moves a branch onto another revision.

use std::fmt::Write as _;
use std::sync::Arc;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::{cancellable, cancelled_on_scratch};
use crate::cli::output::rebase::{RebaseDocument, tree_text};
use crate::cli::terminal::Terminal;
use crate::core::graph::RevisionId;
use crate::core::text::plural;
use crate::engine::apply::Progress;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::rebase::{
    PlannedRebase, find_holders, plan_rebase, prove_rebase, require_not_applied, require_proved, write_rebase,
};
use crate::engine::state::VersionTable;
use crate::engine::verify::{Stage, VerifyEvent, VerifyReport};
use crate::engine::{Error, ErrorKind, Result, Target};

/// Move a branch that no database has applied onto another revision
#[derive(Debug, Args)]
#[command(after_help = "The branch of REV since its common ancestor with the other revision is moved. limbeck reads \
                        the version table of every environment, proves the new history on a scratch database, and then \
                        changes the parents in the scripts: all of them, or none.")]
pub struct Arguments {
    /// A revision of the branch, usually its head
    #[arg(value_name = "REV")]
    revision: String,
    /// The revision that the branch is moved onto
    #[arg(long, value_name = "REV")]
    onto: String,
    /// Do not read the database of this environment, because it does not have the branch
    #[arg(long, value_name = "ENVIRONMENT")]
    skip_check: Vec<String>,
}

/// Plans, checks, proves and writes the rebase.
///
/// # Errors
/// If an environment has the branch or cannot be read, the new history is not proved, or a script cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    tree.require_valid()?;
    context.allow_scripts(&project)?;
    let tree = Arc::new(tree);
    let terminal = context.terminal;
    let (planned, report) = context.block_on(async {
        let target = context.find_target(&project).await?;
        let planned = plan(&project, &tree, &target, arguments).await?;
        terminal.print_note(&tree_text("before", &planned.before, &planned));
        terminal.print_note(&tree_text("after", &planned.after, &planned));
        let moved = &planned.rebase.moved;
        require_not_applied(&find_holders(&project, &tree, &target, moved, &arguments.skip_check).await?)?;
        let report = prove(context, &project, &planned, &target).await?;
        require_proved(&planned, &report)?;
        write_rebase(&planned)?;
        Ok::<_, Error>((planned, report))
    })??;
    if terminal.json {
        terminal.print_document(&RebaseDocument::new(&planned, &report))?;
    } else {
        terminal.print_result(&result_text(&planned, &report))?;
    }
    Ok(Exit::Done)
}

async fn plan(
    project: &Project,
    tree: &Arc<ScriptTree>,
    target: &Target,
    arguments: &Arguments,
) -> Result<PlannedRebase> {
    let mut current = Vec::new();
    if [&arguments.revision, &arguments.onto].iter().any(|text| tree.graph.resolve(text, &[]).is_err()) {
        let session = target.connect("limbeck rebase").await?;
        current = VersionTable::new(&project.config.database.version_table).heads(session.client()).await?;
    }
    let revision = resolve_one(tree, &arguments.revision, &current)?;
    let onto = resolve_one(tree, &arguments.onto, &current)?;
    plan_rebase(project, tree, &revision, &onto)
}

fn resolve_one(tree: &ScriptTree, text: &str, current: &[RevisionId]) -> Result<RevisionId> {
    match tree.graph.resolve(text, current)?.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Error::of(ErrorKind::Usage, format!("'{text}' is not a revision"))
            .hint("a branch can be moved onto a revision, not onto base")),
        several => {
            let ids: Vec<&str> = several.iter().map(RevisionId::as_str).collect();
            Err(Error::of(ErrorKind::Usage, format!("'{text}' means several revisions: {}", ids.join(", ")))
                .hint("name one of them"))
        }
    }
}

async fn prove(context: &Context, project: &Project, planned: &PlannedRebase, target: &Target) -> Result<VerifyReport> {
    let (terminal, download) = (context.terminal, context.global.yes);
    let report = |event| print_progress(terminal, &event);
    cancellable(terminal, async |cancel| {
        let proved = Box::pin(prove_rebase(project, planned, target, download, &report, cancel)).await;
        proved.map_err(|error| if cancel.is_cancelled() { cancelled_on_scratch(error) } else { error })
    })
    .await
}

fn print_progress(terminal: Terminal, event: &VerifyEvent) {
    match event {
        VerifyEvent::Scratch { notes, .. } => {
            for note in notes {
                terminal.print_note(&format!("note: {note}"));
            }
        }
        VerifyEvent::Applying { revision } => terminal.print_note(&format!("Running upgrade {revision}")),
        VerifyEvent::Proving { revision, stage: Stage::Up, number, count } => {
            terminal.print_note(&format!("Proving {revision} ({number} of {count})"));
        }
        VerifyEvent::Progress(Progress::Cancelling) => terminal.print_note("Cancelling; waiting for the server"),
        _ => {}
    }
}

fn result_text(planned: &PlannedRebase, report: &VerifyReport) -> String {
    let count = plural(report.revisions.len() as u64, "revision");
    let mut text = format!("Rebased {} onto {}; {count} proved\n", planned.revision, planned.onto);
    // Writing to a string cannot fail.
    for (change, file) in planned.rebase.changes.iter().zip(&planned.files) {
        let parents: Vec<&str> = change.after.iter().map(RevisionId::as_str).collect();
        let _ = writeln!(text, "  {}: revises {}", file.path.display(), parents.join(", "));
    }
    for verified in report.revisions.iter().filter(|verified| !verified.is_proved()) {
        let _ = writeln!(text, "  note: {} has no downgrade, so only its upgrade is proved", verified.revision);
    }
    text
}
