//! `merge`: writes a merge revision.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::long_id;
use crate::engine::draft::{self, NewRevision};

/// Write a revision that merges several heads
#[derive(Debug, Args)]
pub struct Arguments {
    /// Revisions to merge, or heads
    #[arg(value_name = "REV", required = true)]
    revisions: Vec<String>,
    /// Message of the revision
    #[arg(short, long, value_name = "MESSAGE", allow_hyphen_values = true)]
    message: Option<String>,
    /// Label of the branch that starts at this revision
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// Id of the new revision [default: 12 random hexadecimal digits]
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    rev_id: Option<String>,
    /// Allow revisions that are not heads
    #[arg(long)]
    splice: bool,
}

/// Writes a merge revision.
///
/// # Errors
/// Alembic's error if the revisions cannot be merged; if the script cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    long_id::require_id_fits_column(context, &project, arguments.rev_id.as_deref())?;
    let new = NewRevision {
        message: arguments.message.clone().unwrap_or_default(),
        branch_labels: arguments.branch_label.clone(),
        id: arguments.rev_id.clone(),
        splice: arguments.splice,
        ..NewRevision::default()
    };
    let written = draft::merge(&project, &tree, &arguments.revisions, &new)?;
    context.report_written(&written)
}
