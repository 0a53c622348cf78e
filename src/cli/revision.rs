//! `revision`: a new, empty script.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::json::WrittenDocument;
use super::listing::absolute;
use crate::engine::Error;
use crate::engine::draft::{self, NewRevision, Written};

#[derive(Debug, Args)]
pub struct Arguments {
    /// What the revision does
    #[arg(short, long, value_name = "MESSAGE", allow_hyphen_values = true)]
    message: Option<String>,
    /// Write what differs between the models and the database
    #[arg(long)]
    autogenerate: bool,
    /// Print the SQL of what autogenerate finds, and write nothing
    #[arg(long)]
    sql: bool,
    /// Revision to build on [default: the only head]
    #[arg(long, value_name = "REV")]
    head: Vec<String>,
    /// Build on a revision that is no head
    #[arg(long)]
    splice: bool,
    /// Label of the branch that starts here
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// Revision that has to be applied before this one
    #[arg(long, value_name = "REV")]
    depends_on: Vec<String>,
    /// Id of the new revision [default: 12 random hexadecimal digits]
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    rev_id: Option<String>,
    /// Version folder to write to, where there are several
    #[arg(long, value_name = "PATH")]
    version_path: Option<PathBuf>,
}

/// Writes a new revision.
///
/// # Errors
/// As Alembic refuses, and when the script cannot be written.
pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    if arguments.autogenerate {
        return Err(Error::new("--autogenerate is not in this version yet")
            .hint("leave it out for an empty revision, and write its SQL by hand")
            .into());
    }
    if arguments.sql {
        return Err(
            Error::new("Using --sql with the revision command without --autogenerate does not make any sense").into()
        );
    }
    let (project, tree) = context.scripts()?;
    let written = draft::create(&project, &tree, &arguments.into())?;
    tell(context, &written)
}

/// Says which script was written.
///
/// # Errors
/// When the output cannot be written.
pub fn tell(context: &Context, written: &Written) -> Result<Exit, Failure> {
    if context.terminal.json {
        context.terminal.document(&WrittenDocument::from(written))?;
    } else {
        context.terminal.made(&format!("Generating {} ...  done", absolute(&written.path).display()))?;
    }
    Ok(Exit::Done)
}

impl From<Arguments> for NewRevision {
    fn from(arguments: Arguments) -> Self {
        Self {
            message: arguments.message.unwrap_or_default(),
            heads: arguments.head,
            splice: arguments.splice,
            branch_labels: arguments.branch_label,
            depends_on: arguments.depends_on,
            id: arguments.rev_id,
            version_path: arguments.version_path,
        }
    }
}
