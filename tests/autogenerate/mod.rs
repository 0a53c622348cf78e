//! `revision --autogenerate`, `check` and `drift` on real servers.

mod cache;
mod cleanup;
mod drift;
mod errors;
mod proof;
mod renames;
mod scope;
mod scripts_written;

use std::path::PathBuf;

use crate::support::{Output, TestDatabase, TestProject};

/// A project for a database, with one models file.
fn with_models(database: &TestDatabase<'_>, models: &str) -> TestProject {
    let project = TestProject::on(database);
    project.write("models/schema.sql", models);
    project
}

/// Parses the document that a run with `--json` printed.
#[track_caller]
fn document(output: &Output) -> serde_json::Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// The script files of a folder, sorted.
fn scripts(project: &TestProject, folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project.path(folder)).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Generates a revision, checks its proof, and returns its text.
#[track_caller]
fn generate(project: &TestProject, arguments: &[&str]) -> String {
    let all = [&["revision", "--autogenerate", "--json"][..], arguments].concat();
    let written = document(&project.run(&all).expect_status(0));
    for step in ["up", "down", "again"] {
        assert_eq!(written["proof"][step], true, "{written:#}");
    }
    std::fs::read_to_string(written["path"].as_str().unwrap()).unwrap()
}

/// The section of a script after a marker.
fn section<'a>(script: &'a str, marker: &str) -> &'a str {
    let (_, rest) = script.split_once(marker).unwrap();
    rest.split("-- @").next().unwrap_or(rest).trim()
}

/// The scratch databases of a server.
fn scratch(database: &TestDatabase<'_>) -> Vec<Vec<String>> {
    database.query("SELECT datname FROM pg_database WHERE datname LIKE 'limbeck\\_scratch\\_%'")
}
