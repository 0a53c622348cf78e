//! `stamp`: writes the version table without running any script.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::cancellable;
use crate::cli::offline;
use crate::cli::output::json::StampDocument;
use crate::core::plan::offline::stamp_title;
use crate::engine::Error;
use crate::engine::stamp::{self, StampRequest};
use crate::engine::state::lock::LockWait;

/// Write the version table without running any script
#[derive(Debug, Args)]
pub struct Arguments {
    /// Revisions to write: ids, labels, head, heads, base
    #[arg(value_name = "REV", required = true, allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// Empty the version table first
    #[arg(long)]
    purge: bool,
    /// Print the SQL without connecting to a database; accepts START:REV
    #[arg(long)]
    sql: bool,
    /// Accepted for Alembic compatibility; ignored
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

/// Stamps the database.
///
/// # Errors
/// If a revision cannot be resolved, or the version table cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.sql {
        if arguments.purge {
            return Err(Error::new("Can't use --purge with --sql mode").into());
        }
        return offline::stamp(context, &arguments.revisions);
    }
    let (project, tree) = context.read_scripts()?;
    tree.require_valid()?;
    let request = StampRequest { targets: &arguments.revisions, purge: arguments.purge };
    let path = context.block_on(async {
        let target = context.find_target(&project).await?;
        let terminal = context.terminal;
        cancellable(terminal, async |cancel| {
            let report = |holder: &str| terminal.print_note(&format!("Waiting for another migrator: {holder}"));
            let wait = LockWait { is_allowed: true, report: &report, cancel };
            stamp::stamp(&project, &tree, &target, request, wait).await
        })
        .await
    })??;
    for step in &path.steps {
        context.terminal.print_note(&format!("Running {}", stamp_title(step)));
    }
    if context.terminal.json {
        context.terminal.print_document(&StampDocument::from(&path))?;
    }
    Ok(Exit::Done)
}
