//! Imports between the children of a folder that are forbidden even without a cycle.

use super::cycles::edges;
use super::source::Source;
use super::sources;

/// Folders whose children must not import each other.
const INDEPENDENT: [&str; 2] = ["src/cli/verbs", "src/tui/app/screen"];

/// Folder, child, and the children that it may import. `files` is no use case: it only reads a file safely.
const RESTRICTED: [(&str, &str, &[&str]); 1] = [("src/engine", "connection", &["files"])];

/// Folder, child, and the children that must not import it.
const FORBIDDEN: [(&str, &str, &[&str]); 5] = [
    ("src/core", "schema", &["hazard", "plan", "script", "graph", "sql"]),
    ("src/core", "plan", &["copies", "hazard", "statement"]),
    ("src/core/hazard", "rules", &["allow", "class", "code", "evidence", "finding", "rule", "section"]),
    ("src/engine", "apply", &["catalog", "copies", "gate", "preflight", "prepare", "scratch", "state"]),
    ("src/engine", "gate", &["catalog", "copies", "preflight", "scratch", "state"]),
];

fn violations(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |folder: &str, is_allowed: &dyn Fn(&str, &str) -> bool| {
        for (from, targets) in edges(folder, sources) {
            let bad = targets.into_iter().filter(|(to, _)| !is_allowed(&from, to));
            found.extend(bad.map(|(to, place)| format!("{folder}: {from} imports {to} ({place})")));
        }
    };
    for folder in INDEPENDENT {
        check(folder, &|_, _| false);
    }
    for (folder, child, allowed) in RESTRICTED {
        check(folder, &|from, to| from != child || allowed.contains(&to));
    }
    for (folder, child, importers) in FORBIDDEN {
        check(folder, &|from, to| to != child || !importers.contains(&from));
    }
    found
}

#[test]
fn no_forbidden_import_exists() {
    let found = violations(&sources());
    assert!(found.is_empty(), "forbidden imports:\n{}", found.join("\n"));
}

#[test]
fn a_forbidden_import_is_reported() {
    let sources = [
        Source::new("src/cli/verbs/merge.rs", "//! .\nuse super::revision::report;\n"),
        Source::new("src/cli/verbs/revision.rs", "//! .\nuse crate::cli::context::Context;\n"),
        Source::new("src/engine/connection/tls.rs", "//! .\nuse crate::engine::{Error, apply::run};\n"),
        Source::new("src/engine/apply.rs", "//! .\nuse super::connection::Session;\n"),
        Source::new("src/core/schema.rs", "//! .\n"),
        Source::new("src/core/graph.rs", "//! .\nuse super::schema::ObjectId;\n"),
    ];
    let expected = [
        "src/cli/verbs: merge imports revision (src/cli/verbs/merge.rs:2)",
        "src/engine: connection imports apply (src/engine/connection/tls.rs:2)",
        "src/core: graph imports schema (src/core/graph.rs:2)",
    ];
    assert_eq!(violations(&sources), expected);
}
