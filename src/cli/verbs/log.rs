//! `log`: the runs in the ledger.

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::table::aligned;
use crate::core::escape::escape_line;
use crate::core::graph::Direction;
use crate::core::text::one_line;
use crate::engine::log::{LoggedRun, log};

/// Show who ran which revision, when, for how long, and with which approvals
#[derive(Debug, Args)]
pub struct Arguments {
    /// Show only the newest runs, at most this number
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32))]
    limit: Option<u32>,
}

/// The document of one run.
#[derive(Debug, Serialize)]
struct RunDocument<'a> {
    revision: &'a str,
    direction: Direction,
    state: &'a str,
    role: &'a str,
    at: &'a str,
    seconds: Option<f64>,
    approved: &'a [String],
    kept: Vec<CopyDocument<'a>>,
    message: &'a str,
    client: &'a str,
    error: Option<&'a str>,
}

/// The document of one copy. `state`: `kept`, `restored`, `dropped` or `making`.
#[derive(Debug, Serialize)]
struct CopyDocument<'a> {
    object: &'a str,
    rows: u64,
    state: &'a str,
}

/// Prints the runs, the newest first.
///
/// # Errors
/// If the database does not answer, or the role may not read the ledger.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let project = context.open_project()?;
    let runs = context.block_on(async {
        let target = context.find_target(&project).await?;
        log(&target, arguments.limit.map(i64::from)).await
    })??;
    match context.terminal.json {
        true => context.terminal.print_document(&runs.iter().map(document).collect::<Vec<_>>())?,
        false if runs.is_empty() => context.terminal.print_note("The ledger has no runs"),
        false => context.terminal.print_result(&table(&runs, context.global.verbose))?,
    }
    Ok(Exit::Done)
}

fn document(run: &LoggedRun) -> RunDocument<'_> {
    let entry = &run.entry;
    let copies =
        run.copies.iter().map(|copy| CopyDocument { object: &copy.object, rows: copy.rows, state: &copy.state });
    RunDocument {
        revision: &entry.revision,
        direction: entry.direction,
        state: &entry.state,
        role: &entry.role,
        at: &entry.at,
        seconds: entry.seconds,
        approved: &entry.approved,
        kept: copies.collect(),
        message: &entry.message,
        client: &entry.client,
        error: entry.error.as_deref(),
    }
}

/// One line per run, in columns; below it the error, and with `verbose` the message and the program.
fn table(runs: &[LoggedRun], verbose: bool) -> String {
    let heading = ["AT", "REVISION", "DIRECTION", "STATE", "TIME", "ROLE", "APPROVED", "COPIES"].map(str::to_owned);
    let rows = runs.iter().map(|run| {
        let entry = &run.entry;
        [
            entry.at.clone(),
            escape_line(&entry.revision).into_owned(),
            entry.direction.word().to_owned(),
            entry.state.clone(),
            entry.seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.3} s")),
            escape_line(&entry.role).into_owned(),
            if entry.approved.is_empty() {
                "-".to_owned()
            } else {
                escape_line(&entry.approved.join(", ")).into_owned()
            },
            copies_text(run),
        ]
    });
    let lines: Vec<[String; 8]> = std::iter::once(heading).chain(rows).collect();
    let mut text = String::new();
    for (number, line) in aligned(&lines).into_iter().enumerate() {
        text.extend([line.as_str(), "\n"]);
        let Some(run) = number.checked_sub(1).and_then(|index| runs.get(index)) else { continue };
        let entry = &run.entry;
        let details = [("message", Some(&entry.message)), ("program", Some(&entry.client))];
        let details = details.into_iter().filter(|_| verbose).chain([("error", entry.error.as_ref())]);
        for (name, detail) in details.filter_map(|(name, detail)| Some((name, detail?))) {
            text.extend(["  ", name, ": ", &escape_line(&one_line(detail)), "\n"]);
        }
    }
    text
}

fn copies_text(run: &LoggedRun) -> String {
    let copies = run.copies.iter().map(|copy| {
        let contents = copy.kind.describe_contents(copy.rows);
        format!("{} ({contents}, {})", escape_line(&copy.object), copy.state)
    });
    let text = copies.collect::<Vec<_>>().join(", ");
    if text.is_empty() { "-".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::copies::CopyKind;
    use crate::engine::copies::LoggedCopy;
    use crate::engine::state::ledger_log::LogEntry;

    fn logged(id: i64, state: &str, seconds: Option<f64>, error: Option<&str>) -> LoggedRun {
        let entry = LogEntry {
            id,
            revision: "a1".to_owned(),
            direction: Direction::Upgrade,
            state: state.to_owned(),
            message: "drop the quota".to_owned(),
            role: "app".to_owned(),
            client: "limbeck 0.1.0".to_owned(),
            at: "2026-11-22T10:00:00Z".to_owned(),
            seconds,
            approved: if id == 2 { vec!["data-loss".to_owned()] } else { Vec::new() },
            error: error.map(str::to_owned),
        };
        LoggedRun { entry, copies: Vec::new() }
    }

    #[test]
    fn runs_are_lines_in_columns() {
        let mut done = logged(2, "done", Some(0.5), None);
        done.copies.push(LoggedCopy {
            log: 2,
            kind: CopyKind::Column,
            object: "users.quota".to_owned(),
            rows: 3,
            state: "kept".to_owned(),
        });
        let runs = [done, logged(1, "failed", None, Some("division\nby zero"))];
        let expected = "\
AT                    REVISION  DIRECTION  STATE   TIME     ROLE  APPROVED   COPIES
2026-11-22T10:00:00Z  a1        upgrade    done    0.500 s  app   data-loss  users.quota (3 values, kept)
2026-11-22T10:00:00Z  a1        upgrade    failed  -        app   -          -
  error: division by zero
";
        assert_eq!(table(&runs, false), expected);
        assert_eq!(table(&runs, true).matches("  message: drop the quota\n  program: limbeck 0.1.0\n").count(), 2);
    }
}
