//! `init`: creates a new project.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::listing::absolute;
use crate::engine::init;

/// Create a new project
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder to create
    #[arg(value_name = "DIR", default_value = "migrations")]
    directory: PathBuf,
    /// Template to use
    #[arg(short, long, value_name = "NAME", default_value = "generic")]
    template: String,
}

#[derive(Serialize)]
struct InitDocument {
    directory: PathBuf,
    files: Vec<PathBuf>,
}

/// Creates the files of a template in a new or empty folder.
///
/// # Errors
/// If the template is unknown, the folder is not empty, or it cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let directory = absolute(&arguments.directory);
    let made = init::init(&directory, &arguments.template)?;
    if context.terminal.json {
        context.terminal.print_document(&InitDocument { directory, files: made })?;
        return Ok(Exit::Done);
    }
    for path in &made {
        context.terminal.print_change(&format!("Generating {} ...  done", path.display()))?;
    }
    let config = directory.join("limbeck.toml");
    let first_step = if arguments.template == "embedded" {
        String::from("The project uses limbeck's own server, which starts by itself. Next, run")
    } else {
        format!("Set the database URL in {} or DATABASE_URL, then run", config.display())
    };
    context.terminal.print_note(&format!("{first_step}: limbeck revision -m \"…\""));
    Ok(Exit::Done)
}
