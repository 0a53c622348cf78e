//! `kept`: the copies of what approved steps destroyed: list them, put one back by hand, drop them.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::{plan_text, question};
use crate::core::copies::{Kind, size};
use crate::core::graph::Direction;
use crate::engine::copies::{Copy, Which, drop_copies, list, restore};
use crate::engine::{Error, ErrorKind};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the copies that are there, the newest first
    List,
    /// Put a copy back now, without a step that does it
    Restore {
        /// Its number, as `kept list` shows it
        #[arg(value_name = "ID")]
        id: i64,
    },
    /// Drop copies for good; asks on a terminal, takes --yes
    Drop(DropArguments),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct DropArguments {
    /// Their numbers
    #[arg(value_name = "ID")]
    ids: Vec<i64>,
    /// All copies
    #[arg(long)]
    all: bool,
    /// Those made longer ago than this, e.g. 30d, 12h, 2w
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    older_than: Option<Duration>,
}

/// One copy as a document.
#[derive(Debug, Serialize)]
struct CopyDocument<'a> {
    id: i64,
    revision: &'a str,
    object: &'a str,
    rows: u64,
    bytes: u64,
    at: &'a str,
    /// The direction in which it was lost; the other one brings it back.
    direction: Direction,
    kind: Kind,
    /// The table that holds it; null for the state of a sequence.
    table: Option<&'a str>,
    code: &'a str,
    reason: &'a str,
    /// Why the opposite step does not bring it back.
    stays: Option<&'a str>,
}

/// Carries out `kept`.
///
/// # Errors
/// When the server cannot be asked, there is no such copy, it cannot come back, or nobody said yes to dropping.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let project = context.project()?;
    let terminal = context.terminal;
    match &arguments.verb {
        Verb::List => {
            let copies = context.wait(async {
                let target = context.target(&project).await?;
                list(&project, &target, &Which::All).await
            })??;
            match terminal.json {
                true => terminal.document(&documents(&copies))?,
                false if copies.is_empty() => terminal.note("No copies are kept"),
                false => terminal.result(&table(&copies))?,
            }
        }
        Verb::Restore { id } => {
            let restored = context.wait(async {
                let target = context.target(&project).await?;
                restore(&project, &target, *id).await
            })??;
            if terminal.json {
                terminal.document(&restored)?;
            } else {
                terminal.made(&plan_text::restored(&restored))?;
            }
        }
        Verb::Drop(arguments) => {
            let dropped = context.wait(drop(context, &project, &arguments.which()))??;
            match terminal.json {
                true => terminal.document(&documents(&dropped))?,
                false if dropped.is_empty() => terminal.note("Nothing to drop"),
                false => dropped.iter().try_for_each(|copy| terminal.made(&format!("Dropped {}", line(copy))))?,
            }
        }
    }
    Ok(Exit::Done)
}

async fn drop(context: &Context, project: &crate::engine::project::Project, which: &Which) -> Result<Vec<Copy>, Error> {
    let target = context.target(project).await?;
    let doomed = list(project, &target, which).await?;
    if doomed.is_empty() {
        return Ok(doomed);
    }
    if !context.global.yes {
        if !context.terminal.can_ask() {
            return Err(Error::new(format!("nobody can be asked whether to drop {}", many(doomed.len())))
                .hint("look with `limbeck kept list`; then add --yes"));
        }
        if !ask(&doomed)? {
            return Err(Error::of(ErrorKind::Approval, "nothing was dropped"));
        }
    }
    // Only what was shown: another may have been made since.
    let ids = doomed.iter().map(|copy| copy.id).collect();
    drop_copies(project, &target, &Which::These(ids)).await
}

/// Shows what would go and asks.
fn ask(doomed: &[Copy]) -> Result<bool, Error> {
    let words = format!("Drop {} for good? Nothing brings them back. [y/N]", many(doomed.len()));
    let typed = question::ask(doomed.iter().map(line), &words)?;
    Ok(matches!(typed.to_lowercase().as_str(), "y" | "yes"))
}

impl DropArguments {
    fn which(&self) -> Which {
        match self.older_than {
            Some(age) => Which::OlderThan(age),
            None if self.all => Which::All,
            None => Which::These(self.ids.clone()),
        }
    }
}

fn documents(copies: &[Copy]) -> Vec<CopyDocument<'_>> {
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
        stays: copy.detail.stuck.as_deref(),
    });
    documents.collect()
}

/// A line a copy, in columns.
fn table(copies: &[Copy]) -> String {
    let heading = ["ID", "REVISION", "LOST BY", "OBJECT", "ROWS", "SIZE", "AT"].map(str::to_owned);
    let rows = copies.iter().map(|copy| {
        [
            copy.id.to_string(),
            copy.revision.clone(),
            copy.direction.word().to_owned(),
            copy.object.clone(),
            copy.rows.to_string(),
            size(copy.bytes),
            copy.at.clone(),
        ]
    });
    let lines: Vec<[String; 7]> = std::iter::once(heading).chain(rows).collect();
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..7).map(|column| width(column).unwrap_or_default()).collect();
    let padded = |line: &[String; 7]| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    lines.iter().map(padded).collect()
}

fn line(copy: &Copy) -> String {
    let Copy { id, object, rows, at, revision, .. } = copy;
    format!("copy {id} of {object}: {rows} rows, {}, revision {revision}, {at}", size(copy.bytes))
}

fn many(count: usize) -> String {
    if count == 1 { "1 copy".to_owned() } else { format!("{count} copies") }
}

/// A number with `m` (minutes), `h`, `d` or `w` behind it.
fn parse_age(text: &str) -> Result<Duration, String> {
    let units = [('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];
    let parsed = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.trim().strip_suffix(*unit)?.trim().parse().ok()?;
        number.checked_mul(*seconds).map(Duration::from_secs)
    });
    parsed.ok_or_else(|| "expected a number and m, h, d or w, e.g. 30d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read() {
        assert_eq!(parse_age("30d"), Ok(Duration::from_hours(30 * 24)));
        assert_eq!(parse_age("0m"), Ok(Duration::ZERO));
        for text in ["", "d", "30", "-1d", "1.5h", "99999999999999999w"] {
            assert!(parse_age(text).is_err(), "{text}");
        }
    }
}
