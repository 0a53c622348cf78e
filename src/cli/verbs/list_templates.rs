//! `list_templates`: the templates of `init`.

use std::fmt::Write;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::engine::init::TEMPLATES;

/// List the templates of init
#[derive(Debug, Args)]
pub struct Arguments {}

/// Lists the templates.
///
/// # Errors
/// If the output cannot be written.
pub fn run(context: &Context, _arguments: &Arguments) -> Result<Exit, Failure> {
    if context.terminal.json {
        context.terminal.document(TEMPLATES)?;
        return Ok(Exit::Done);
    }
    let mut text = "Available templates:\n\n".to_owned();
    for template in TEMPLATES {
        let _ = writeln!(text, "{} - {}", template.name, template.description);
    }
    text.push_str(
        "\nTemplates are used via the 'init' command, e.g.:\n\n  limbeck init --template generic ./scripts\n",
    );
    context.terminal.result(&text)?;
    Ok(Exit::Done)
}
