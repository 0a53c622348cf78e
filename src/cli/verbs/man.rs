//! `man`: manual pages, generated from the same definitions as the help.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::engine::Error;

/// Print the manual page, or write all pages to a folder
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  limbeck man | man -l -")]
pub struct Arguments {
    /// Folder for limbeck.1 and one page per command [default: print limbeck.1]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Prints the page of limbeck itself, or writes all pages to a folder.
///
/// # Errors
/// If the folder or the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let command = context.definition();
    let Some(directory) = &arguments.directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        context.terminal.result(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::Done);
    };
    let written = std::fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(command, directory));
    written.map_err(|error| Error::new(format!("cannot write to {}", directory.display())).because(error))?;
    Ok(Exit::Done)
}
