//! `show`: revisions with all that their scripts say of them.

use clap::Args;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::json;
use super::listing::Listing;
use crate::core::graph::RevisionId;
use crate::engine::project::{Project, ScriptTree};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Revision: an id or the start of one, a label, head, heads, current
    #[arg(value_name = "REV")]
    revision: String,
}

/// Shows the revisions that an argument means.
///
/// # Errors
/// When it means none, there is no project, or the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let ids = meant(context, &project, &tree, &arguments.revision)?;
    if context.terminal.json {
        let applied = json::applied(context, &project, &tree);
        context.terminal.document(&json::revisions(&tree, &ids, applied.as_ref()))?;
    } else {
        let listing = Listing::new(&tree);
        context.terminal.result(&ids.iter().map(|id| listing.block(id)).collect::<String>())?;
    }
    Ok(context.finish_listing(&tree))
}

/// The revisions that an argument means; the database is asked only where the argument speaks of it.
///
/// # Errors
/// In Alembic's words, when there are none; when the database is needed and does not answer.
pub fn meant(
    context: &Context,
    project: &Project,
    tree: &ScriptTree,
    argument: &str,
) -> Result<Vec<RevisionId>, Failure> {
    let relative = argument.starts_with(['+', '-']);
    let current = if argument.contains("current") || relative { context.status(project)?.heads } else { Vec::new() };
    if argument == "current" {
        return Ok(current);
    }
    Ok(tree.graph.resolve(argument, &current)?)
}
