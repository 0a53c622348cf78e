//! `heads`: the revisions that no other revises.

use clap::Args;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::json;
use super::listing::{Line, Listing};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Leave out heads that other revisions depend on
    #[arg(long)]
    resolve_dependencies: bool,
}

/// Lists the heads.
///
/// # Errors
/// When there is no project, or the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let heads = if arguments.resolve_dependencies { tree.graph.real_heads() } else { tree.graph.heads() };
    if context.terminal.json {
        let applied = json::applied(context, &project, &tree);
        context.terminal.document(&json::revisions(&tree, heads, applied.as_ref()))?;
    } else {
        let listing = Listing::new(&tree);
        let line = Line { labels: true, ..Line::default() };
        let text: String = heads.iter().map(|id| listing.entry(id, context.global.verbose, line)).collect();
        context.terminal.result(&text)?;
    }
    Ok(context.finish_listing(&tree))
}
