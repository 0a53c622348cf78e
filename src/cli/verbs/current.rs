//! `current`: the revisions that the database is at.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::json::CurrentDocument;
use crate::cli::output::listing::{Line, Listing};
use crate::core::escape::escape_line;
use crate::core::graph::RevisionId;
use crate::engine::doctor::server_url;
use crate::engine::project::ScriptTree;
use crate::engine::{Error, ErrorKind};

/// Show the revisions that the database is at
#[derive(Debug, Args)]
pub struct Arguments {
    /// Exit with code 4 if the database is not at all heads
    #[arg(long)]
    check_heads: bool,
}

/// Lists the revisions in the version table, and the branches that they depend on.
///
/// # Errors
/// If the database does not answer; of kind `Differs` with `--check-heads`.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    let status = context.read_status(&project)?;
    let document = CurrentDocument::new(&tree, &status);
    let is_behind = arguments.check_heads && !(document.missing.is_empty() && document.pending.is_empty());
    if context.terminal.json {
        context.terminal.print_document(&document)?;
        if is_behind {
            context.terminal.print_error(&not_at_heads());
            return Ok(Exit::Differs);
        }
        return Ok(context.finish_listing(&tree));
    }
    if context.global.verbose {
        let url = server_url(&status.server);
        context.terminal.print_result(&format!("Current revision(s) for {}:\n", escape_line(&url)))?;
    }
    if is_behind {
        return Err(not_at_heads().into());
    }
    let listing = Listing::new(&tree);
    let line = Line { tree: true, ..Line::default() };
    let tips = applied_tips(&tree, &status.heads);
    let text: String = tips.iter().map(|id| listing.entry(id, context.global.verbose, line)).collect();
    context.terminal.print_result(&text)?;
    Ok(context.finish_listing(&tree))
}

/// The applied revisions without an applied child, and missing heads, sorted by id.
fn applied_tips(tree: &ScriptTree, heads: &[RevisionId]) -> Vec<RevisionId> {
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
