//! `import`: converts the scripts of an Alembic project to SQL scripts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::context::{Context, working_directory};
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::{cancellable, cancelled_on_scratch};
use crate::cli::output::json::ImportedDocument;
use crate::cli::output::listing::absolute;
use crate::cli::terminal::Terminal;
use crate::core::text::plural;
use crate::engine::import::{
    ImportEvent, ImportOptions, ImportResult, ImportedProject, ImportedRevision, check_import, default_folder, import,
};
use crate::engine::{Error, ErrorKind};

/// Convert an Alembic project's Python scripts to SQL scripts with the same ids
#[derive(Debug, Args)]
#[command(
    after_help = "limbeck runs each Python script on a scratch database, up and down, records its statements, and \
                        proves that the SQL gives the same schema. A section that cannot be converted becomes a stub, \
                        which refuses to run. The target database is only read, and needs no change."
)]
pub struct Arguments {
    /// New folder for the project [default: migrations, or limbeck if there are files in migrations]
    #[arg(value_name = "DIR", conflicts_with = "output")]
    directory: Option<PathBuf>,
    /// New folder for the project, the same as DIR
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Converts the project. Stubs are no failure.
///
/// # Errors
/// If it is not an Alembic project, a script cannot be read, the folder contains files, Python cannot run, no scratch
/// database can be created, or the user cancelled.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (project, tree) = context.read_scripts().map_err(|error| match error.kind {
        ErrorKind::NoProject => Error {
            hint: Some("run the command in the folder of alembic.ini, or name this file with --config".to_owned()),
            ..error
        },
        _ => error,
    })?;
    let named = arguments.directory.as_ref().or(arguments.output.as_ref());
    let folder = named.map_or_else(|| default_folder(&project), |folder| absolute(folder));
    check_import(&project, &tree, &folder)?;
    context.allow_python(&project)?;
    let options = ImportOptions { folder, download: context.global.yes };
    let (terminal, verbose) = (context.terminal, context.global.verbose);
    let imported = context.block_on(async {
        let target = context.find_target(&project).await?;
        let progress = |event| print_progress(terminal, verbose, &event);
        cancellable(terminal, async |cancel| {
            let imported = Box::pin(import(&project, &tree, &target, &options, &progress, cancel)).await;
            imported.map_err(|error| if cancel.is_cancelled() { cancelled_on_scratch(error) } else { error })
        })
        .await
    })??;
    if terminal.json {
        let documents: Vec<ImportedDocument> = imported.revisions.iter().map(ImportedDocument::from).collect();
        terminal.print_document(&documents)?;
    } else {
        terminal.print_result(&report_text(&imported))?;
    }
    terminal.print_note(&next_step(&imported));
    Ok(Exit::Done)
}

fn print_progress(terminal: Terminal, verbose: bool, event: &ImportEvent) {
    match event {
        ImportEvent::Scratch { place, notes } => {
            for note in notes {
                terminal.print_note(&format!("note: {note}"));
            }
            if verbose {
                terminal.print_note(&format!("Scratch database {place}"));
            }
        }
        ImportEvent::Converting { direction, revision, number, count } => {
            terminal.print_note(&format!("Converting {} {revision} ({number} of {count})", direction.word()));
        }
    }
}

fn report_text(imported: &ImportedProject) -> String {
    let revisions = &imported.revisions;
    let width = revisions.iter().map(|imported| imported.revision.length()).max().unwrap_or_default();
    let mut text = String::new();
    // Writing to a string cannot fail.
    for ImportedRevision { revision, path, result, reason, .. } in revisions {
        let word = match result {
            ImportResult::Sql => "sql ",
            ImportResult::Stub => "stub",
        };
        let _ = writeln!(text, "{:width$}  {word}  {}", revision.as_str(), relative(path).display());
        if let Some(reason) = reason {
            let _ = writeln!(text, "  {}", reason.replace('\n', "\n    "));
        }
    }
    let stubs = revisions.iter().filter(|imported| imported.result == ImportResult::Stub).count() as u64;
    let count = plural(revisions.len() as u64, "script");
    let _ = match stubs {
        0 => writeln!(text, "{count} converted to SQL"),
        stubs => {
            let sql = revisions.len() as u64 - stubs;
            writeln!(text, "{count} converted: {sql} to SQL, {stubs} with a section that refuses to run")
        }
    };
    text
}

fn next_step(imported: &ImportedProject) -> String {
    let config = relative(&imported.config);
    format!(
        "The new project is {0}. Set DATABASE_URL, then run: limbeck -c {0} current\nThe new project uses the same \
         version table, so databases keep their revision.",
        config.display()
    )
}

/// The path relative to the working directory, if it is below it.
fn relative(path: &Path) -> PathBuf {
    let here = working_directory().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::graph::RevisionId;

    #[test]
    fn the_report_has_a_line_for_each_script() {
        let revision = |id: &str, result, reason: Option<&str>| ImportedRevision {
            revision: RevisionId::parse(id).unwrap(),
            source: "/p/a.py".into(),
            path: format!("/p/{id}.sql").into(),
            result,
            reason: reason.map(str::to_owned),
        };
        let revisions = vec![
            revision("a1", ImportResult::Sql, None),
            revision("long_id", ImportResult::Stub, Some("upgrade: the script reads rows")),
        ];
        let text = report_text(&ImportedProject { config: "/p/limbeck.toml".into(), revisions });
        assert_eq!(
            text,
            "a1       sql   /p/a1.sql\nlong_id  stub  /p/long_id.sql\n  upgrade: the script reads rows\n\
             2 scripts converted: 1 to SQL, 1 with a section that refuses to run\n"
        );
    }
}
