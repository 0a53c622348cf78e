//! `backup` and `restore`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Args;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::approve::Allow;
use super::context::Context;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use super::{interrupt, question};
use crate::core::copies::size;
use crate::core::hazard::Class;
use crate::core::plan::Approval;
use crate::engine::backup::{
    self, BackupEvent, BackupRecord, ListedBackup, MakeOptions, RestoreOptions, RestoreResult,
};
use crate::engine::project::Project;
use crate::engine::{Error, ErrorKind, Target};

/// Seconds between two lines of progress.
const EVERY: u64 = 2;

#[derive(Debug, Args)]
#[command(
    after_help = "The whole database is written, as pg_dump's custom format; its checksum, its heads and when it was \
                        made stand beside it in FILE.json. No pg_dump may be older than the server."
)]
pub struct Arguments {
    /// Write to this file [default: one in the project's own folder of backups]
    #[arg(short, long, value_name = "FILE", conflicts_with = "list")]
    output: Option<PathBuf>,
    /// List the backups of this project
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "The checksum is compared first. All of it happens in one transaction, or nothing. Where the \
                        database has tables, what the backup holds is dropped and made again; the rest stays.")]
pub struct RestoreArguments {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Approve that what the database holds is replaced: data-loss
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = Allow::parser())]
    allow: Vec<Allow>,
    /// Confirm the name of a protected environment
    #[arg(long, value_name = "ENVIRONMENT")]
    confirm: Option<String>,
    /// Fail at once (exit 5) while another migrator holds the lock
    #[arg(long)]
    no_wait: bool,
}

/// `backup`.
#[derive(Serialize)]
struct Made<'a> {
    path: &'a Path,
    #[serde(flatten)]
    record: &'a BackupRecord,
}

/// Makes or lists backups.
///
/// # Errors
/// As the engine fails.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let project = context.project()?;
    let terminal = context.terminal;
    if arguments.list {
        let listed = backup::list(&project)?;
        if terminal.json {
            terminal.document(&listed)?;
        } else {
            terminal.result(&text(&listed))?;
        }
        return Ok(Exit::Done);
    }
    let options = MakeOptions { output: arguments.output.clone() };
    let made = context.wait(async {
        let target = context.target(&project).await?;
        let cancel = CancellationToken::new();
        let watch = interrupt::watch(terminal, cancel.clone());
        let teller = Teller::new(terminal);
        let made = backup::make(&project, &target, &options, &|told| teller.tell(&told), &cancel).await;
        watch.abort();
        made
    })?;
    let (path, record) = made?;
    if terminal.json {
        terminal.document(&Made { path: &path, record: &record })?;
    } else {
        terminal.made(&format!("{}  {}", path.display(), size(record.bytes)))?;
    }
    Ok(Exit::Done)
}

/// Restores a backup.
///
/// # Errors
/// As the engine fails; of kind `Approval` where something was not granted.
pub fn restore(context: &Context, arguments: &RestoreArguments) -> Result<Exit, Failure> {
    let project = context.project()?;
    let terminal = context.terminal;
    let restored = context.wait(async {
        let target = context.target(&project).await?;
        let protected = target.environment.protected;
        let class = |allow: &&Allow| match allow {
            Allow::All => !protected,
            Allow::Class(class) => *class == Class::DataLoss,
        };
        let replace = arguments.allow.iter().any(|allow| class(&allow));
        let mut options = RestoreOptions { replace, confirm: arguments.confirm.clone(), no_wait: arguments.no_wait };
        let first = attempt(context, &project, &target, arguments, &options).await;
        match first {
            Err(error) if error.kind == ErrorKind::Approval && !replace && !protected && terminal.can_ask() => {
                agree(&target, &error)?;
                options.replace = true;
                attempt(context, &project, &target, arguments, &options).await
            }
            other => other,
        }
    })?;
    let restored = restored?;
    if terminal.json {
        terminal.document(&restored)?;
    } else {
        let at = if restored.heads.is_empty() { "base".to_owned() } else { restored.heads.join(", ") };
        let seconds = restored.seconds;
        terminal.made(&format!("Restored in {seconds:.1} s; the database is at {at}"))?;
    }
    Ok(Exit::Done)
}

async fn attempt(
    context: &Context,
    project: &Project,
    target: &Target,
    arguments: &RestoreArguments,
    options: &RestoreOptions,
) -> Result<RestoreResult, Error> {
    let cancel = CancellationToken::new();
    let watch = interrupt::watch(context.terminal, cancel.clone());
    let teller = Teller::new(context.terminal);
    let tell = |told| teller.tell(&told);
    let restored = Box::pin(backup::restore(project, target, (&arguments.file, options), &tell, &cancel)).await;
    watch.abort();
    restored
}

/// Asks for the name of the database whose tables a backup is to replace.
fn agree(target: &Target, error: &Error) -> Result<(), Error> {
    let name = target.conninfo().database();
    let lines = [error.message.clone(), "what the backup holds is dropped and made again as it was".to_owned()];
    let typed = question::ask(lines, &format!("Type {name} to replace what is in it:"))?;
    if typed == name {
        return Ok(());
    }
    Err(Error::of(ErrorKind::Approval, format!("'{typed}' is not '{name}'")).hint("nothing was run"))
}

/// Makes the backup that has to come before a plan; where none has to and data are lost, says how to make one.
///
/// # Errors
/// When it has to come and cannot be made; nothing may run then.
pub async fn before_plan(
    terminal: Terminal,
    project: &Project,
    target: &Target,
    approval: &Approval,
    cancel: &CancellationToken,
) -> Result<(), Error> {
    let teller = Teller::new(terminal);
    let made = backup::back_up_before(project, target, approval, &|told| teller.tell(&told), cancel).await?;
    if let Some((path, _)) = made {
        terminal.note(&format!("Backed up to {}", path.display()));
    } else if backup::loses_data(approval.plan()) {
        terminal.note("note: `limbeck backup` writes the whole database to a file, and `backup = \"always\"` under [apply] does so first");
    }
    Ok(())
}

/// Prints progress as lines, not too many.
pub struct Teller {
    terminal: Terminal,
    last: AtomicU64,
}

impl Teller {
    /// For one backup or restore.
    #[must_use]
    pub fn new(terminal: Terminal) -> Self {
        Self { terminal, last: AtomicU64::new(0) }
    }

    /// Prints what happened.
    pub fn tell(&self, told: &BackupEvent) {
        match told {
            BackupEvent::Starting(line) => self.terminal.note(line),
            BackupEvent::Note(note) => self.terminal.note(&format!("note: {note}")),
            BackupEvent::Verifying { bytes } => {
                self.terminal.note(&format!("Comparing the checksum of {}", size(*bytes)));
            }
            BackupEvent::Cancelling => self.terminal.note("Cancelling; waiting for the program to end"),
            BackupEvent::Working { tables, of, bytes, elapsed } => {
                let seconds = elapsed.as_secs() / EVERY;
                if self.last.swap(seconds, Ordering::Relaxed) != seconds || (*bytes > 0 && tables >= of) {
                    let written = if *bytes == 0 { String::new() } else { format!(", {} written", size(*bytes)) };
                    self.terminal.note(&format!("  {tables} of {of} tables{written}, {} s", elapsed.as_secs()));
                }
            }
        }
    }
}

fn text(listed: &[ListedBackup]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for ListedBackup { path, bytes, checksum, record, .. } in listed {
        let (at, heads) = match record {
            Some(record) if record.heads.is_empty() => (record.at.as_str(), "base".to_owned()),
            Some(record) => (record.at.as_str(), record.heads.join(", ")),
            None => ("unknown", "unknown".to_owned()),
        };
        let size = size(*bytes);
        let _ = writeln!(text, "{at}  {size:>9}  at {heads}  checksum {}  {}", checksum.words(), path.display());
    }
    if listed.is_empty() {
        text.push_str("No backups\n");
    }
    text
}
