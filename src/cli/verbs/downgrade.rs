//! `downgrade`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::migration::{self, MigrationOptions, TARGETS_HELP};
use crate::core::graph::Direction;

/// Downgrade the database to an earlier revision
#[derive(Debug, Args)]
#[command(after_help = TARGETS_HELP)]
pub struct Arguments {
    #[command(flatten)]
    pub options: MigrationOptions,
}

/// Downgrade the database to an earlier revision.
///
/// # Errors
/// As [`migration::run`].
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    migration::run(context, Direction::Downgrade, &arguments.options)
}
