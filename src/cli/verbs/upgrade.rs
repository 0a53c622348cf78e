//! `upgrade`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::migration::{self, MigrationOptions, TARGETS_HELP};
use crate::core::graph::Direction;

/// Upgrade the database to a later revision
#[derive(Debug, Args)]
#[command(after_help = TARGETS_HELP)]
pub struct Arguments {
    #[command(flatten)]
    pub options: MigrationOptions,
}

/// Upgrade the database to a later revision.
///
/// # Errors
/// As [`migration::run`].
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    migration::run(context, Direction::Upgrade, &arguments.options)
}
