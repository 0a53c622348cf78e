//! `man`: the manual, made from the same definitions as the help.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::arguments::CommandLine;
use super::context::Context;
use super::exit::{Exit, Failure};
use crate::engine::Error;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  limbeck man | man -l -")]
pub struct Arguments {
    /// Folder to write limbeck.1 and a page for every command to
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Prints the page of limbeck itself, or writes all pages.
///
/// # Errors
/// When the folder or the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let command = CommandLine::command();
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
