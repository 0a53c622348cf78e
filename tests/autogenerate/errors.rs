//! Errors that equal Alembic's.

use super::{scripts, with_models};
use crate::support::server;

const TABLE: &str = "CREATE TABLE a (i int);";

#[test]
fn a_database_that_is_not_at_the_heads_is_an_error() {
    let database = server().database();
    let project = with_models(&database, TABLE);
    project.script("0001aaaa0000", "", TABLE, "DROP TABLE a;");
    for arguments in [&["check"][..], &["revision", "--autogenerate"]] {
        let refused = project.run(arguments).expect_status(1);
        assert!(refused.stderr.starts_with("error: Target database is not up to date.\n"), "{}", refused.stderr);
    }
    project.run(&["upgrade", "head"]).expect_status(0);
    project.run(&["check"]).expect_status(0);
    database.psql("UPDATE alembic_version SET version_num = 'ffff'");
    let refused = project.run(&["check"]).expect_status(1);
    assert!(refused.stderr.contains("Can't locate revision identified by 'ffff'"), "{}", refused.stderr);
}

#[test]
fn several_heads_need_an_explicit_head() {
    let database = server().database();
    let project = with_models(&database, "CREATE TABLE a (i int); CREATE TABLE b (i int);");
    project.script("0001aaaa0000", "", TABLE, "DROP TABLE a;");
    project.script("0002aaaa0000", "0001aaaa0000", "SELECT 2;", "SELECT 2;");
    project.script("0003aaaa0000", "0001aaaa0000", "SELECT 3;", "SELECT 3;");
    project.run(&["upgrade", "heads"]).expect_status(0);
    project.run(&["check"]).expect_status(4);
    let refused = project.run(&["revision", "--autogenerate"]).expect_status(1);
    assert!(refused.stderr.contains("Multiple heads are present"), "{}", refused.stderr);
    assert_eq!(scripts(&project, "versions").len(), 3);
    let head = ["revision", "--autogenerate", "--head", "0003aaaa0000", "--rev-id", "0004aaaa0000", "-m", "b"];
    project.run(&head).expect_status(0);
    let script = project.read("versions/0004aaaa0000_b.sql");
    assert!(script.contains("-- Revises: 0003aaaa0000\n") && script.contains("CREATE TABLE b"), "{script}");
}

#[test]
fn options_that_need_autogenerate_are_errors_without_it() {
    let database = server().database();
    let project = with_models(&database, TABLE);
    for option in [&["--skip-empty"][..], &["--rename", "a=b"]] {
        let refused = project.run(&[&["revision", "-m", "x"][..], option].concat()).expect_status(2);
        assert!(refused.stderr.contains("--autogenerate"), "{}", refused.stderr);
    }
    assert!(scripts(&project, "versions").is_empty());
}
