//! Tests of the command line with the real binary.

mod approval;
mod consent;
mod edited_scripts;
mod environments;
mod errors;
mod interrupt;
mod json;
mod lint;
mod log;
mod offline;
mod prompt;
mod session;
mod switch;
mod verbs;

use crate::support::{Output, TestDatabase, TestProject};

/// Runs a command line, split at spaces. In the word after `-m`, `_` means a space.
#[track_caller]
fn run(project: &TestProject, line: &str) -> Output {
    let mut is_message = false;
    let words: Vec<String> = line
        .split(' ')
        .map(|word| {
            let text = if is_message { word.replace('_', " ") } else { word.to_owned() };
            is_message = word == "-m";
            text
        })
        .collect();
    project.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Parses the document that a run with `--json` printed.
#[track_caller]
fn document(output: &Output) -> serde_json::Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// A project with two revisions: the first creates a table with rows, the second drops a column with values.
fn project_with_data_loss(database: &TestDatabase<'_>) -> TestProject {
    let project = TestProject::on(database);
    project.script(
        "0001aaaa0000",
        "",
        "CREATE TABLE users (id int PRIMARY KEY, email text);\nINSERT INTO users VALUES (1, 'a'), (2, NULL);",
        "DROP TABLE users;",
    );
    project.script(
        "0002aaaa0000",
        "0001aaaa0000",
        "ALTER TABLE users DROP COLUMN email;",
        "ALTER TABLE users ADD COLUMN email text;",
    );
    run(&project, "upgrade +1").expect_status(0);
    project
}
