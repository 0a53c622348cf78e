//! `ensure_version`: creates the version table if it does not exist.

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::offline;
use crate::engine::stamp;

/// Create the version table if it does not exist
#[derive(Debug, Args)]
pub struct Arguments {
    /// Print the SQL without connecting to a database
    #[arg(long)]
    sql: bool,
}

#[derive(Serialize)]
struct EnsureVersionDocument<'a> {
    version_table: &'a str,
}

/// Creates the version table.
///
/// # Errors
/// If the database does not answer, or the role may not create the table.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.sql {
        return offline::ensure_version(context);
    }
    let project = context.open_project()?;
    context.block_on(async {
        let target = context.find_target(&project).await?;
        stamp::ensure_version(&project, &target).await
    })??;
    if context.terminal.json {
        context
            .terminal
            .print_document(&EnsureVersionDocument { version_table: &project.config.database.version_table })?;
    }
    Ok(Exit::Done)
}
