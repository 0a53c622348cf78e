//! Annotations of GitHub Actions: one workflow command for each finding.
//!
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use std::fmt::Write as _;

use super::{Document, explain_command};
use crate::core::finding::{Finding, Severity};

/// One line for each finding.
pub fn render(document: &Document<'_>) -> String {
    document.findings().map(|finding| command(document, finding)).collect()
}

fn command(document: &Document<'_>, finding: &Finding) -> String {
    let word = match finding.severity {
        Severity::Note => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut properties = String::new();
    // Writing to a string cannot fail.
    if let Some(path) = document.path(finding) {
        let _ = write!(properties, "file={},line={},", escape_property(&path), finding.line.unwrap_or(1));
    }
    let title = escape_property(&format!("{} {}", finding.code, finding.title()));
    let message = escape_data(&format!("{}\n{}", finding.message, explain_command(finding)));
    format!("::{word} {properties}title={title}::{message}\n")
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_end_a_property_or_a_line_are_escaped() {
        for (text, data, property) in [
            ("plain", "plain", "plain"),
            ("100%", "100%25", "100%25"),
            ("a\r\nb", "a%0D%0Ab", "a%0D%0Ab"),
            ("a::b, c", "a::b, c", "a%3A%3Ab%2C c"),
            ("%0A", "%250A", "%250A"),
        ] {
            assert_eq!((escape_data(text).as_str(), escape_property(text).as_str()), (data, property), "{text:?}");
        }
    }
}
