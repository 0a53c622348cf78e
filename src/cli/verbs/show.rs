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
    let (project, tree) = context.read_scripts()?;
    let ids = selection::resolve(context, &project, &tree, &arguments.revision)?;
    if context.terminal.json {
        let applied = context.applied_revisions(&project, &tree);
        context.terminal.print_document(&json::revisions(&tree, &ids, applied.as_ref()))?;
    } else {
        let listing = Listing::new(&tree);
        context.terminal.print_result(&ids.iter().map(|id| listing.block(id)).collect::<String>())?;
    }
    for file in ids.iter().filter_map(|id| tree.scripts.get(id)) {
        for fault in file.script.python().map(|code| code.docstring_faults.as_slice()).unwrap_or_default() {
            context.terminal.print_note(&format!("note: {}: {fault}", file.path.display()));
        }
    }
    Ok(context.finish_listing(&tree))
}
