//! `lint`: finds hazards in scripts, without a database.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use crate::cli::approval::Allow;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::cancellable;
use crate::cli::output::plan as plan_text;
use crate::cli::selection;
use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard::{self, ExaminedStatement, Hazard, Remark};
use crate::core::plan::Step;
use crate::core::script::SqlCode;
use crate::core::sql::SplitError;
use crate::core::text::plural;
use crate::engine::prepare::record_up_and_down;
use crate::engine::project::{Project, ScriptFile, ScriptProblem, ScriptTree};
use crate::engine::{Error, ErrorKind};

/// Find hazards in scripts: lost data, locks, failures
#[derive(Debug, Args)]
#[command(after_help = "Without REV, limbeck reads the upgrade and downgrade of every script. It connects to a \
                        database only if REV is `current` or relative to it, so it counts no rows; `limbeck upgrade \
                        head --dry-run` does. Hazards alone are not a failure: without --deny the exit code is 0.\n\n\
                        A comment above a statement can explain a hazard: `-- limbeck: allow DL102 because …`. It is \
                        shown, but it does not approve the hazard.")]
pub struct Arguments {
    /// Revisions to read: ids, labels, head, current, …, ranges START:END [default: all]
    #[arg(value_name = "REV", allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// Explain a hazard code, e.g. DL101
    #[arg(long, value_name = "CODE", conflicts_with_all = ["revisions", "deny"])]
    explain: Option<String>,
    /// Exit with code 1 if a hazard of these classes has no `limbeck: allow` comment
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = Allow::parser())]
    deny: Vec<Allow>,
}

/// The hazards of one revision.
#[derive(Serialize)]
struct LintedRevision<'a> {
    revision: &'a RevisionId,
    hazards: Vec<LintedHazard>,
    /// Problems in the script's `limbeck: allow` comments, and statements that may have a syntax error.
    remarks: Vec<CommentProblem>,
    #[serde(skip)]
    file: &'a ScriptFile,
}

#[derive(Serialize)]
struct LintedHazard {
    section: Direction,
    line: usize,
    #[serde(flatten)]
    hazard: Hazard,
}

#[derive(Serialize)]
struct CommentProblem {
    section: Direction,
    line: usize,
    message: String,
}

/// The document of `--explain`.
#[derive(Serialize)]
struct ExplanationDocument {
    code: &'static str,
    class: &'static str,
    title: &'static str,
    #[serde(rename = "page")]
    text: String,
}

/// Reads the revisions and prints their hazards.
///
/// # Errors
/// If there is no project, an argument selects no revision, a code is unknown, or the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if let Some(code) = &arguments.explain {
        return explain(context, code);
    }
    let (project, tree) = context.read_scripts()?;
    let ids = selection::resolve_all(context, &project, &tree, &arguments.revisions)?;
    let files = ids.iter().filter_map(|id| tree.scripts.get(id));
    let (mut linted, mut unread) = (Vec::new(), 0);
    if project.alembic.is_some() {
        (linted, unread) = lint_python(context, &project, &tree, &ids)?;
    }
    for file in files {
        let Some(code) = file.script.sql() else { continue };
        match lint_script(file, code) {
            Ok(found) => linted.push(found),
            Err(error) => {
                unread += 1;
                context.terminal.print_error(&error);
            }
        }
    }
    for LintedRevision { file, remarks, .. } in &linted {
        for remark in remarks {
            context.terminal.print_warning(&format!("{}:{}: {}", file.path.display(), remark.line, remark.message));
        }
    }
    if context.terminal.json {
        context.terminal.print_document(&linted)?;
    } else {
        let unread =
            unread + tree.problems.iter().filter(|problem| matches!(problem, ScriptProblem::File { .. })).count();
        context.terminal.print_result(&lint_text(&linted, unread))?;
    }
    let denied = count_denied(&linted, &arguments.deny);
    if denied > 0 {
        context.terminal.print_warning(&format!("found {} of the classes in --deny", plural(denied as u64, "hazard")));
    }
    let ended = context.finish_listing(&tree);
    Ok(if unread > 0 || denied > 0 { Exit::Failed } else { ended })
}

fn explain(context: &Context, code: &str) -> Result<Exit, Failure> {
    let Some(rule) = hazard::find_rule(code.trim()) else { return Err(unknown_code(code).into()) };
    let text = rule.explanation();
    if context.terminal.json {
        let (code, class, title) = (rule.code.as_str(), rule.class().word(), rule.title);
        context.terminal.print_document(&ExplanationDocument { code, class, title, text })?;
    } else {
        context.terminal.print_result(&text)?;
    }
    Ok(Exit::Done)
}

fn unknown_code(code: &str) -> Error {
    let similar: Vec<String> =
        hazard::nearest_rules(code).into_iter().map(|rule| format!("{} ({})", rule.code, rule.title)).collect();
    let hint = if similar.is_empty() {
        "a code has two letters and a number, e.g. DL101; README lists all codes".to_owned()
    } else {
        format!("similar codes: {}", similar.join(", "))
    };
    Error::of(ErrorKind::Usage, format!("there is no hazard with the code '{code}'")).hint(hint)
}

/// Runs Python scripts on an empty scratch database, and finds the hazards of the statements that they send. Also returns
/// the number of scripts that could not run there.
fn lint_python<'a>(
    context: &Context,
    project: &Project,
    tree: &'a ScriptTree,
    ids: &[RevisionId],
) -> Result<(Vec<LintedRevision<'a>>, usize), Error> {
    tree.require_valid()?;
    context.allow_python(project)?;
    let recorded = context.block_on(async {
        let target = context.find_target(project).await?;
        let record = async |cancel: &_| record_up_and_down(project, tree, &target, ids, cancel).await;
        cancellable(context.terminal, record).await
    })??;
    let (mut linted, mut failed) = (Vec::new(), 0);
    for id in ids {
        let Some(file) = tree.scripts.get(id) else { continue };
        let steps: Vec<&Step> = recorded.iter().filter(|step| step.revision == *id).collect();
        let failure = steps.iter().find_map(|step| Some((step, step.python.as_ref()?.failure.as_ref()?)));
        if let Some((step, failure)) = failure {
            failed += 1;
            let what =
                format!("the {} of revision {id} did not run on an empty scratch database", step.direction.word());
            context
                .terminal
                .print_error(&Error { revision: Some(id.to_string()), ..Error::new(what).because(failure) });
            continue;
        }
        let mut hazards = Vec::new();
        for step in steps {
            for planned in &step.statements {
                let found = planned.hazards.iter().cloned();
                hazards.extend(found.map(|hazard| LintedHazard {
                    section: step.direction,
                    line: planned.line,
                    hazard,
                }));
            }
        }
        linted.push(LintedRevision { revision: &file.script.revision, hazards, remarks: Vec::new(), file });
    }
    Ok((linted, failed))
}

fn lint_script<'a>(file: &'a ScriptFile, code: &SqlCode) -> Result<LintedRevision<'a>, Error> {
    let (mut hazards, mut remarks) = (Vec::new(), Vec::new());
    for section in [Direction::Upgrade, Direction::Downgrade] {
        let above = code.section(section).line.max(1) - 1;
        let examined = hazard::examine_script(&file.script.revision, code, section)
            .map_err(|error| split_error(file, above, error))?;
        for ExaminedStatement { statement, hazards: found, .. } in examined.statements {
            let line = above + statement.source.line;
            hazards.extend(found.into_iter().map(|hazard| LintedHazard { section, line, hazard }));
        }
        let problem = |Remark { line, message, hint }| CommentProblem {
            section,
            line: above + line,
            message: format!("{message}; {hint}"),
        };
        remarks.extend(examined.remarks.into_iter().map(problem));
    }
    Ok(LintedRevision { revision: &file.script.revision, hazards, remarks, file })
}

fn split_error(file: &ScriptFile, above: usize, error: SplitError) -> Error {
    let line = above + error.line;
    Error {
        hint: error.hint,
        revision: Some(file.script.revision.to_string()),
        line: Some(line),
        ..Error::new(format!("{}:{line}: {}", file.path.display(), error.message))
    }
}

fn count_denied(linted: &[LintedRevision], deny: &[Allow]) -> usize {
    let hazards = linted.iter().flat_map(|found| &found.hazards);
    let unexplained = hazards.filter(|found| found.hazard.allowed.is_none());
    unexplained.filter(|found| deny.iter().any(|class| class.covers(found.hazard.class))).count()
}

/// `unread`: the number of scripts that could not be read.
fn lint_text(linted: &[LintedRevision], unread: usize) -> String {
    let unread_scripts = plural(unread as u64, "script");
    match (linted, unread) {
        ([], 0) => return "No revision is selected\n".to_owned(),
        ([], _) => return format!("{unread_scripts} could not be read\n"),
        _ => {}
    }
    let mut text = String::new();
    // Writing to a string cannot fail.
    for found in linted.iter().filter(|found| !found.hazards.is_empty()) {
        let _ = writeln!(text, "{}  {}", found.revision, found.file.script.summary());
        for finding in &found.hazards {
            let LintedHazard { section, line, hazard } = finding;
            let place = format!("{}, line {line}", section.word());
            let _ = writeln!(
                text,
                "  {place:<20}  {} {:<12}  {}",
                hazard.code,
                hazard.class.word(),
                plan_text::hazard_without_count(hazard)
            );
        }
        text.push('\n');
    }
    let hazards: usize = linted.iter().map(|found| found.hazards.len()).sum();
    let with = linted.iter().filter(|found| !found.hazards.is_empty()).count();
    let revisions = plural(linted.len() as u64, "revision");
    if hazards == 0 {
        let _ = write!(text, "No hazards in {revisions}");
    } else {
        let _ = write!(
            text,
            "{} in {with} of {revisions}; `limbeck lint --explain CODE` explains a code",
            plural(hazards as u64, "hazard")
        );
    }
    if unread > 0 {
        let _ = write!(text, "; {unread_scripts} could not be read");
    }
    text + "\n"
}
