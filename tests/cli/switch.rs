//! The command `switch`: the database follows the git branch.

use super::run;
use crate::support::{TestDatabase, TestProject, server};

const MAIN: &str = "0001aaaa0000";
const BILLING: [&str; 2] = ["0002bbbb0000", "0003bbbb0000"];
const SEARCH: &str = "0002cccc0000";

/// A project with the revision of both branches applied, and a row.
fn project(database: &TestDatabase<'_>) -> TestProject {
    let project = TestProject::on(database);
    project.script(MAIN, "", "CREATE TABLE users (id int PRIMARY KEY);", "DROP TABLE users;");
    run(&project, "upgrade heads").expect_status(0);
    database.psql("INSERT INTO users VALUES (1), (2)");
    project
}

/// Writes the scripts of one branch, as `git switch` does.
fn check_out(project: &TestProject, branch: &str) {
    for id in BILLING.into_iter().chain([SEARCH]) {
        let _ = std::fs::remove_file(project.path(&format!("versions/{id}_script.sql")));
    }
    if branch == "billing" {
        project.script(
            BILLING[0],
            MAIN,
            "ALTER TABLE users ADD COLUMN plan text;",
            "ALTER TABLE users DROP COLUMN plan;",
        );
        project.script(BILLING[1], BILLING[0], "CREATE TABLE invoices (id int PRIMARY KEY);", "DROP TABLE invoices;");
    } else if branch == "search" {
        project.script(SEARCH, MAIN, "CREATE INDEX by_id ON users (id);", "DROP INDEX by_id;");
    }
}

fn heads(database: &TestDatabase<'_>) -> String {
    database.psql("SELECT string_agg(version_num, ' ' ORDER BY version_num) FROM alembic_version")
}

#[test]
fn the_database_follows_the_branch_and_its_rows_come_back() {
    let database = server().database();
    let project = project(&database);
    check_out(&project, "billing");
    run(&project, "upgrade heads").expect_status(0);
    database.psql("UPDATE users SET plan = 'pro' WHERE id = 2; INSERT INTO invoices VALUES (7)");
    check_out(&project, "search");
    let plan = run(&project, "switch --dry-run").expect_status(0).stdout;
    let first = format!("switch from {} to {SEARCH}: 3 revisions, 3 statements\n", BILLING[1]);
    assert!(plan.starts_with(&first), "{plan}");
    for word in ["DROP TABLE invoices", "DROP COLUMN plan", "CREATE INDEX by_id"] {
        assert!(plan.contains(word), "{word}: {plan}");
    }
    let refused = run(&project, "switch").expect_status(3);
    assert!(refused.stderr.contains("data-loss"), "{}", refused.stderr);
    assert_eq!(heads(&database), BILLING[1]);
    run(&project, "switch --allow data-loss").expect_status(0);
    assert_eq!(heads(&database), SEARCH);
    assert_eq!(database.psql("SELECT to_regclass('invoices') IS NULL, to_regclass('by_id') IS NOT NULL"), "t|t");
    check_out(&project, "billing");
    run(&project, "switch").expect_status(0);
    assert_eq!(heads(&database), BILLING[1]);
    assert_eq!(database.psql("SELECT plan FROM users WHERE id = 2"), "pro");
    assert_eq!(database.psql("SELECT id FROM invoices"), "7");
    let again = run(&project, "switch").expect_status(0);
    assert!(again.stderr.contains(&format!("Nothing to do: the database is at {}", BILLING[1])), "{}", again.stderr);
}

#[test]
fn a_switch_to_a_branch_without_new_revisions_only_downgrades() {
    let database = server().database();
    let project = project(&database);
    check_out(&project, "search");
    run(&project, "upgrade heads").expect_status(0);
    check_out(&project, "main");
    run(&project, "switch").expect_status(0);
    assert_eq!(heads(&database), MAIN);
    assert_eq!(database.psql("SELECT to_regclass('by_id') IS NULL"), "t");
}

#[test]
fn a_protected_environment_and_a_lost_script_refuse_a_switch() {
    let database = server().database();
    let project = project(&database);
    check_out(&project, "search");
    run(&project, "upgrade heads").expect_status(0);
    check_out(&project, "main");
    let config = project.read("limbeck.toml");
    let environment = format!("\n[environments.live]\nurl = \"{}\"\nprotected = true\n", database.url());
    project.write("limbeck.toml", &(config.clone() + &environment));
    let refused = run(&project, "-e live switch").expect_status(1);
    assert!(refused.stderr.contains("the environment 'live' is protected"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: "), "{}", refused.stderr);
    assert_eq!(heads(&database), SEARCH);
    database.psql("DELETE FROM limbeck.log");
    let refused = run(&project, "switch").expect_status(1);
    assert!(refused.stderr.contains("no script has this revision"), "{}", refused.stderr);
    assert_eq!(heads(&database), SEARCH);
}
