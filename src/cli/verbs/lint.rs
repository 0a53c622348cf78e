//! `lint`: finds hazards in scripts, without a database.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use crate::cli::approval::Allow;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::cancellable;
use crate::cli::output::plan as plan_text;
use crate::cli::report::{FormatOption, print_check};
use crate::cli::selection;
use crate::core::finding::{self, Check, CheckName};
use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard;
use crate::core::text::plural;
use crate::engine::ci::changed_revisions;
use crate::engine::findings::{hazard_findings, remark_findings, script_findings};
use crate::engine::lint::{LintReport, LintedHazard, LintedRevision, lint_python, lint_sql};
use crate::engine::project::{Project, ScriptProblem, ScriptTree};
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
    /// Read only the scripts that differ from the common ancestor with this commit, e.g. origin/main
    #[arg(long, value_name = "REF", conflicts_with_all = ["revisions", "explain"])]
    since: Option<String>,
    #[command(flatten)]
    pub format: FormatOption,
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
    let ids = select(context, &project, &tree, arguments)?;
    let report = if project.alembic.is_some() {
        lint_with_python(context, &project, &tree, &ids)?
    } else {
        lint_sql(&tree, &ids)
    };
    for failure in &report.failures {
        context.terminal.print_error(&failure.error);
    }
    let linted = &report.revisions;
    for LintedRevision { file, remarks, .. } in linted {
        for remark in remarks {
            context.terminal.print_warning(&format!("{}:{}: {}", file.path.display(), remark.line, remark.message));
        }
    }
    let unread = report.failures.len();
    if let Some(format) = arguments.format.for_ci() {
        print_check(context, &project, "lint", check(&tree, &report, &arguments.deny), format)?;
    } else if context.terminal.json {
        context.terminal.print_document(linted)?;
    } else {
        let unread =
            unread + tree.problems.iter().filter(|problem| matches!(problem, ScriptProblem::File { .. })).count();
        context.terminal.print_result(&lint_text(linted, unread))?;
    }
    let denied = count_denied(linted, &arguments.deny);
    if denied > 0 {
        context.terminal.print_warning(&format!("found {} of the classes in --deny", plural(denied as u64, "hazard")));
    }
    let ended = context.finish_listing(&tree);
    Ok(if unread > 0 || denied > 0 { Exit::Failed } else { ended })
}

/// The revisions to read, parents first.
fn select(
    context: &Context,
    project: &Project,
    tree: &ScriptTree,
    arguments: &Arguments,
) -> Result<Vec<RevisionId>, Failure> {
    let Some(since) = &arguments.since else {
        return selection::resolve_all(context, project, tree, &arguments.revisions);
    };
    let changed = context.block_on(async {
        cancellable(context.terminal, async |cancel| changed_revisions(project, tree, since, cancel).await).await
    })??;
    Ok(changed)
}

/// Everything that was found, as a check.
fn check(tree: &ScriptTree, report: &LintReport, deny: &[Allow]) -> Check {
    let is_denied = |class| deny.iter().any(|word| word.covers(class));
    let mut findings = script_findings(tree);
    findings.extend(remark_findings(report));
    findings.extend(hazard_findings(&report.revisions, &[Direction::Upgrade, Direction::Downgrade], &is_denied));
    Check::with(CheckName::Hazards, findings, "")
}

fn lint_with_python(
    context: &Context,
    project: &Project,
    tree: &ScriptTree,
    ids: &[RevisionId],
) -> Result<LintReport, Error> {
    tree.require_valid()?;
    context.allow_python(project)?;
    context.block_on(async {
        let target = context.find_target(project).await?;
        let lint = async |cancel: &_| lint_python(project, tree, &target, ids, cancel).await;
        cancellable(context.terminal, lint).await
    })?
}

fn explain(context: &Context, code: &str) -> Result<Exit, Failure> {
    let code = code.trim();
    let (code, class) = match (hazard::find_rule(code), finding::find_check_page(code)) {
        (Some(rule), _) => (rule.code.as_str(), rule.class().word()),
        (None, Some(page)) => (page.code, page.check.word()),
        (None, None) => return Err(unknown_code(code).into()),
    };
    let title = finding::title(code);
    let text = finding::explanation(code).unwrap_or_default();
    if context.terminal.json {
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
