//! `kept`: lists, restores and drops the copies of data that approved steps destroyed.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::cancellable;
use crate::cli::output::plan as plan_text;
use crate::cli::output::table::aligned;
use crate::cli::prompt;
use crate::core::copies::CopyKind;
use crate::core::escape::escape_line;
use crate::core::graph::Direction;
use crate::core::text::plural;
use crate::core::text::size;
use crate::engine::copies::{CopySelection, StoredCopy, drop_copies, list_copies, restore_copy};
use crate::engine::project::Project;
use crate::engine::{Error, ErrorKind};

/// List, restore or drop the copies of data that approved steps destroyed
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: KeptAction,
}

#[derive(Debug, Subcommand)]
enum KeptAction {
    /// List the copies, newest first
    List,
    /// Restore a copy now, instead of with a downgrade
    Restore {
        /// Id of the copy, from `kept list`
        #[arg(value_name = "ID")]
        id: i64,
    },
    /// Drop copies permanently; needs a confirmation on a terminal, or --yes
    Drop(DropArguments),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct DropArguments {
    /// Ids of the copies to drop
    #[arg(value_name = "ID")]
    ids: Vec<i64>,
    /// Drop all copies
    #[arg(long)]
    all: bool,
    /// Drop copies that are older than this, e.g. 30d, 12h, 2w
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    older_than: Option<Duration>,
}

/// The document of one copy.
#[derive(Debug, Serialize)]
struct CopyDocument<'a> {
    id: i64,
    revision: &'a str,
    object: &'a str,
    rows: u64,
    bytes: u64,
    at: &'a str,
    /// The direction of the step that destroyed the data; the opposite step restores it.
    direction: Direction,
    kind: CopyKind,
    /// The table of the copy; null for the state of a sequence.
    table: Option<&'a str>,
    code: &'a str,
    reason: &'a str,
    /// Why the opposite step does not restore it.
    stays: Option<&'a str>,
}

/// Lists, restores or drops copies.
///
/// # Errors
/// If the database does not answer, a copy does not exist or cannot be restored, or dropping was not confirmed.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let project = context.open_project()?;
    let terminal = context.terminal;
    match &arguments.action {
        KeptAction::List => {
            let copies = context.block_on(async {
                let target = context.find_target(&project).await?;
                list_copies(&project, &target, &CopySelection::All).await
            })??;
            match terminal.json {
                true => terminal.print_document(&documents(&copies))?,
                false if copies.is_empty() => terminal.print_note("No copies are kept"),
                false => terminal.print_result(&table(&copies))?,
            }
        }
        KeptAction::Restore { id } => {
            let restored = context.block_on(async {
                let target = context.find_target(&project).await?;
                cancellable(terminal, async |cancel| Box::pin(restore_copy(&project, &target, *id, cancel)).await).await
            })??;
            if terminal.json {
                terminal.print_document(&restored)?;
            } else {
                terminal.print_change(&plan_text::restored(&restored))?;
            }
        }
        KeptAction::Drop(arguments) => {
            let dropped = context.block_on(drop_after_confirmation(context, &project, &arguments.which()))??;
            match terminal.json {
                true => terminal.print_document(&documents(&dropped))?,
                false if dropped.is_empty() => terminal.print_note("Nothing to drop"),
                false => dropped
                    .iter()
                    .try_for_each(|copy| terminal.print_change(&format!("Dropped {}", copy_line(copy))))?,
            }
        }
    }
    Ok(Exit::Done)
}

async fn drop_after_confirmation(
    context: &Context,
    project: &Project,
    which: &CopySelection,
) -> Result<Vec<StoredCopy>, Error> {
    let target = context.find_target(project).await?;
    let copies = list_copies(project, &target, which).await?;
    if copies.is_empty() {
        return Ok(copies);
    }
    if !context.global.yes {
        if !context.terminal.can_ask() {
            let message = format!("dropping {} needs a confirmation; nothing was dropped", count_copies(&copies));
            return Err(Error::new(message).hint("check the copies with `limbeck kept list`, then add --yes"));
        }
        if !confirm_drop(&copies)? {
            return Err(Error::of(ErrorKind::Approval, "nothing was dropped"));
        }
    }
    // Drop only the copies that were shown: others may have been made since.
    let ids = copies.iter().map(|copy| copy.id).collect();
    drop_copies(project, &target, &CopySelection::Ids(ids)).await
}

/// Shows the copies and asks whether to drop them.
fn confirm_drop(copies: &[StoredCopy]) -> Result<bool, Error> {
    let question = format!("Drop {} permanently? They cannot be restored afterwards.", count_copies(copies));
    prompt::ask_yes_or_no(copies.iter().map(copy_line), &question)
}

impl DropArguments {
    fn which(&self) -> CopySelection {
        match self.older_than {
            Some(age) => CopySelection::OlderThan(age),
            None if self.all => CopySelection::All,
            None => CopySelection::Ids(self.ids.clone()),
        }
    }
}

fn documents(copies: &[StoredCopy]) -> Vec<CopyDocument<'_>> {
    let documents = copies.iter().map(|copy| CopyDocument {
        id: copy.id,
        revision: &copy.revision,
        object: &copy.object,
        rows: copy.rows,
        bytes: copy.bytes,
        at: &copy.at,
        direction: copy.direction,
        kind: copy.kind,
        table: copy.name.as_deref(),
        code: &copy.code,
        reason: &copy.reason,
        stays: copy.detail.not_restorable.as_deref(),
    });
    documents.collect()
}

/// One line per copy, in columns.
fn table(copies: &[StoredCopy]) -> String {
    let heading = ["ID", "REVISION", "LOST BY", "OBJECT", "ROWS", "SIZE", "AT"].map(str::to_owned);
    let rows = copies.iter().map(|copy| {
        [
            copy.id.to_string(),
            escape_line(&copy.revision).into_owned(),
            copy.direction.word().to_owned(),
            escape_line(&copy.object).into_owned(),
            copy.rows.to_string(),
            size(copy.bytes),
            copy.at.clone(),
        ]
    });
    let lines: Vec<[String; 7]> = std::iter::once(heading).chain(rows).collect();
    aligned(&lines).into_iter().map(|line| line + "\n").collect()
}

fn copy_line(copy: &StoredCopy) -> String {
    let StoredCopy { id, object, at, revision, .. } = copy;
    let (rows, size) = (copy.kind.describe_contents(copy.rows), size(copy.bytes));
    let object = escape_line(object);
    format!("copy {id} of {object}: {rows}, {size}, revision {revision}, {at}")
}

fn count_copies(copies: &[StoredCopy]) -> String {
    plural(copies.len() as u64, "copy")
}

/// Parses a number followed by `m` (minutes), `h`, `d` or `w`.
fn parse_age(text: &str) -> Result<Duration, String> {
    let units = [('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];
    let parsed = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.trim().strip_suffix(*unit)?.trim().parse().ok()?;
        number.checked_mul(*seconds).map(Duration::from_secs)
    });
    parsed.ok_or_else(|| "expected a number followed by m, h, d or w, e.g. 30d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_parsed() {
        assert_eq!(parse_age("30d"), Ok(Duration::from_hours(30 * 24)));
        assert_eq!(parse_age("0m"), Ok(Duration::ZERO));
        for text in ["", "d", "30", "-1d", "1.5h", "99999999999999999w"] {
            assert!(parse_age(text).is_err(), "{text}");
        }
    }
}
