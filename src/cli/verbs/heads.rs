//! `heads`: the revisions without children.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::json;
use crate::cli::output::listing::{Line, Listing};

/// List the heads: revisions without children
#[derive(Debug, Args)]
pub struct Arguments {
    /// Omit heads that other revisions depend on
    #[arg(long)]
    resolve_dependencies: bool,
}

/// Lists the heads.
///
/// # Errors
/// If there is no project, or the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let heads = if arguments.resolve_dependencies { tree.graph.real_heads() } else { tree.graph.heads() };
    if context.terminal.json {
        let applied = context.applied_revisions(&project, &tree);
        context.terminal.document(&json::revisions(&tree, heads, applied.as_ref()))?;
    } else {
        let listing = Listing::new(&tree);
        let line = Line { labels: true, ..Line::default() };
        let text: String = heads.iter().map(|id| listing.entry(id, context.global.verbose, line)).collect();
        context.terminal.result(&text)?;
    }
    Ok(context.finish_listing(&tree))
}
