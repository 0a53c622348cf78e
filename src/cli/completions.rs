//! `completions`: what a shell needs to complete limbeck's words.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::arguments::CommandLine;
use super::context::Context;
use super::exit::{Exit, Failure};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  source <(limbeck completions bash)\n  limbeck completions zsh > ~/.zfunc/_limbeck"
)]
pub struct Arguments {
    /// Shell to write them for
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints a shell's completions.
///
/// # Errors
/// When the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "limbeck", &mut script);
    context.terminal.result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
