//! The checks of a pull request, in one run. They need no target database: scripts run on the server of `[scratch] url`, or
//! on a private server.

mod changes;
mod edited;
mod heads;
mod history;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::conflicts::ConflictEvent;
use super::findings::{hazard_findings, read_model_files, remark_findings, script_findings};
use super::lint::{LintReport, lint_python, lint_sql};
use super::project::{Project, ScriptTree};
use super::scratch::ThrowawayServer;
use super::verify::{VerifyEvent, VerifyOptions};
use super::{ConnectOptions, Result, Target};
use crate::core::finding::{Check, CheckName, CheckReport};
use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard::Class;
use crate::core::statement::{analyse_section, roles_named};
use crate::core::text::plural;
pub use changes::changed_revisions;

/// What to check.
#[derive(Debug, Clone, Default)]
pub struct CiOptions {
    /// The commit of the target branch. `None`: every script is checked.
    pub since: Option<String>,
    /// The classes of hazards that make the check fail.
    pub deny: Vec<Class>,
    /// The database whose ledger may have other texts of the scripts.
    pub connect: ConnectOptions,
    /// Whether PostgreSQL's programs may be downloaded.
    pub download: bool,
    /// Whether the program that prints the models may run.
    pub consent: bool,
}

/// Reported while the checks run.
#[derive(Debug, Clone, PartialEq)]
pub enum CiEvent {
    Verify(VerifyEvent),
    Conflicts(ConflictEvent),
    /// The history is compared with the models.
    Models,
    Checked(Check),
}

/// The function that receives the events.
pub type CiReporter<'a> = &'a (dyn Fn(CiEvent) + Send + Sync);

/// The inputs of all checks.
struct Run<'a> {
    project: &'a Project,
    tree: &'a ScriptTree,
    options: &'a CiOptions,
    /// The revisions to check, parents first.
    chosen: Vec<RevisionId>,
    report_event: CiReporter<'a>,
    cancel: &'a CancellationToken,
}

/// Runs the checks in the order of the report. A check that fails is a result, not an error. The caller has the user's
/// consent to run the project's code.
///
/// # Errors
/// When git does not know the commit, no server can be started, or it was cancelled.
pub async fn run(
    project: &Project,
    tree: &ScriptTree,
    options: &CiOptions,
    report_event: CiReporter<'_>,
    cancel: &CancellationToken,
) -> Result<CheckReport> {
    let chosen = match &options.since {
        Some(since) => changed_revisions(project, tree, since, cancel).await?,
        None => tree.graph.pending(&[]).into_iter().cloned().collect(),
    };
    let run = Run { project, tree, options, chosen, report_event, cancel };
    let mut report = CheckReport::default();
    if !tree.problems.is_empty() {
        run.add(&mut report, Check::with(CheckName::Scripts, script_findings(tree), ""));
        run.skip(&mut report, &CheckName::AFTER_SCRIPTS, "the scripts cannot be read");
        return Ok(report);
    }
    let server = ThrowawayServer::start(project, &roles_of(project, tree), options.download).await?;
    let checked = Box::pin(run.check(server.target(), &mut report)).await;
    let removed = server.remove().await;
    checked?;
    removed?;
    Ok(report)
}

/// The roles that the scripts and the models name. A new server does not have them.
fn roles_of(project: &Project, tree: &ScriptTree) -> BTreeSet<String> {
    let models = read_model_files(project);
    let scripts = tree.scripts.values().filter_map(|file| file.script.sql());
    let sections = scripts.flat_map(|code| [code.upgrade.sql.as_str(), code.downgrade.sql.as_str()]);
    let texts = sections.chain(models.iter().map(|file| file.text.as_str()));
    let statements = texts.filter_map(|text| analyse_section(text).ok()).flatten();
    statements.flat_map(|statement| roles_named(statement.sql())).collect()
}

impl Run<'_> {
    async fn check(&self, target: &Target, report: &mut CheckReport) -> Result<()> {
        let lint = self.lint(target).await?;
        self.add(report, self.check_scripts(&lint));
        if !report.passed() {
            self.skip(report, &CheckName::AFTER_SCRIPTS, "a script cannot be read");
            return Ok(());
        }
        let (heads, is_certain) = Box::pin(self.check_heads(target)).await?;
        self.add(report, heads);
        self.add(report, Box::pin(self.check_edited()).await);
        let reason = "the result of the heads depends on their order";
        let history = if is_certain {
            Some(Box::pin(self.check_history(target, &lint)).await?)
        } else {
            self.skip(report, &[CheckName::Verify], reason);
            None
        };
        let runs = history.is_some_and(|(check, runs)| {
            self.add(report, check);
            runs
        });
        self.add(report, self.check_hazards(&lint));
        match (is_certain, runs) {
            (true, true) => {
                let models = Box::pin(self.check_models(target)).await?;
                self.add(report, models);
            }
            (true, false) => self.skip(report, &[CheckName::Models], "the history does not run"),
            (false, _) => self.skip(report, &[CheckName::Models], reason),
        }
        Ok(())
    }

    async fn lint(&self, target: &Target) -> Result<LintReport> {
        if self.project.alembic.is_none() || self.chosen.is_empty() {
            return Ok(lint_sql(self.tree, &self.chosen));
        }
        lint_python(self.project, self.tree, target, &self.chosen, self.cancel).await
    }

    /// Whether the files can be read as scripts.
    fn check_scripts(&self, lint: &LintReport) -> Check {
        let is_python = self.project.alembic.is_some();
        let mut findings = remark_findings(lint);
        // A Python script that fails is found by the check `verify`.
        findings
            .retain(|finding| !is_python || !lint.failures.iter().any(|failure| is_of(finding, &failure.file.path)));
        let summary = match self.options.since {
            Some(_) => format!("{}, {} changed", plural(self.tree.scripts.len() as u64, "script"), self.chosen.len()),
            None => plural(self.tree.scripts.len() as u64, "script"),
        };
        Check::with(CheckName::Scripts, findings, summary)
    }

    /// The hazards of the upgrades. A downgrade destroys what its upgrade created, so it has hazards by design.
    fn check_hazards(&self, lint: &LintReport) -> Check {
        let is_denied = |class| self.options.deny.contains(&class);
        let failed = lint.failures.iter().filter_map(|failure| failure.found.as_ref());
        let findings = hazard_findings(lint.revisions.iter().chain(failed), &[Direction::Upgrade], &is_denied);
        let upgrades = plural(self.chosen.len() as u64, "upgrade");
        let summary = format!("{} in {upgrades}", plural(findings.len() as u64, "hazard"));
        Check::with(CheckName::Hazards, findings, summary)
    }

    fn chosen_set(&self) -> BTreeSet<RevisionId> {
        self.chosen.iter().cloned().collect()
    }

    fn add(&self, report: &mut CheckReport, check: Check) {
        (self.report_event)(CiEvent::Checked(check.clone()));
        report.checks.push(check);
    }

    fn skip(&self, report: &mut CheckReport, names: &[CheckName], reason: &str) {
        for name in names {
            self.add(report, Check::skipped(*name, reason));
        }
    }

    fn verify_options(&self) -> VerifyOptions {
        let revisions = match self.options.since {
            Some(_) => self.chosen.iter().map(ToString::to_string).collect(),
            None => Vec::new(),
        };
        VerifyOptions { revisions, download: self.options.download, ..VerifyOptions::default() }
    }
}

fn is_of(finding: &crate::core::finding::Finding, path: &Path) -> bool {
    finding.path.as_deref() == Some(path)
}

/// The path without symbolic links, as git writes it.
fn real_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}
