//! `backup`: writes the database to a file with `pg_dump`, or lists the backups.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::cli::backup_progress::BackupPrinter;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::cancellable;
use crate::core::escape::escape_line;
use crate::core::text::size;
use crate::engine::backup::{self, BackupRecord, ListedBackup, MakeOptions};

/// Write the whole database to a file with `pg_dump`, or list the backups
#[derive(Debug, Args)]
#[command(after_help = "The file has pg_dump's custom format. FILE.json beside it contains the checksum, the heads \
                        and the time. pg_dump must not be older than the server.")]
pub struct Arguments {
    /// File to write [default: a new file in the project's own backup folder]
    #[arg(short, long, value_name = "FILE", conflicts_with = "list")]
    output: Option<PathBuf>,
    /// List the backups of this project
    #[arg(long)]
    list: bool,
}

/// The document of `backup`.
#[derive(Serialize)]
struct BackupDocument<'a> {
    path: &'a Path,
    #[serde(flatten)]
    record: &'a BackupRecord,
}

/// Makes or lists backups.
///
/// # Errors
/// The engine's errors.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let project = context.open_project()?;
    let terminal = context.terminal;
    if arguments.list {
        let listed = backup::list(&project)?;
        if terminal.json {
            terminal.print_document(&listed)?;
        } else {
            terminal.print_result(&list_text(&listed))?;
        }
        return Ok(Exit::Done);
    }
    let options = MakeOptions { output: arguments.output.clone() };
    let (path, record) = context.block_on(async {
        let target = context.find_target(&project).await?;
        let reporter = BackupPrinter::new(terminal);
        let report = |event| reporter.report(&event);
        cancellable(terminal, async |cancel| backup::make(&project, &target, &options, &report, cancel).await).await
    })??;
    if terminal.json {
        terminal.print_document(&BackupDocument { path: &path, record: &record })?;
    } else {
        terminal.print_change(&format!("{}  {}", path.display(), size(record.bytes)))?;
    }
    Ok(Exit::Done)
}

fn list_text(listed: &[ListedBackup]) -> String {
    let mut text = String::new();
    for ListedBackup { path, bytes, checksum, record, .. } in listed {
        let (at, heads) = match record {
            Some(record) if record.heads.is_empty() => (record.at.as_str(), "base".to_owned()),
            Some(record) => (record.at.as_str(), record.heads.join(", ")),
            None => ("unknown", "unknown".to_owned()),
        };
        let size = size(*bytes);
        let line = format!("{at}  {size:>9}  at {heads}  checksum {}  {}", checksum.words(), path.display());
        text.extend([&escape_line(&line), "\n"]);
    }
    if listed.is_empty() {
        text.push_str("No backups\n");
    }
    text
}
