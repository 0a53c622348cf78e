//! `conflicts` and `rebase` on real servers: two heads resolved with proof.

mod brute_force;
mod commands;
mod rebase;

use crate::support::{Output, TestProject};

/// Parses a document.
#[track_caller]
pub fn document(output: &Output) -> serde_json::Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", output.stdout, output.stderr))
}

/// The revision below both branches.
pub const BASE: &str = "CREATE TABLE users (id int PRIMARY KEY, name text, level int DEFAULT 1);\n\
     INSERT INTO users VALUES (1, 'ada', 1), (2, 'bob', 2);\n\
     CREATE TABLE jobs (id int PRIMARY KEY, user_id int REFERENCES users, state text NOT NULL);\n\
     INSERT INTO jobs VALUES (1, 1, 'new');\n\
     CREATE TYPE mood AS ENUM ('calm');";
/// Its downgrade.
pub const BASE_DOWN: &str = "DROP TYPE mood;\nDROP TABLE jobs;\nDROP TABLE users;";

/// Writes two branches of one revision each on a common revision.
pub fn two_heads(project: &TestProject, left: &str, right: &str) {
    project.script("cc01", "", BASE, BASE_DOWN);
    project.script("aa01", "cc01", left, "");
    project.script("bb01", "cc01", right, "");
}
