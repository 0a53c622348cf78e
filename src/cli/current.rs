//! `current`: the revisions that the database is at.

use clap::Args;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::json::CurrentDocument;
use super::listing::{Line, Listing};
use crate::core::graph::RevisionId;
use crate::engine::doctor::server_url;
use crate::engine::project::ScriptTree;
use crate::engine::{Error, ErrorKind};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Exit with 4 when the database is not at all heads
    #[arg(long)]
    check_heads: bool,
}

/// Lists what the version table says, dependencies included.
///
/// # Errors
/// When the database does not answer; of kind `Differs` with `--check-heads`.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let status = context.status(&project)?;
    let document = CurrentDocument::new(&tree, &status);
    let behind = arguments.check_heads && !(document.missing.is_empty() && document.pending.is_empty());
    if context.terminal.json {
        context.terminal.document(&document)?;
        if behind {
            context.terminal.error(&not_at_heads());
            return Ok(Exit::Differs);
        }
        return Ok(context.finish_listing(&tree));
    }
    if context.global.verbose {
        context.terminal.result(&format!("Current revision(s) for {}:\n", server_url(&status.server)))?;
    }
    if behind {
        return Err(not_at_heads().into());
    }
    let listing = Listing::new(&tree);
    let line = Line { tree: true, ..Line::default() };
    let listed = with_dependencies(&tree, &status.heads);
    let text: String = listed.iter().map(|id| listing.entry(id, context.global.verbose, line)).collect();
    context.terminal.result(&text)?;
    Ok(context.finish_listing(&tree))
}

/// The heads of all that the database has: its rows, and the tips of branches that those depend on, sorted by id.
fn with_dependencies(tree: &ScriptTree, heads: &[RevisionId]) -> Vec<RevisionId> {
    let applied = tree.graph.ancestors(heads);
    let is_tip = |id: &RevisionId| !tree.graph.children(id.as_str()).into_iter().any(|child| applied.contains(child));
    let mut tips: Vec<RevisionId> = applied.iter().filter(|id| is_tip(id)).cloned().collect();
    tips.extend(heads.iter().filter(|id| !applied.contains(id.as_str())).cloned());
    tips.sort_unstable();
    tips
}

fn not_at_heads() -> Error {
    Error::of(ErrorKind::Differs, "Database is not on all head revisions").hint("run limbeck upgrade heads")
}
