//! `--sql`: prints SQL that psql can run, without connecting to a database.

use super::run;
use crate::support::{TestProject, server};

/// A project whose database cannot be reached.
fn unreachable() -> TestProject {
    let project = TestProject::new("[database]\nurl = \"postgresql://nobody@127.0.0.1:1/nowhere\"\n");
    project.script(
        "0001aaaa0000",
        "",
        "CREATE TABLE users (id int);\n\nCREATE TABLE jobs (id int);",
        "DROP TABLE jobs;",
    );
    project.write(
        "versions/0002aaaa0000_index.sql",
        "-- index\n--\n-- Revision ID: 0002aaaa0000\n-- Revises: 0001aaaa0000\n\n\
         -- @upgrade transaction=off\nCREATE INDEX CONCURRENTLY users_id ON users (id);\n\n\
         -- @downgrade\nDROP INDEX users_id;\n",
    );
    project
}

const CREATE: &str = "CREATE TABLE alembic_version (\n    version_num VARCHAR(32) NOT NULL, \n    \
                      CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n);\n\n";

#[test]
fn an_upgrade_is_one_transaction_except_for_non_transactional_statements() {
    let output = run(&unreachable(), "upgrade head --sql").expect_status(0);
    let expected = format!(
        "BEGIN;\n\n{CREATE}-- Running upgrade  -> 0001aaaa0000\n\nCREATE TABLE users (id int);\n\n\
         CREATE TABLE jobs (id int);\n\n\
         INSERT INTO alembic_version (version_num) VALUES ('0001aaaa0000') RETURNING alembic_version.version_num;\n\n\
         -- Running upgrade 0001aaaa0000 -> 0002aaaa0000\n\nCOMMIT;\n\n\
         CREATE INDEX CONCURRENTLY users_id ON users (id);\n\nBEGIN;\n\n\
         UPDATE alembic_version SET version_num='0002aaaa0000' WHERE alembic_version.version_num = '0001aaaa0000';\n\n\
         COMMIT;\n\n"
    );
    assert_eq!(output.stdout, expected);
}

#[test]
fn psql_can_run_the_output() {
    let database = server().database();
    let sql = run(&unreachable(), "upgrade head --sql").expect_status(0).stdout;
    // `psql -c` would send all statements in one string, in which PostgreSQL rejects CREATE INDEX CONCURRENTLY.
    for statement in sql.split_inclusive(";\n") {
        if statement.contains("BEGIN;") || statement.contains("COMMIT;") {
            continue;
        }
        database.psql(statement);
    }
    assert_eq!(database.psql("SELECT version_num FROM alembic_version"), "0002aaaa0000");
}

#[test]
fn a_downgrade_needs_a_range() {
    let project = unreachable();
    let output = run(&project, "downgrade 0001aaaa0000 --sql").expect_status(1);
    assert_eq!(output.stderr, "error: downgrade with --sql requires <fromrev>:<torev>\n");
    let output = run(&project, "downgrade head:-1 --sql").expect_status(0);
    assert_eq!(
        output.stdout,
        "BEGIN;\n\n-- Running downgrade 0002aaaa0000 -> 0001aaaa0000\n\nDROP INDEX users_id;\n\n\
         UPDATE alembic_version SET version_num='0001aaaa0000' WHERE alembic_version.version_num = '0002aaaa0000';\n\n\
         COMMIT;\n\n"
    );
}

#[test]
fn a_stamp_changes_only_the_version_table() {
    let project = unreachable();
    let output = run(&project, "stamp --sql 0001aaaa0000").expect_status(0);
    let expected = format!(
        "BEGIN;\n\n{CREATE}-- Running stamp_revision  -> 0001aaaa0000\n\n\
         INSERT INTO alembic_version (version_num) VALUES ('0001aaaa0000') RETURNING alembic_version.version_num;\n\n\
         COMMIT;\n\n"
    );
    assert_eq!(output.stdout, expected);
    let output = run(&project, "stamp --sql 0001aaaa0000:0002aaaa0000").expect_status(0);
    assert!(output.stdout.contains("UPDATE alembic_version SET version_num='0002aaaa0000'"), "{}", output.stdout);
    let output = run(&project, "stamp --sql --purge heads").expect_status(1);
    assert_eq!(output.stderr, "error: Can't use --purge with --sql mode\n");
}

#[test]
fn ensure_version_creates_only_the_version_table() {
    let output = run(&unreachable(), "ensure_version --sql").expect_status(0);
    assert_eq!(output.stdout, format!("BEGIN;\n\n{CREATE}COMMIT;\n\n"));
}
