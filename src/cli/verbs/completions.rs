//! `completions`: shell completions.

use clap::Args;
use clap_complete::Shell;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};

/// Print shell completions
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  source <(limbeck completions bash)\n  limbeck completions zsh > ~/.zfunc/_limbeck"
)]
pub struct Arguments {
    /// Shell to print completions for
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions of a shell.
///
/// # Errors
/// If the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut context.definition(), "limbeck", &mut script);
    context.terminal.result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
