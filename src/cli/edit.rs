//! `edit`: a script in the person's own editor.

use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::listing::absolute;
use super::show::meant;
use crate::core::script::Script;
use crate::engine::{Error, Result, editor};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Revision: an id or the start of one, a label, head, heads, current
    #[arg(value_name = "REV")]
    revision: String,
}

#[derive(Serialize)]
struct Document {
    edited: Vec<std::path::PathBuf>,
}

/// Opens the scripts one after the other, and looks whether each can still be read.
///
/// # Errors
/// When the revision has no script, there is no editor, it fails, or it leaves a file that is no script.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.scripts()?;
    let ids = meant(context, &project, &tree, &arguments.revision)?;
    let paths: Vec<&Path> = ids.iter().filter_map(|id| tree.scripts.get(id)).map(|file| file.path.as_path()).collect();
    if paths.is_empty() {
        let message = match arguments.revision.as_str() {
            "current" => "No current revisions".to_owned(),
            symbol => format!("No revision files indicated by symbol '{symbol}'"),
        };
        return Err(Error::new(message).into());
    }
    let command = editor::command(&project.variables)?;
    for path in &paths {
        open(&command, path)?;
        check(path)?;
    }
    if context.terminal.json {
        context.terminal.document(&Document { edited: paths.into_iter().map(absolute).collect() })?;
    }
    Ok(Exit::Done)
}

fn open(command: &[String], path: &Path) -> Result<()> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::new("the editor's command is empty"));
    };
    let status = std::process::Command::new(program)
        .args(arguments)
        .arg(path)
        .status()
        .map_err(|error| Error::new(format!("the editor '{program}' does not start")).because(error))?;
    if status.success() { Ok(()) } else { Err(Error::new(format!("the editor '{program}' failed: {status}"))) }
}

fn check(path: &Path) -> Result<()> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(format!("cannot read {}", path.display())).because(error))?;
    Script::parse(&text).map(drop).map_err(|error| {
        let line = error.line.map_or_else(String::new, |line| format!(":{line}"));
        Error {
            line: error.line,
            hint: error.hint,
            ..Error::new(format!("{}{line}: {}", path.display(), error.message))
        }
    })
}
