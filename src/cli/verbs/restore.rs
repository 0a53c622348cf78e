//! `restore`: restores a backup with `pg_restore`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::approval::Allow;
use crate::cli::backup_progress::BackupPrinter;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::cancellable;
use crate::cli::prompt;
use crate::core::hazard::Class;
use crate::engine::backup::{self, RestoreOptions, RestoreResult};
use crate::engine::project::Project;
use crate::engine::{Error, ErrorKind, Target};

/// Restore a backup with `pg_restore`
#[derive(Debug, Args)]
#[command(after_help = "limbeck checks the checksum first, then restores everything in one transaction. If the \
                        database has tables, the objects in the backup are dropped and created again; other objects \
                        are not changed.")]
pub struct Arguments {
    /// Backup to restore
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Approve that the contents of the database are replaced: data-loss
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = Allow::parser())]
    allow: Vec<Allow>,
    /// Confirm the name of a protected environment
    #[arg(long, value_name = "ENVIRONMENT")]
    confirm: Option<String>,
    /// Fail immediately (exit code 5) if another migrator holds the lock
    #[arg(long)]
    no_wait: bool,
}

/// Restores a backup.
///
/// # Errors
/// The engine's errors; of kind `Approval` if an approval is missing.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let project = context.open_project()?;
    let terminal = context.terminal;
    let restored = context.block_on(async {
        let target = context.find_target(&project).await?;
        let protected = target.environment.protected;
        let is_approval = |allow: &Allow| match allow {
            Allow::All => !protected,
            Allow::Class(class) => *class == Class::DataLoss,
            Allow::Unseen => false,
        };
        let replace = arguments.allow.iter().any(is_approval);
        let mut options = RestoreOptions { replace, confirm: arguments.confirm.clone(), no_wait: arguments.no_wait };
        match restore(context, &project, &target, arguments, &options).await {
            Err(error) if error.kind == ErrorKind::Approval && !replace && !protected && terminal.can_ask() => {
                ask_for_approval(&target, &error)?;
                options.replace = true;
                restore(context, &project, &target, arguments, &options).await
            }
            result => result,
        }
    })??;
    if terminal.json {
        terminal.print_document(&restored)?;
    } else {
        let heads = if restored.heads.is_empty() { "base".to_owned() } else { restored.heads.join(", ") };
        let seconds = restored.seconds;
        terminal.print_change(&format!("Restored in {seconds:.1} s; the database is at {heads}"))?;
    }
    Ok(Exit::Done)
}

async fn restore(
    context: &Context,
    project: &Project,
    target: &Target,
    arguments: &Arguments,
    options: &RestoreOptions,
) -> Result<RestoreResult, Error> {
    let reporter = BackupPrinter::new(context.terminal);
    let report = |event| reporter.report(&event);
    cancellable(context.terminal, async |cancel| {
        Box::pin(backup::restore(project, target, (&arguments.file, options), &report, cancel)).await
    })
    .await
}

/// Asks for the name of the database whose tables the backup replaces.
fn ask_for_approval(target: &Target, error: &Error) -> Result<(), Error> {
    let name = target.conninfo().database();
    let lines = [error.message.clone(), "the objects in the backup are dropped and created again".to_owned()];
    let typed = prompt::ask(lines, &format!("Type {name} to replace its contents:"))?;
    if typed == name {
        return Ok(());
    }
    Err(Error::of(ErrorKind::Approval, format!("'{typed}' is not '{name}'")).hint("nothing was run"))
}
