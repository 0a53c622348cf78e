//! `stamp`: the version table without any script.

use clap::Args;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::json::StampDocument;
use super::offline;
use crate::core::plan::offline::stamp_title;
use crate::engine::{Error, stamp};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Revisions that the database is to be at: ids, labels, head, heads, base
    #[arg(value_name = "REV", required = true, allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// Empty the version table first, whatever it holds
    #[arg(long)]
    purge: bool,
    /// Print the SQL, and run nothing; START:REV is taken
    #[arg(long)]
    sql: bool,
    /// Taken for Alembic's sake; no script asks for it
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

/// Stamps the database.
///
/// # Errors
/// When a revision cannot be resolved, or the table cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.sql {
        if arguments.purge {
            return Err(Error::new("Can't use --purge with --sql mode").into());
        }
        return offline::stamp(context, &arguments.revisions);
    }
    let (project, tree) = context.scripts()?;
    tree.require_valid()?;
    let path = context.wait(async {
        let target = context.target(&project).await?;
        stamp::stamp(&project, &tree, &target, &arguments.revisions, arguments.purge).await
    })??;
    for step in &path.steps {
        context.terminal.note(&format!("Running {}", stamp_title(step)));
    }
    if context.terminal.json {
        context.terminal.document(&StampDocument::from(&path))?;
    }
    Ok(Exit::Done)
}
