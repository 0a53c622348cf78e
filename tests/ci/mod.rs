//! `ci` on git repositories with pull requests, and the files that run it in CI systems.

mod cases;
mod commands;
mod files;
mod formats;
mod pull_requests;

use std::process::Command;

use crate::support::{Output, TestDatabase, TestProject};

/// The script that creates the table of every case. `users` has rows.
pub const BASE: &str = "0001aaaa0000";
/// The head of the main branch.
pub const SECOND: &str = "0002aaaa0000";
/// The script of a pull request.
pub const NEW: &str = "0003aaaa0000";

/// The models of the main branch.
pub const MODELS: &str = "CREATE TABLE users (\n    id int PRIMARY KEY,\n    name text,\n    email text\n);\n";

/// Runs git in the project.
#[track_caller]
pub fn git(project: &TestProject, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]);
    command.args(arguments).current_dir(project.root()).env_clear().envs(project.environment());
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with two scripts and their models on the branch `main`, and the branch `pr` checked out. It has no target
/// database; scratch databases are on the test server.
pub fn repository(scratch: &TestDatabase<'_>) -> TestProject {
    let project = TestProject::new(&format!("[scratch]\nurl = \"{}\"\n", scratch.url()));
    fill(&project);
    project
}

/// Writes the main branch of [`repository`], and checks the branch `pr` out.
pub fn fill(project: &TestProject) {
    project.write("models/users.sql", MODELS);
    let rows = "CREATE TABLE users (id int PRIMARY KEY, name text);\nINSERT INTO users VALUES (1, 'ada'), (2, NULL);";
    project.script(BASE, "", rows, "DROP TABLE users;");
    project.script(SECOND, BASE, "ALTER TABLE users ADD email text;", "ALTER TABLE users DROP email;");
    git(project, &["init", "--quiet"]);
    commit(project);
    git(project, &["switch", "--quiet", "--create", "pr"]);
}

/// Commits everything.
pub fn commit(project: &TestProject) {
    git(project, &["add", "--all"]);
    git(project, &["commit", "--quiet", "--message", "change"]);
}

/// The document of `ci --json`.
#[track_caller]
pub fn document(output: &Output) -> serde_json::Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", output.stdout, output.stderr))
}

/// The errors of a document, as `check path:line code`.
pub fn errors(document: &serde_json::Value) -> Vec<String> {
    let mut found = Vec::new();
    for check in document["checks"].as_array().unwrap() {
        for finding in check["findings"].as_array().unwrap() {
            if finding["severity"] == "error" {
                let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
                let name = check["name"].as_str().unwrap();
                found.push(format!("{name} {}:{} {}", text("path"), finding["line"], text("code")));
            }
        }
    }
    found
}
