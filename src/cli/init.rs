//! `init`: a new project.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::listing::absolute;
use crate::engine::init;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder to make
    #[arg(value_name = "DIR", default_value = "migrations")]
    directory: PathBuf,
    /// Template to lay out
    #[arg(short, long, value_name = "NAME", default_value = "generic")]
    template: String,
}

#[derive(Serialize)]
struct Document {
    directory: PathBuf,
    files: Vec<PathBuf>,
}

/// Lays out a template in a folder that is new or empty.
///
/// # Errors
/// When the template is not known, the folder holds anything, or it cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let directory = absolute(&arguments.directory);
    let made = init::init(&directory, &arguments.template)?;
    if context.terminal.json {
        context.terminal.document(&Document { directory, files: made })?;
        return Ok(Exit::Done);
    }
    for path in &made {
        context.terminal.made(&format!("Generating {} ...  done", path.display()))?;
    }
    let config = directory.join("limbeck.toml");
    context
        .terminal
        .note(&format!("Set the database in {} or DATABASE_URL, then: limbeck revision -m \"…\"", config.display()));
    Ok(Exit::Done)
}
