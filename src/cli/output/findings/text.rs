//! A report for people: one line for each check, with its first findings.

use std::fmt::Write as _;

use super::Document;
use crate::core::finding::{Check, Finding, Severity};
use crate::core::text::{one_line, plural};

/// How many findings of one check are shown.
const SHOWN: usize = 5;
/// The longest message, in characters.
const MAX_MESSAGE: usize = 160;

/// The summary.
pub fn render(document: &Document<'_>) -> String {
    let mut text = String::new();
    for check in &document.report.checks {
        text += &check_text(document, check);
    }
    let checks = &document.report.checks;
    let failed: Vec<&str> = checks.iter().filter(|check| !check.passed()).map(|check| check.name.word()).collect();
    let skipped = checks.iter().filter(|check| check.skipped.is_some()).count();
    let passed = checks.len() - failed.len() - skipped;
    let _ = write!(text, "\n{} passed", plural(passed as u64, "check"));
    if skipped > 0 {
        let _ = write!(text, ", {skipped} skipped");
    }
    if !failed.is_empty() {
        let _ = write!(text, ", {} failed: {}", failed.len(), failed.join(", "));
    }
    if document.findings().next().is_some() {
        text += "; `limbeck lint --explain CODE` explains a code";
    }
    text + "\n"
}

fn check_text(document: &Document<'_>, check: &Check) -> String {
    let (glyph, summary) = match &check.skipped {
        Some(reason) => ("–", format!("skipped: {reason}")),
        None if check.passed() => ("✓", check.summary.clone()),
        None => ("✗", plural(check.errors().count() as u64, "error")),
    };
    let mut text = format!("{glyph} {:<8} {summary}", check.name.word()).trim_end().to_owned() + "\n";
    // The errors first.
    let errors = check.errors();
    let others = check.findings.iter().filter(|finding| finding.severity != Severity::Error);
    for finding in errors.chain(others).take(SHOWN) {
        text += &finding_text(document, finding);
    }
    if check.findings.len() > SHOWN {
        let _ = writeln!(text, "    … and {} more", check.findings.len() - SHOWN);
    }
    text
}

fn finding_text(document: &Document<'_>, finding: &Finding) -> String {
    let place = document.place(finding);
    let place = if place.is_empty() { place } else { format!("{place}  ") };
    let word = match finding.severity {
        Severity::Error => "",
        Severity::Warning => "warning: ",
        Severity::Note => "note: ",
    };
    let message = one_line(&finding.message);
    let message = match message.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or(&message)),
        None => message,
    };
    format!("    {place}{} {word}{message}\n", finding.code)
}
