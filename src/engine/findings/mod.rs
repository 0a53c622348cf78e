//! The results of commands as findings, for CI systems: a place, a code, a message.

mod conflicts;
mod models;
mod verify;

use super::Error;
use super::lint::{LintReport, LintedHazard, LintedRevision};
use super::project::{ScriptProblem, ScriptTree};
use crate::core::finding::{CheckCode, Finding, Severity};
use crate::core::graph::Direction;
use crate::core::hazard::{Class, Hazard};
pub use conflicts::conflict_findings;
pub use models::{ModelFile, model_findings, read_model_files};
pub use verify::{upgrade_failure, verify_findings};

/// The problems of the tree: files that cannot be read, and faults of the graph.
#[must_use]
pub fn script_findings(tree: &ScriptTree) -> Vec<Finding> {
    let finding = |problem: &ScriptProblem| match problem {
        ScriptProblem::File { path, line, message, .. } => {
            Finding::new(CheckCode::UnreadableScript, message.clone()).at(path, *line)
        }
        ScriptProblem::Graph { problem, files } => {
            let finding = Finding::new(CheckCode::BrokenGraph, problem.to_string());
            let Some(path) = files.last() else { return finding };
            let file = tree.scripts.values().find(|file| file.path == *path);
            finding.at(path, Some(file.map_or(1, |file| file.script.parents_line(&file.text))))
        }
    };
    tree.problems.iter().map(finding).collect()
}

/// Scripts that could not be examined, and statements that may have a syntax error.
#[must_use]
pub fn remark_findings(report: &LintReport) -> Vec<Finding> {
    let failures = report.failures.iter().map(|failure| {
        let (file, error) = (&failure.file, &failure.error);
        let line = error.line.unwrap_or_else(|| file.script.upgrade_line());
        Finding::new(CheckCode::UnreadableScript, full_message(error)).at(&file.path, Some(line))
    });
    let remarks = report.revisions.iter().flat_map(|linted| {
        linted.remarks.iter().map(|remark| {
            Finding::new(CheckCode::SuspectStatement, remark.message.clone())
                .at(&linted.file.path, Some(remark.line))
                .with_severity(Severity::Warning)
        })
    });
    failures.chain(remarks).collect()
}

/// The hazards of scripts. A hazard of a class for which `is_denied` holds is an error, unless a comment explains it.
#[must_use]
pub fn hazard_findings<'a>(
    revisions: impl IntoIterator<Item = &'a LintedRevision>,
    sections: &[Direction],
    is_denied: &dyn Fn(Class) -> bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for linted in revisions {
        for LintedHazard { section, line, hazard } in &linted.hazards {
            if sections.contains(section) {
                findings.push(hazard_finding(hazard, is_denied).at(&linted.file.path, Some(*line)));
            }
        }
    }
    findings
}

fn hazard_finding(hazard: &Hazard, is_denied: &dyn Fn(Class) -> bool) -> Finding {
    let (severity, reason) = match &hazard.allowed {
        Some(reason) => (Severity::Note, format!(" ({reason})")),
        None if is_denied(hazard.class) => (Severity::Error, String::new()),
        None => (Severity::Warning, String::new()),
    };
    Finding {
        path: None,
        line: None,
        code: hazard.code.as_str(),
        class: hazard.class.word(),
        message: format!("{} {}{reason}", hazard.title, hazard.object),
        severity,
    }
}

/// The message of an error with its causes, without the state of the scratch database.
#[must_use]
pub fn full_message(error: &Error) -> String {
    let causes = error.causes.iter().filter(|cause| !cause.contains("the scratch database is at "));
    std::iter::once(&error.message).chain(causes).map(String::as_str).collect::<Vec<_>>().join(": ")
}
