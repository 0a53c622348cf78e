//! The history on scratch databases: the changed scripts up, down and up again, and its schema compared with the models.

use std::path::PathBuf;

use super::{CiEvent, Run};
use crate::core::finding::{Check, CheckCode, CheckName, Finding, Severity};
use crate::core::graph::Direction;
use crate::core::sql::split;
use crate::core::text::plural;
use crate::engine::autogenerate::{CompareOptions, compare};
use crate::engine::findings::{
    ModelFile, full_message, model_findings, read_model_files, upgrade_failure, verify_findings,
};
use crate::engine::lint::LintReport;
use crate::engine::passage::display_path;
use crate::engine::scratch::{ScratchDatabase, ScratchRequirements};
use crate::engine::verify::{ScratchRunner, VerifyReport, verify};
use crate::engine::{Error, ErrorKind, Result, Target, models};

impl Run<'_> {
    /// Verifies the changed scripts. Also returns whether all upgrades of the history run.
    pub(super) async fn check_history(&self, target: &Target, lint: &LintReport) -> Result<(Check, bool)> {
        if self.chosen.is_empty() {
            return Ok((Check::with(CheckName::Verify, Vec::new(), "no changed script"), true));
        }
        let report = |event| (self.report_event)(CiEvent::Verify(event));
        let options = self.verify_options();
        let verified = Box::pin(verify(self.project, self.tree, target, &options, &report, self.cancel)).await;
        let verified = match verified {
            Ok(verified) => verified,
            Err(error) if error.kind == ErrorKind::Failed => {
                let Some(finding) = upgrade_failure(self.tree, &error) else { return Err(error) };
                return Ok((Check::with(CheckName::Verify, vec![finding], ""), false));
            }
            Err(error) => return Err(error),
        };
        let mut findings = verify_findings(self.tree, &verified);
        for finding in findings.iter_mut().filter(|finding| is_explained(finding, lint)) {
            finding.severity = Severity::Warning;
        }
        let runs = verified.revisions.iter().all(|revision| revision.up);
        Ok((Check::with(CheckName::Verify, findings, summary(&verified)), runs))
    }

    /// Runs the whole history on a scratch database, and compares its schema with the models.
    pub(super) async fn check_models(&self, target: &Target) -> Result<Check> {
        let paths = match models::find_model_files(self.project) {
            Ok(Some(paths)) => paths,
            Ok(None) => return Ok(Check::skipped(CheckName::Models, "the project has no models")),
            Err(error) => return Ok(self.models_failed(&error, &[])),
        };
        // A new project has a file of models that only contains comments.
        let has_statement = |file: &ModelFile| split(&file.text).map_or(true, |statements| !statements.is_empty());
        if !paths.is_empty() && !read_model_files(self.project).iter().any(has_statement) {
            return Ok(Check::skipped(CheckName::Models, "the models have no statements"));
        }
        (self.report_event)(CiEvent::Models);
        let upgrades = self.tree.scripts.values().filter_map(|file| file.script.sql());
        let mut upgrades: Vec<&str> = upgrades.map(|code| code.upgrade.sql.as_str()).collect();
        upgrades.sort_unstable();
        let requirements = ScratchRequirements::of(upgrades);
        let scratch = ScratchDatabase::make(self.project, target, &requirements, self.options.download).await?;
        let compared = Box::pin(self.compare_models(target, &scratch, paths)).await;
        let removed = scratch.remove().await;
        let check = compared?;
        removed?;
        Ok(check)
    }

    async fn compare_models(&self, target: &Target, scratch: &ScratchDatabase, paths: Vec<PathBuf>) -> Result<Check> {
        let (project, tree, cancel) = (self.project, self.tree, self.cancel);
        let history = scratch.target().with_scripts_of(target);
        let runner = ScratchRunner { project, tree, target: &history, unsaved: &[], progress: &|_| {}, cancel };
        let path = tree.graph.upgrade("heads", &[])?;
        if let Err(error) = runner.run_path(Direction::Upgrade, "heads", path).await {
            let finding = Some(&error).filter(|error| error.kind == ErrorKind::Failed);
            let Some(finding) = finding.and_then(|error| upgrade_failure(tree, error)) else { return Err(error) };
            return Ok(Check::with(CheckName::Models, vec![finding], ""));
        }
        let options = CompareOptions {
            download: self.options.download,
            consent: self.options.consent,
            ..CompareOptions::default()
        };
        let comparison = match Box::pin(compare(project, tree, &history, &options, &|_| {}, cancel)).await {
            Ok(comparison) => comparison,
            Err(error) if models::has_no_metadata(&error) => {
                return Ok(Check::skipped(CheckName::Models, "env.py has no target_metadata"));
            }
            Err(error) if error.kind == ErrorKind::Failed => return Ok(self.models_failed(&error, &paths)),
            Err(error) => return Err(error),
        };
        let findings = model_findings(project, &read_model_files(project), &comparison.changes.operations);
        let summary = if findings.is_empty() { "equal to the history" } else { "" };
        Ok(Check::with(CheckName::Models, findings, summary))
    }

    /// The models cannot be loaded. The message of the error starts with the file that is at fault.
    fn models_failed(&self, error: &Error, paths: &[PathBuf]) -> Check {
        let is_named = |path: &&PathBuf| error.message.starts_with(&format!("{}: ", display_path(path)));
        let finding = Finding::new(CheckCode::ModelsFail, full_message(error));
        let finding = match paths.iter().find(is_named) {
            Some(path) => finding.at(path, error.line),
            None => finding.at(&self.project.config_path, None),
        };
        Check::with(CheckName::Models, vec![finding], "")
    }
}

/// Whether a comment in the script explains why there is no downgrade.
fn is_explained(finding: &Finding, lint: &LintReport) -> bool {
    let linted = lint.revisions.iter().find(|linted| finding.path.as_ref() == Some(&linted.file.path));
    let has_reason = |linted: &crate::engine::lint::LintedRevision| {
        let mut hazards = linted.hazards.iter().map(|found| &found.hazard);
        hazards.any(|hazard| hazard.code.as_str() == "IR701" && hazard.allowed.is_some())
    };
    finding.code == CheckCode::EmptyDowngrade.page().code && linted.is_some_and(has_reason)
}

fn summary(report: &VerifyReport) -> String {
    let proved = report.revisions.iter().filter(|revision| revision.is_proved()).count();
    let revisions = plural(report.revisions.len() as u64, "script");
    format!("{proved} of {revisions} up, down and up again")
}
