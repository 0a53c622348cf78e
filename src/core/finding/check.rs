//! The checks of a pull request, and their results.

use super::{Finding, Severity};

/// A check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckName {
    Scripts,
    Heads,
    Edited,
    Verify,
    Hazards,
    Models,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: CheckName,
    pub findings: Vec<Finding>,
    /// What was checked, in a few words.
    pub summary: String,
    /// Why it was not checked.
    pub skipped: Option<String>,
}

/// The results of all checks, in the order in which they ran.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    pub checks: Vec<Check>,
}

impl CheckName {
    /// The checks that need readable scripts, in order.
    pub const AFTER_SCRIPTS: [Self; 5] = [Self::Heads, Self::Edited, Self::Verify, Self::Hazards, Self::Models];

    /// The word in messages and documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scripts => "scripts",
            Self::Heads => "heads",
            Self::Edited => "edited",
            Self::Verify => "verify",
            Self::Hazards => "hazards",
            Self::Models => "models",
        }
    }
}

impl Check {
    /// A check without findings.
    #[must_use]
    pub const fn new(name: CheckName) -> Self {
        Self { name, findings: Vec::new(), summary: String::new(), skipped: None }
    }

    /// A check with these findings.
    #[must_use]
    pub fn with(name: CheckName, findings: Vec<Finding>, summary: impl Into<String>) -> Self {
        Self { name, findings, summary: summary.into(), skipped: None }
    }

    /// A check that did not run.
    #[must_use]
    pub fn skipped(name: CheckName, reason: impl Into<String>) -> Self {
        Self { skipped: Some(reason.into()), ..Self::new(name) }
    }

    /// The findings that make it fail.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// Whether it has no finding that makes it fail.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.errors().next().is_none()
    }
}

impl CheckReport {
    /// Whether all checks passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.first_failed().is_none()
    }

    /// The first check that failed.
    #[must_use]
    pub fn first_failed(&self) -> Option<&Check> {
        self.checks.iter().find(|check| !check.passed())
    }
}
