//! `merge`: a revision that joins several heads.

use clap::Args;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::revision::tell;
use crate::engine::draft::{self, NewRevision};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Revisions to join, or heads
    #[arg(value_name = "REV", required = true)]
    revisions: Vec<String>,
    /// What the merge is for
    #[arg(short, long, value_name = "MESSAGE", allow_hyphen_values = true)]
    message: Option<String>,
    /// Label of the branch that starts here
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// Id of the new revision [default: 12 random hexadecimal digits]
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    rev_id: Option<String>,
    /// Join revisions that are no heads
    #[arg(long)]
    splice: bool,
}

/// Writes a merge.
///
/// # Errors
/// As Alembic refuses, and when the script cannot be written.
pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let new = NewRevision {
        message: arguments.message.unwrap_or_default(),
        branch_labels: arguments.branch_label,
        id: arguments.rev_id,
        splice: arguments.splice,
        ..NewRevision::default()
    };
    let written = draft::merge(&project, &tree, &arguments.revisions, &new)?;
    tell(context, &written)
}
