//! Two heads resolved in the UI: a merge, a corrected script, a rebase, and the downgrade of one branch.

use super::Program;
use crate::support::{Server, ServerOptions, TestProject, server};

const BASE: &str = "CREATE TABLE users (id int PRIMARY KEY, name text);";

/// Two branches on a common revision.
fn branches(project: &TestProject, left: &str, right: &str) {
    project.script("cc01cc01cc01", "", BASE, "DROP TABLE users;");
    project.script("aa01aa01aa01", "cc01cc01cc01", left, "ALTER TABLE users DROP plan;");
    project.script("bb01bb01bb01", "cc01cc01cc01", right, "SELECT 1;");
}

#[test]
fn two_heads_that_commute_are_merged() {
    let database = server().database();
    let project = TestProject::on(&database);
    branches(&project, "ALTER TABLE users ADD plan text;", "CREATE INDEX users_name ON users (name);");
    let mut program = Program::start(&project, &[], (120, 36));
    program.wait_for(&["3 pending"]);
    program.send("m");
    program.wait_for(&["Branches since cc01cc01", "= users.plan", "= users.name", "The branches commute"]);
    program.send("m");
    program.wait_for(&["Merge heads", "merge aa01aa01 and bb01bb01"]);
    program.send("\r");
    program.wait_for(&["4 pending", "merge aa01aa01 and bb01bb01"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
    let heads = project.run(&["heads"]).expect_status(0).stdout;
    assert_eq!(heads.lines().count(), 1, "{heads}");
    project.run(&["upgrade", "head"]).expect_status(0);
}

#[test]
fn a_failing_script_is_corrected_and_its_branch_is_rebased() {
    let database = server().database();
    let project = TestProject::on(&database);
    branches(&project, "ALTER TABLE users ADD plan text;", "ALTER TABLE users ADD plan text;");
    let mut program = Program::start(&project, &[], (120, 36));
    program.wait_for(&["3 pending"]);
    program.send("m");
    program.wait_for(&[
        "Both orders fail",
        "failed at bb01bb01, line 8",
        "column \"plan\" of relation \"users\" already",
    ]);
    program.send("e");
    program.wait_for(&["bb01bb01bb01_script.sql"]);
    program.send("-- ");
    program.wait_for(&["-- ALTER TABLE users ADD plan text;"]);
    program.send("\x13");
    program.wait_for(&["saved"]);
    program.send("\x1b");
    program.wait_for(&["Branches since cc01cc01", "The branches commute"]);
    program.send("r");
    program.wait_for(&["Rebase the branch?", "before", "after", "1 revision proved", "not applied in default"]);
    program.send("\t\r");
    program.wait_for(&["rebased bb01bb01 onto aa01aa01"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
    let text = project.read("versions/bb01bb01bb01_script.sql");
    assert!(text.contains("-- Revises: aa01aa01aa01\n"), "{text}");
    project.run(&["verify"]).expect_status(0);
}

#[test]
fn a_comparison_is_cancelled_and_leaves_nothing() {
    // The test counts scratch databases, so the server must not be shared.
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    branches(&project, "SELECT pg_sleep(600);", "SELECT 1;");
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["3 pending"]);
    program.send("m");
    program.wait_for(&["running aa01aa01 (1 of 2)"]);
    program.send("\x03");
    program.wait_for(&["cancelled; the scratch databases were dropped"]);
    assert_eq!(database.psql("SELECT count(*) FROM pg_database WHERE datname LIKE 'limbeck\\_scratch\\_%'"), "0");
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
}

#[test]
fn downgrade_to_a_head_takes_back_its_branch_in_the_reverse_of_its_application() {
    let database = server().database();
    let project = TestProject::on(&database);
    branches(&project, "ALTER TABLE users ADD plan text;", "SELECT 1;");
    // Two parents of one head: their order is that of the application.
    project.script("dd01dd01dd01", "cc01cc01cc01", "CREATE TABLE d (i int);", "DROP TABLE d;");
    project.script("ee01ee01ee01", "bb01bb01bb01, dd01dd01dd01", "SELECT 1;", "SELECT 1;");
    for target in ["dd01dd01dd01", "aa01aa01aa01", "bb01bb01bb01", "ee01ee01ee01"] {
        project.run(&["upgrade", target]).expect_status(0);
    }
    let output = project.run(&["--keys", "/ee01<enter>D", "--size", "100x30", "--print"]).expect_status(0);
    let place = |text: &str| output.stdout.find(text).unwrap_or_else(|| panic!("{text}\n{}", output.stdout));
    assert!(output.stdout.contains("Plan: downgrade to aa01aa01"), "{}", output.stdout);
    let order = [place(" 1 ee01ee01"), place(" 2 bb01bb01"), place(" 3 dd01dd01")];
    assert!(order.is_sorted(), "{}", output.stdout);
    assert!(!output.stdout.contains("cc01cc01  "), "{}", output.stdout);
}
