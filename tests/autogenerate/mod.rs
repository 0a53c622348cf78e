//! `revision --autogenerate`, `check` and `drift` on real servers.

mod drifting;
mod proving;
mod refusals;
mod remembering;
mod renaming;
mod scope;
mod traces;
mod writing;

use std::path::PathBuf;

use crate::support::{Output, TestDatabase, TestProject};

/// A project on a database with one file of models.
fn with_models(database: &TestDatabase<'_>, models: &str) -> TestProject {
    let project = TestProject::on(database);
    project.write("models/schema.sql", models);
    project
}

/// The document that a run with `--json` printed.
#[track_caller]
fn document(output: &Output) -> serde_json::Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// The scripts of a folder, sorted.
fn scripts(project: &TestProject, folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project.path(folder)).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Generates a revision that has to hold, and gives its text.
#[track_caller]
fn generate(project: &TestProject, arguments: &[&str]) -> String {
    let all = [&["revision", "--autogenerate", "--json"][..], arguments].concat();
    let written = document(&project.run(&all).expect_status(0));
    for step in ["up", "down", "again"] {
        assert_eq!(written["proof"][step], true, "{written:#}");
    }
    std::fs::read_to_string(written["path"].as_str().unwrap()).unwrap()
}

/// A section of a script.
fn section<'a>(script: &'a str, marker: &str) -> &'a str {
    let (_, rest) = script.split_once(marker).unwrap();
    rest.split("-- @").next().unwrap_or(rest).trim()
}

/// The scratch databases of a server.
fn scratch(database: &TestDatabase<'_>) -> Vec<Vec<String>> {
    database.query("SELECT datname FROM pg_database WHERE datname LIKE 'limbeck\\_scratch\\_%'")
}
