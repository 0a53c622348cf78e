//! `edit`: opens scripts in the user's editor.

use std::path::Path;

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::listing::absolute;
use crate::cli::selection;
use crate::core::script::Script;
use crate::engine::project::{Project, ScriptProblem};
use crate::engine::{Error, Result, editor, files};

/// Open revision scripts in $VISUAL or $EDITOR
#[derive(Debug, Args)]
pub struct Arguments {
    /// Revision: an id or its start, a label, head, heads, current
    #[arg(value_name = "REV")]
    revision: String,
}

#[derive(Serialize)]
struct EditDocument {
    edited: Vec<std::path::PathBuf>,
}

/// Opens the scripts one after the other, and checks that each can still be parsed.
///
/// # Errors
/// If the revision has no script, no editor is configured, the editor fails, or a script can no longer be parsed.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts()?;
    let ids = selection::resolve(context, &project, &tree, &arguments.revision)?;
    let paths: Vec<&Path> = ids.iter().filter_map(|id| tree.scripts.get(id)).map(|file| file.path.as_path()).collect();
    if paths.is_empty() {
        let message = match arguments.revision.as_str() {
            "current" => "No current revisions".to_owned(),
            symbol => format!("No revision files indicated by symbol '{symbol}'"),
        };
        return Err(Error::new(message).hint("`limbeck history` lists the revisions").into());
    }
    let command = editor::command(&project.variables)?;
    for path in &paths {
        run_editor(&command, path)?;
        check_script(&project, path)?;
    }
    if context.terminal.json {
        context.terminal.print_document(&EditDocument { edited: paths.into_iter().map(absolute).collect() })?;
    }
    Ok(Exit::Done)
}

fn run_editor(command: &[String], path: &Path) -> Result<()> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::new("the editor's command line is empty").hint("set VISUAL or EDITOR"));
    };
    let status = std::process::Command::new(program).args(arguments).arg(path).status().map_err(|error| {
        Error::new(format!("the editor '{program}' cannot be started"))
            .because(error)
            .hint("set VISUAL or EDITOR to a program that is installed")
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::new(format!("the editor '{program}' failed: {status}"))
            .hint("set VISUAL or EDITOR to another program"))
    }
}

fn check_script(project: &Project, path: &Path) -> Result<()> {
    if project.alembic.is_some() {
        let tree = project.read_scripts();
        let is_this = |problem: &&ScriptProblem| matches!(problem, ScriptProblem::File { path: of, .. } if of == path);
        return tree.problems.iter().find(is_this).map_or(Ok(()), |problem| Err(problem.to_error()));
    }
    let text = files::read_text(path, project.config.scripts.file_limit.0)
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
