//! Findings in the formats that CI systems read. Each writer takes a report and returns text; nothing is printed.

mod github;
mod gitlab;
mod junit;
mod paths;
mod sarif;
mod text;
mod xml;

use std::path::Path;

use serde::Serialize;

use crate::core::finding::{Check, CheckReport, Finding};
pub use paths::PathBase;

/// The format of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON document, as with --json
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's Code Quality report
    Gitlab,
    /// SARIF 2.1.0
    Sarif,
    /// The XML of `JUnit`
    Junit,
}

/// A report, the command that made it, and the folder to which its paths are relative.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// The command, e.g. `ci`.
    pub command: &'a str,
    pub report: &'a CheckReport,
    pub base: &'a PathBase,
}

/// The document of `ci --json`.
#[derive(Debug, Serialize)]
struct ReportDocument<'a> {
    passed: bool,
    checks: Vec<CheckDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct CheckDocument<'a> {
    name: &'static str,
    passed: bool,
    /// Why it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<&'a str>,
    findings: Vec<FindingDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct FindingDocument<'a> {
    path: Option<String>,
    line: Option<usize>,
    code: &'static str,
    class: &'static str,
    message: &'a str,
    severity: &'static str,
}

impl Document<'_> {
    /// The report in a format, with a final newline.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => text::render(self),
            Format::Json => json_text(&self.json()),
            Format::Github => github::render(self),
            Format::Gitlab => json_text(&gitlab::document(self)),
            Format::Sarif => json_text(&sarif::document(self)),
            Format::Junit => junit::render(self),
        }
    }

    fn json(&self) -> ReportDocument<'_> {
        let checks = self.report.checks.iter().map(|check| self.check_document(check));
        ReportDocument { passed: self.report.passed(), checks: checks.collect() }
    }

    fn check_document<'a>(&'a self, check: &'a Check) -> CheckDocument<'a> {
        let finding = |finding: &'a Finding| FindingDocument {
            path: self.path(finding),
            line: finding.line,
            code: finding.code,
            class: finding.class,
            message: &finding.message,
            severity: severity_word(finding),
        };
        CheckDocument {
            name: check.name.word(),
            passed: check.passed(),
            skipped: check.skipped.as_deref(),
            findings: check.findings.iter().map(finding).collect(),
        }
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.report.checks.iter().flat_map(|check| &check.findings)
    }

    /// The path of a finding, relative to the base.
    fn path(&self, finding: &Finding) -> Option<String> {
        Some(self.base.relative(finding.path.as_deref()?))
    }

    /// `path:line` of a finding; empty if it is about no file.
    fn place(&self, finding: &Finding) -> String {
        place(self.base, finding)
    }
}

/// `path:line` of a finding; empty if it is about no file.
#[must_use]
pub fn place(base: &PathBase, finding: &Finding) -> String {
    let path = finding.path.as_deref().map(|path: &Path| base.relative(path)).unwrap_or_default();
    match finding.line {
        Some(line) if !path.is_empty() => format!("{path}:{line}"),
        _ => path,
    }
}

/// The command that explains the code of a finding.
fn explain_command(finding: &Finding) -> String {
    format!("limbeck lint --explain {}", finding.code)
}

/// The words of GitHub and SARIF.
fn severity_word(finding: &Finding) -> &'static str {
    use crate::core::finding::Severity;
    match finding.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn json_text<T: Serialize + ?Sized>(document: &T) -> String {
    // Serializing plain data with string keys cannot fail.
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    crate::core::escape::escape_json(&text).into_owned() + "\n"
}

#[cfg(test)]
mod tests;
