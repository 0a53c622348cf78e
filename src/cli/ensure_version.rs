//! `ensure_version`: the version table, where there is none.

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::offline;
use crate::engine::stamp;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Print the SQL, and run nothing
    #[arg(long)]
    sql: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    version_table: &'a str,
}

/// Makes the version table.
///
/// # Errors
/// When the database does not answer, or the role may not make it.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.sql {
        return offline::ensure_version(context);
    }
    let project = context.project()?;
    context.wait(async {
        let target = context.target(&project).await?;
        stamp::ensure_version(&project, &target).await
    })??;
    if context.terminal.json {
        context.terminal.document(&Document { version_table: &project.config.database.version_table })?;
    }
    Ok(Exit::Done)
}
