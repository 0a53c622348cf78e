//! `show`: all details of revisions.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::json;
use crate::cli::output::listing::Listing;
use crate::cli::selection;

/// Show all details of revisions
#[derive(Debug, Args)]
pub struct Arguments {
    /// Revision: an id or its start, a label, head, heads, current
    #[arg(value_name = "REV")]
    revision: String,
}

/// Shows the revisions that the argument selects.
///
/// # Errors
/// If the argument selects no revision, there is no project, or the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let ids = selection::resolve(context, &project, &tree, &arguments.revision)?;
    if context.terminal.json {
        let applied = context.applied_revisions(&project, &tree);
        context.terminal.document(&json::revisions(&tree, &ids, applied.as_ref()))?;
    } else {
        let listing = Listing::new(&tree);
        context.terminal.result(&ids.iter().map(|id| listing.block(id)).collect::<String>())?;
    }
    Ok(context.finish_listing(&tree))
}
