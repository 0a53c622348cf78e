//! `history`: all revisions or a range, newest first.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::json;
use crate::cli::output::listing::{Line, Listing};
use crate::cli::selection::parse_range;
use crate::core::graph::RevisionId;

/// List the revisions, newest first
#[derive(Debug, Args)]
pub struct Arguments {
    /// List only this range, e.g. 1975ea:ae1027, -3:current, current:
    #[arg(short, long, value_name = "START:END", allow_hyphen_values = true)]
    pub rev_range: Option<String>,
    /// Mark the revisions that the database is at
    #[arg(short, long)]
    pub indicate_current: bool,
}

/// Lists the revisions.
///
/// # Errors
/// If there is no project, an end of the range cannot be resolved, the database is needed and does not answer, or the
/// output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (start, end) = arguments.rev_range.as_deref().map(parse_range).transpose()?.unwrap_or_default();
    let (project, tree) = context.read_scripts()?;
    let names_current = [start, end].iter().flatten().any(|end| end.contains("current"));
    let current = if arguments.indicate_current || names_current { Some(context.read_heads(&project)?) } else { None };
    let at: &[RevisionId] = current.as_deref().unwrap_or_default();
    let revisions = tree.graph.range(start, end, at)?;
    let ids = revisions.iter().map(|revision| &revision.id);
    if context.terminal.json {
        let applied = match &current {
            Some(heads) => Some(tree.graph.ancestors(heads)),
            None => context.applied_revisions(&project, &tree),
        };
        context.terminal.print_document(&json::revisions(&tree, ids, applied.as_ref()))?;
    } else {
        let listing = if arguments.indicate_current { Listing::marking(&tree, at) } else { Listing::new(&tree) };
        let line = Line { parents: true, labels: true, tree: true, message: true };
        let text: String = ids.map(|id| listing.entry(id, context.global.verbose, line)).collect();
        context.terminal.print_result(&text)?;
    }
    Ok(context.finish_listing(&tree))
}
