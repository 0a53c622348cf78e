//! `switch`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::migration::{self, RunOptions};

/// Move the database from another git branch's revisions to this branch's heads
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub options: RunOptions,
}

/// Downgrades the revisions that have no script, and upgrades to the heads.
///
/// # Errors
/// As [`migration::run`].
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    migration::switch(context, &arguments.options)
}
