//! SARIF 2.1.0, the format of GitHub's code scanning.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::gitlab::{fingerprint_key, hex};
use super::{Document, explain_command, severity_word};
use crate::core::finding::{Finding, explanation, title};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const ROOT: &str = "SRCROOT";

/// The log with one run.
pub fn document(document: &Document<'_>) -> Value {
    let mut codes: Vec<(&str, &str)> = document.findings().map(|finding| (finding.code, finding.class)).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|(code, class)| rule(code, class)).collect();
    let index = |finding: &Finding| codes.iter().position(|(code, _)| *code == finding.code).unwrap_or_default();
    let results: Vec<Value> = document.findings().map(|one| result(document, one, index(one))).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "limbeck",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "automationDetails": { "id": format!("limbeck {}/", document.command) },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: &str, class: &str) -> Value {
    let page = explanation(code).unwrap_or_default();
    json!({
        "id": code,
        "shortDescription": { "text": title(code) },
        "fullDescription": { "text": format!("{code} {}", title(code)) },
        "help": { "text": format!("{page}\nlimbeck lint --explain {code}") },
        "properties": { "tags": [class] },
    })
}

fn result(document: &Document<'_>, finding: &Finding, rule: usize) -> Value {
    let path = document.path(finding);
    let key = fingerprint_key(finding, path.as_deref().unwrap_or_default());
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": severity_word(finding),
        "message": { "text": format!("{} ({})", finding.message, explain_command(finding)) },
        "partialFingerprints": { "limbeck/v1": hex(&Sha256::digest(key)) },
    });
    if let (Some(path), Some(fields)) = (path, result.as_object_mut()) {
        let location = json!({ "physicalLocation": {
            "artifactLocation": location(&path),
            "region": { "startLine": finding.line.unwrap_or(1) },
        } });
        fields.insert("locations".to_owned(), json!([location]));
    }
    result
}

/// A relative path is relative to the root of the repository.
fn location(path: &str) -> Value {
    if path.starts_with('/') {
        json!({ "uri": format!("file://{}", encode(path)) })
    } else {
        json!({ "uri": encode(path), "uriBaseId": ROOT })
    }
}

/// Percent-encodes the characters that a path of a URI cannot contain.
fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
        if is_plain {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_valid_uris() {
        for (path, uri) in [
            ("a/b_c.sql", "a/b_c.sql"),
            ("a b.sql", "a%20b.sql"),
            ("ü:#?.sql", "%C3%BC%3A%23%3F.sql"),
            ("100%.sql", "100%25.sql"),
        ] {
            assert_eq!(encode(path), uri);
        }
        assert_eq!(location("/a b.sql")["uri"], "file:///a%20b.sql");
        assert!(location("/a.sql").get("uriBaseId").is_none());
        assert_eq!(location("a.sql")["uriBaseId"], "SRCROOT");
    }
}
