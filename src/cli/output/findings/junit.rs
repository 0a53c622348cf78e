//! The XML of `JUnit`: a suite for each check, a failed test case for each finding that makes it fail.

use std::fmt::Write as _;

use super::xml::escape;
use super::{Document, explain_command, severity_word};
use crate::core::finding::{Check, Finding, Severity};

/// The XML document.
pub fn render(document: &Document<'_>) -> String {
    let suites: Vec<String> = document.report.checks.iter().map(|check| suite(document, check)).collect();
    let tests: usize = document.report.checks.iter().map(count_cases).sum();
    let failures: usize = document.report.checks.iter().map(|check| check.errors().count()).sum();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"limbeck {}\" tests=\"{tests}\" \
         failures=\"{failures}\">\n{}</testsuites>\n",
        escape(document.command),
        suites.concat()
    )
}

fn count_cases(check: &Check) -> usize {
    check.errors().count().max(1)
}

fn suite(document: &Document<'_>, check: &Check) -> String {
    let name = check.name.word();
    let failures = check.errors().count();
    let skipped = usize::from(check.skipped.is_some());
    let mut text = format!(
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\">\n",
        count_cases(check)
    );
    // Writing to a string cannot fail.
    for finding in check.errors() {
        text += &failed_case(document, name, finding);
    }
    if failures == 0 {
        let _ = write!(text, "    <testcase classname=\"limbeck.{name}\" name=\"{name}\"");
        match &check.skipped {
            Some(reason) => {
                let _ = writeln!(text, "><skipped message=\"{}\"/></testcase>", escape(reason));
            }
            None => text += "/>\n",
        }
    }
    let others = check.findings.iter().filter(|finding| finding.severity != Severity::Error);
    let others: Vec<String> = others.map(|finding| line(document, finding)).collect();
    if !others.is_empty() {
        let _ = writeln!(text, "    <system-out>{}</system-out>", escape(&others.join("\n")));
    }
    text + "  </testsuite>\n"
}

fn failed_case(document: &Document<'_>, check: &str, finding: &Finding) -> String {
    let place = document.place(finding);
    let name = if place.is_empty() { finding.code.to_owned() } else { format!("{} {place}", finding.code) };
    let mut attributes = format!("classname=\"limbeck.{check}\" name=\"{}\"", escape(&name));
    if let Some(path) = document.path(finding) {
        // Writing to a string cannot fail.
        let _ = write!(attributes, " file=\"{}\" line=\"{}\"", escape(&path), finding.line.unwrap_or(1));
    }
    let body = format!("{}\n{}", line(document, finding), explain_command(finding));
    format!(
        "    <testcase {attributes}>\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>\n",
        escape(&finding.message),
        finding.code,
        escape(&body)
    )
}

fn line(document: &Document<'_>, finding: &Finding) -> String {
    let place = document.place(finding);
    let separator = if place.is_empty() { "" } else { ": " };
    format!("{place}{separator}{}: {} {}", severity_word(finding), finding.code, finding.message)
}
