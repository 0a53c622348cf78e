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

/// Revisions whose scripts set what changes the meaning of later statements: upgrade and downgrade.
const SETTING_SCRIPTS: &[(&str, &str)] = &[
    ("SET search_path = app;\nCREATE TABLE a (t text);", "SET ROLE other;\nDROP TABLE IF EXISTS nothing;"),
    (
        "SET standard_conforming_strings = off;\nSET ROLE other;\nCREATE TABLE app.b (t text DEFAULT 'x\\\\y');",
        "SET search_path = app;\nCREATE TABLE down_b (i int);\nSET session_replication_role = replica;",
    ),
    (
        "CREATE TABLE c (t text DEFAULT 'x\\y');\nINSERT INTO c VALUES ('p\\q');",
        "SET standard_conforming_strings = off;\nCREATE TABLE down_c (t text DEFAULT 'x\\\\y');",
    ),
    (
        "-- transaction=off\nSET search_path = app;\nSET ROLE other;\nCREATE TABLE d (t text);\nSET datestyle = 'German';",
        "-- transaction=off\nSET SESSION AUTHORIZATION other;\nSET search_path = app;\nCREATE TABLE down_d (i int);",
    ),
    (
        "CREATE TABLE e (t text DEFAULT '1.2.2026'::date::text, u text DEFAULT current_user);\nINSERT INTO e VALUES (DEFAULT, DEFAULT);",
        "CREATE TABLE down_e (u text DEFAULT current_user);\nINSERT INTO down_e VALUES (DEFAULT);\n\
         DO $$ BEGIN PERFORM set_config('search_path', 'app', false); END $$;",
    ),
    (
        "SELECT set_config('search_path', 'app', false), set_config('role', 'other', false);\nCREATE TABLE f (t text);",
        "CREATE TABLE down_f (i int);\nSET LOCAL search_path = app;\nCREATE TABLE down_g (i int);",
    ),
    (
        "CREATE TYPE mood AS ENUM ('sad');\nCREATE TEMP TABLE once (i int) ON COMMIT DROP;\n\
         CREATE TABLE g (i int REFERENCES k DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO g VALUES (1);",
        "CREATE TABLE down_h (i int);",
    ),
    (
        "ALTER TYPE mood ADD VALUE 'ok';\nCREATE TEMP TABLE once (i int) ON COMMIT DROP;\nALTER TABLE g ADD m mood;",
        "ALTER TABLE g DROP COLUMN m;",
    ),
    ("UPDATE g SET m = 'ok';\nSET LOCAL search_path = app;", "SET search_path = app;\nCREATE TABLE down_i (i int);"),
    ("CREATE TABLE h (t text);", "SET search_path = app;"),
];

/// Objects, owners, defaults and rows.
const CONTENTS: &str = "SELECT n.nspname, c.relname, c.relowner::regrole, a.attname, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE n.nspname IN ('public', 'app') AND NOT a.attisdropped ORDER BY 1, 2, a.attnum";

/// A database, and a project with the scripts that set something. `config`: further configuration.
fn setting_project(database: &crate::support::TestDatabase<'_>, config: &str) -> TestProject {
    let roles = "DO $$ BEGIN CREATE ROLE other; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        DO $$ BEGIN CREATE ROLE offline_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT other TO offline_owner; GRANT ALL ON SCHEMA public TO offline_owner, other;
        CREATE SCHEMA app; GRANT ALL ON SCHEMA app TO offline_owner, other;
        CREATE TABLE k (i int PRIMARY KEY); INSERT INTO k VALUES (1); GRANT ALL ON k TO offline_owner";
    database.psql(roles);
    let project = TestProject::new(&format!("[database]\nurl = \"{}\"\n{config}", database.url()));
    let mut parent = String::new();
    for (number, (up, down)) in SETTING_SCRIPTS.iter().enumerate() {
        let id = format!("{:04}aaaa0000", number + 1);
        let path = project.script(&id, &parent, up, down);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replace("grade\n-- transaction=off", "grade transaction=off")).unwrap();
        parent = id;
    }
    project
}

fn contents(database: &crate::support::TestDatabase<'_>) -> String {
    let rows = ["c", "e", "g", "down_e", "alembic_version"].map(|table| {
        let exists = database.psql(&format!("SELECT to_regclass('{table}')"));
        if exists.is_empty() { String::new() } else { database.psql(&format!("TABLE {table}")) }
    });
    format!("{}\n{}", database.psql(CONTENTS), rows.join("\n"))
}

/// Runs a text with `psql -f`, each statement on its own, as a person does.
fn psql_file(database: &crate::support::TestDatabase<'_>, project: &TestProject, sql: &str) {
    let file = project.write("run.sql", sql);
    let mut psql = std::process::Command::new(crate::support::program("psql"));
    let output = psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(file).arg(database.url()).output().unwrap();
    assert!(output.status.success(), "{sql}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_text_has_the_same_result_as_the_run() {
    for config in ["", "[apply]\nrole = \"offline_owner\"\n"] {
        let (direct, printed) = (server().database(), server().database());
        let project = setting_project(&direct, config);
        let same = setting_project(&printed, config);
        run(&project, "upgrade head --allow all --no-keep").expect_status(0);
        psql_file(&printed, &same, &run(&same, "upgrade head --sql").expect_status(0).stdout);
        assert_eq!(contents(&printed), contents(&direct), "upgrade {config}");
        run(&project, "downgrade base --allow all --no-keep").expect_status(0);
        psql_file(&printed, &same, &run(&same, "downgrade head:base --sql").expect_status(0).stdout);
        assert_eq!(contents(&printed), contents(&direct), "downgrade {config}");
    }
}
