//! `branches`: the branch points and their children.

use std::fmt::Write;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::json;
use crate::cli::output::listing::{Line, Listing};
use crate::core::graph::RevisionId;
use crate::engine::project::ScriptTree;

/// List the branch points: revisions with several children
#[derive(Debug, Args)]
pub struct Arguments {}

/// Lists the branch points, newest first.
///
/// # Errors
/// If there is no project, or the output cannot be written.
pub fn run(context: &Context, _arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let points: Vec<&RevisionId> = tree
        .graph
        .newest_first()
        .into_iter()
        .map(|revision| &revision.id)
        .filter(|id| tree.graph.is_branch_point(id.as_str()))
        .collect();
    if context.terminal.json {
        let applied = context.applied_revisions(&project, &tree);
        context.terminal.document(&json::revisions(&tree, points, applied.as_ref()))?;
    } else {
        let text: String = points.iter().map(|id| branch(&tree, id, context.global.verbose)).collect();
        context.terminal.result(&text)?;
    }
    Ok(context.finish_listing(&tree))
}

/// A branch point, its children, and an empty line.
fn branch(tree: &ScriptTree, id: &RevisionId, verbose: bool) -> String {
    let listing = Listing::new(tree);
    let mut text = listing.entry(id, verbose, Line { labels: true, tree: true, ..Line::default() });
    let indent = " ".repeat(id.as_str().chars().count());
    for child in tree.graph.children(id.as_str()) {
        let line = listing.line(child, Line { labels: true, tree: true, message: verbose, parents: false });
        let _ = writeln!(text, "{indent} -> {line}");
    }
    text.push('\n');
    text
}
