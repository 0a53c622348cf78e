//! Findings of checks: the place in a file, what is wrong there, and how severe it is. Each finding has a code with a page.

mod check;
mod code;

use std::path::PathBuf;

use super::hazard;
pub use check::{Check, CheckName, CheckReport};
pub use code::{CHECK_CODES, CheckCode, CheckPage, find_check_page};

/// How severe a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For information.
    Note,
    Warning,
    /// The check fails.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The absolute path of the file, if it is about a file.
    pub path: Option<PathBuf>,
    /// 1-based.
    pub line: Option<usize>,
    /// The code of a hazard or of a check, e.g. `DL101`. `limbeck lint --explain` prints its page.
    pub code: &'static str,
    /// The class of the hazard, or the name of the check.
    pub class: &'static str,
    pub message: String,
    pub severity: Severity,
}

impl Finding {
    /// An error that a check found, without a place.
    #[must_use]
    pub fn new(code: CheckCode, message: impl Into<String>) -> Self {
        Self {
            path: None,
            line: None,
            code: code.page().code,
            class: code.page().check.word(),
            message: message.into(),
            severity: Severity::Error,
        }
    }

    /// Sets the place. A line of 0 is no line.
    #[must_use]
    pub fn at(mut self, path: impl Into<PathBuf>, line: Option<usize>) -> Self {
        self.path = Some(path.into());
        self.line = line.filter(|line| *line > 0);
        self
    }

    /// Sets the severity.
    #[must_use]
    pub fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// The title of its code.
    #[must_use]
    pub fn title(&self) -> &'static str {
        title(self.code)
    }
}

/// The title of a code of a hazard or of a check.
#[must_use]
pub fn title(code: &str) -> &'static str {
    match (hazard::find_rule(code), find_check_page(code)) {
        (Some(rule), _) => rule.title,
        (None, Some(page)) => page.title,
        (None, None) => "",
    }
}

/// The page of a code of a hazard or of a check, with its title.
#[must_use]
pub fn explanation(code: &str) -> Option<String> {
    let of_check = || find_check_page(code).map(CheckPage::explanation);
    hazard::find_rule(code).map(hazard::Rule::explanation).or_else(of_check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_title_and_a_page() {
        let hazards = hazard::RULES.iter().map(|rule| rule.code.as_str());
        for code in hazards.chain(CHECK_CODES.iter().map(|page| page.code)) {
            assert!(!title(code).is_empty(), "{code}");
            let page = explanation(code).unwrap();
            assert!(page.starts_with(&format!("{code} {}\n\n", title(code))), "{page}");
            assert!(page.ends_with('\n') && page.trim_end().ends_with(['.', ')']), "{page}");
        }
        assert_eq!((title("XX1"), explanation("XX1")), ("", None));
    }

    #[test]
    fn a_check_passes_without_errors() {
        let finding = Finding::new(CheckCode::Heads, "two heads");
        let mut check = Check::new(CheckName::Heads);
        assert!(check.passed());
        check.findings.push(finding.clone().with_severity(Severity::Warning));
        assert!(check.passed());
        check.findings.push(finding.at("/a.sql", Some(0)));
        assert!(!check.passed());
        assert_eq!(check.findings[1].line, None);
        let report = CheckReport { checks: vec![Check::new(CheckName::Scripts), check] };
        assert_eq!(report.first_failed().map(|check| check.name), Some(CheckName::Heads));
    }
}
