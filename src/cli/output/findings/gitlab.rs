//! GitLab's Code Quality report: an array of issues.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::collections::HashMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Document, explain_command};
use crate::core::finding::{Finding, Severity, explanation};

#[derive(Debug, Serialize)]
pub struct Issue {
    description: String,
    check_name: &'static str,
    /// Identifies the issue in the reports of two branches.
    fingerprint: String,
    severity: &'static str,
    categories: [&'static str; 1],
    content: Content,
    location: Location,
}

#[derive(Debug, Serialize)]
struct Content {
    body: String,
}

#[derive(Debug, Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: usize,
}

/// The issues. A finding without a file is at the root.
pub fn document(document: &Document<'_>) -> Vec<Issue> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    document.findings().map(|finding| issue(document, finding, &mut seen)).collect()
}

fn issue(document: &Document<'_>, finding: &Finding, seen: &mut HashMap<String, usize>) -> Issue {
    let path = document.path(finding).unwrap_or_else(|| ".".to_owned());
    let key = fingerprint_key(finding, &path);
    let number = seen.entry(key.clone()).or_default();
    *number += 1;
    Issue {
        description: format!("{} {} ({})", finding.code, finding.message, explain_command(finding)),
        check_name: finding.code,
        fingerprint: hex(&Sha256::digest(format!("{key}\0{number}"))),
        severity: match finding.severity {
            Severity::Note => "info",
            Severity::Warning => "minor",
            Severity::Error => "major",
        },
        categories: ["Bug Risk"],
        content: Content { body: explanation(finding.code).unwrap_or_default() },
        location: Location { path, lines: Lines { begin: finding.line.unwrap_or(1) } },
    }
}

/// What identifies a finding. Its line does not, because lines move.
pub fn fingerprint_key(finding: &Finding, path: &str) -> String {
    format!("{}\0{path}\0{}", finding.code, finding.message)
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}
