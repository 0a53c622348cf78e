//! `lint`: what scripts may cost, read from the scripts alone.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::approve::Allow;
use super::context::Context;
use super::exit::{Exit, Failure};
use super::plan_text;
use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard::{self, Hazard, ReadStatement, Remark, Rule};
use crate::core::sql::SplitError;
use crate::engine::project::{Project, ScriptFile, ScriptTree};
use crate::engine::{Error, ErrorKind};

#[derive(Debug, Args)]
#[command(after_help = "Without REV every script is read, upgrade and downgrade. No database is asked, unless REV \
                        speaks of `current` or is relative to it; so nothing is counted: `limbeck upgrade head \
                        --dry-run` counts. Findings alone are no failure: the exit code is 0 without --deny.\n\n\
                        A reason may stand above a statement: `-- limbeck: allow DL102 because …`. It is shown, and \
                        it approves nothing.")]
pub struct Arguments {
    /// Revisions to read: ids, labels, symbols, ranges START:END [default: all]
    #[arg(value_name = "REV", allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// Print the page that explains a code, e.g. DL101
    #[arg(long, value_name = "CODE", conflicts_with_all = ["revisions", "deny"])]
    explain: Option<String>,
    /// Exit with 1 where hazards of these classes are found without a reason above them
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = Allow::parser())]
    deny: Vec<Allow>,
}

/// What was found in one revision.
#[derive(Serialize)]
struct Linted<'a> {
    revision: &'a RevisionId,
    hazards: Vec<Finding>,
    /// What is wrong with the notes of the script.
    remarks: Vec<Note>,
    #[serde(skip)]
    file: &'a ScriptFile,
}

#[derive(Serialize)]
struct Finding {
    section: Direction,
    line: usize,
    #[serde(flatten)]
    hazard: Hazard,
}

#[derive(Serialize)]
struct Note {
    section: Direction,
    line: usize,
    message: String,
}

/// The page of a code.
#[derive(Serialize)]
struct Page {
    code: &'static str,
    class: &'static str,
    title: &'static str,
    #[serde(rename = "page")]
    text: &'static str,
}

/// Reads the revisions and tells what was found.
///
/// # Errors
/// When there is no project, an argument means no revision, a code is not known, or the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if let Some(code) = &arguments.explain {
        return explain(context, code);
    }
    let (project, tree) = context.scripts()?;
    let ids = chosen(context, &project, &tree, &arguments.revisions)?;
    let files = ids.iter().filter_map(|id| tree.scripts.get(id));
    let (mut linted, mut failed) = (Vec::new(), false);
    for file in files {
        match lint(file) {
            Ok(found) => linted.push(found),
            Err(error) => {
                failed = true;
                context.terminal.error(&error);
            }
        }
    }
    for (found, note) in linted.iter().flat_map(|found| found.remarks.iter().map(move |note| (found, note))) {
        context.terminal.warn(&format!("{}:{}: {}", found.file.path.display(), note.line, note.message));
    }
    if context.terminal.json {
        context.terminal.document(&linted)?;
    } else {
        context.terminal.result(&text(&linted))?;
    }
    let denied = denied(&linted, &arguments.deny);
    if denied > 0 {
        context.terminal.warn(&format!("{} that --deny names", counted(denied, "hazard")));
    }
    let ended = context.finish_listing(&tree);
    Ok(if failed || denied > 0 { Exit::Failed } else { ended })
}

fn explain(context: &Context, code: &str) -> Result<Exit, Failure> {
    let rule = hazard::RULES.iter().find(|rule| rule.code.eq_ignore_ascii_case(code.trim()));
    let Some(Rule { code, class, title, page, .. }) = rule else { return Err(unknown(code).into()) };
    if context.terminal.json {
        context.terminal.document(&Page { code, class: class.word(), title, text: page })?;
    } else {
        context.terminal.result(page)?;
    }
    Ok(Exit::Done)
}

fn unknown(code: &str) -> Error {
    let near: Vec<String> =
        hazard::nearest(code).into_iter().map(|rule| format!("{} ({})", rule.code, rule.title)).collect();
    let hint = if near.is_empty() {
        "codes are two letters and a number, e.g. DL101; README lists them".to_owned()
    } else {
        format!("there are {}", near.join(", "))
    };
    Error::of(ErrorKind::Usage, format!("there is no hazard with the code '{code}'")).hint(hint)
}

/// The revisions that the arguments mean, parents before children; all, where there are none.
fn chosen(
    context: &Context,
    project: &Project,
    tree: &ScriptTree,
    words: &[String],
) -> Result<Vec<RevisionId>, Failure> {
    let order = tree.graph.newest_first().into_iter().rev().map(|revision| revision.id.clone());
    if words.is_empty() {
        return Ok(order.collect());
    }
    let speaks_of_it =
        |word: &String| word.contains("current") || word.split(':').any(|end| end.starts_with(['+', '-']));
    let current = if words.iter().any(speaks_of_it) { context.status(project)?.heads } else { Vec::new() };
    let mut meant = Vec::new();
    for word in words {
        match word.split_once(':') {
            Some((start, end)) => {
                let given = |end: &'_ str| !end.is_empty();
                let (start, end) = (Some(start).filter(|end| given(end)), Some(end).filter(|end| given(end)));
                meant.extend(tree.graph.range(start, end, &current)?.into_iter().map(|revision| revision.id.clone()));
            }
            None if word == "current" => meant.extend(current.iter().cloned()),
            None => meant.extend(tree.graph.resolve(word, &current)?),
        }
    }
    Ok(order.filter(|id| meant.contains(id)).collect())
}

fn lint(file: &ScriptFile) -> Result<Linted<'_>, Error> {
    let (mut hazards, mut remarks) = (Vec::new(), Vec::new());
    for section in [Direction::Upgrade, Direction::Downgrade] {
        let above = file.script.section(section).line.max(1) - 1;
        let reading = hazard::read_section(&file.script, section).map_err(|error| unreadable(file, above, error))?;
        for ReadStatement { statement, hazards: found, .. } in reading.statements {
            let line = above + statement.line;
            hazards.extend(found.into_iter().map(|hazard| Finding { section, line, hazard }));
        }
        let noted = |Remark { line, message, hint }| Note {
            section,
            line: above + line,
            message: format!("{message}; {hint}"),
        };
        remarks.extend(reading.remarks.into_iter().map(noted));
    }
    Ok(Linted { revision: &file.script.revision, hazards, remarks, file })
}

fn unreadable(file: &ScriptFile, above: usize, error: SplitError) -> Error {
    let line = above + error.line;
    Error {
        hint: error.hint,
        revision: Some(file.script.revision.to_string()),
        line: Some(line),
        ..Error::new(format!("{}:{line}: {}", file.path.display(), error.message))
    }
}

fn denied(linted: &[Linted], deny: &[Allow]) -> usize {
    let hazards = linted.iter().flat_map(|found| &found.hazards);
    let open = hazards.filter(|found| found.hazard.allowed.is_none());
    open.filter(|found| deny.iter().any(|class| class.covers(found.hazard.class))).count()
}

fn text(linted: &[Linted]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for found in linted.iter().filter(|found| !found.hazards.is_empty()) {
        let _ = writeln!(text, "{}  {}", found.revision, found.file.script.summary());
        for finding in &found.hazards {
            let Finding { section, line, hazard } = finding;
            let place = format!("{}, line {line}", section.word());
            let _ = writeln!(
                text,
                "  {place:<20}  {} {:<12}  {}",
                hazard.code,
                hazard.class.word(),
                plan_text::named(hazard)
            );
        }
        text.push('\n');
    }
    let hazards: usize = linted.iter().map(|found| found.hazards.len()).sum();
    let with = linted.iter().filter(|found| !found.hazards.is_empty()).count();
    let revisions = counted(linted.len(), "revision");
    if hazards == 0 {
        let _ = writeln!(text, "No hazards in {revisions}");
    } else {
        let _ = writeln!(
            text,
            "{} in {with} of {revisions}; `limbeck lint --explain CODE` says what each means",
            counted(hazards, "hazard")
        );
    }
    text
}

fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
