//! Steps in transactions, the version table and the ledger.

use super::{fresh, heads, ledger};

#[test]
fn upgrade_and_downgrade_change_schema_heads_and_ledger_together() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE one (id int);", "DROP TABLE one;");
    project.script("aaaa00000002", "aaaa00000001", "CREATE TABLE two (id int);", "DROP TABLE two;");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(heads(&database), "aaaa00000002");
    assert_eq!(database.psql("SELECT to_regclass('one'), to_regclass('two')"), "one|two");
    project.run(&["downgrade", "-1"]).expect_status(0);
    assert_eq!(heads(&database), "aaaa00000001");
    assert_eq!(database.psql("SELECT to_regclass('two') IS NULL"), "t");
    let expected = ["upgrade aaaa00000001 done", "upgrade aaaa00000002 done", "downgrade aaaa00000002 done"];
    assert_eq!(ledger(&database), expected);
}

#[test]
fn a_failing_statement_rolls_its_revision_back_and_shows_its_position() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE one (id int);", "DROP TABLE one;");
    let bad = "CREATE TABLE two (id int);\n\nALTER TABLE one\n    ADD COLUMN x nosuchtype;";
    project.script("aaaa00000002", "aaaa00000001", bad, "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert_eq!(heads(&database), "aaaa00000001");
    assert_eq!(database.psql("SELECT to_regclass('two') IS NULL"), "t");
    for part in [
        "error: revision aaaa00000002: type \"nosuchtype\" does not exist",
        "aaaa00000002_script.sql:11:18",
        "11 |     ADD COLUMN x nosuchtype",
        "SQLSTATE 42704",
        "rolled back; the database is at aaaa00000001",
    ] {
        assert!(run.stderr.contains(part), "'{part}' is missing in:\n{}", run.stderr);
    }
    assert_eq!(ledger(&database), ["upgrade aaaa00000001 done", "upgrade aaaa00000002 failed"]);
}

#[test]
fn one_transaction_for_all_rolls_everything_back_if_the_last_revision_fails() {
    let (database, project) = fresh();
    let config = project.read("limbeck.toml") + "[apply]\ntransaction = \"all\"\n";
    project.write("limbeck.toml", &config);
    project.script("aaaa00000001", "", "CREATE TABLE one (id int);", "");
    project.script("aaaa00000002", "aaaa00000001", "SELECT 1/0;", "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("rolled back; the database is at base"), "{}", run.stderr);
    assert_eq!(database.psql("SELECT to_regclass('one') IS NULL"), "t");
    assert_eq!(heads(&database), "");
}

#[test]
fn copy_data_are_read_and_settings_do_not_leak_into_the_next_script() {
    let (database, project) = fresh();
    let copy = "CREATE TABLE t (a int, b text);\nCOPY t FROM stdin;\n1\tone; two\n2\t\\N\n\\.\n\
                SELECT set_config('search_path', '', false);";
    project.script("aaaa00000001", "", copy, "");
    project.script("aaaa00000002", "aaaa00000001", "INSERT INTO t VALUES (3, current_schema());", "");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(
        database.psql("SELECT string_agg(a || coalesce(b, '-'), ',' ORDER BY a) FROM t"),
        "1one; two,2-,3public"
    );
}

#[test]
fn a_deferred_constraint_that_fails_at_commit_rolls_the_revision_back() {
    let (database, project) = fresh();
    let sql = "CREATE TABLE p (id int PRIMARY KEY);\n\
               CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (1);";
    project.script("aaaa00000001", "", sql, "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("violates foreign key constraint"), "{}", run.stderr);
    assert_eq!(heads(&database), "");
    assert_eq!(database.psql("SELECT to_regclass('p') IS NULL"), "t");
}

#[test]
fn transaction_control_in_a_script_is_refused_before_anything_runs() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE one (id int);\nCOMMIT;", "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("aaaa00000001_script.sql:9: COMMIT would end the transaction"), "{}", run.stderr);
    assert_eq!(database.psql("SELECT to_regclass('one') IS NULL"), "t");
}

#[test]
fn a_revision_without_a_file_is_downgraded_from_the_ledger() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE one (id int);", "DROP TABLE one;");
    let file = project.script("aaaa00000002", "aaaa00000001", "CREATE TABLE two (id int);", "DROP TABLE two;");
    project.run(&["upgrade", "head"]).expect_status(0);
    std::fs::remove_file(file).unwrap();
    project.run(&["downgrade", "aaaa00000001"]).expect_status(0);
    assert_eq!(heads(&database), "aaaa00000001");
    assert_eq!(database.psql("SELECT to_regclass('two') IS NULL"), "t");
}

#[test]
fn dropping_values_needs_approval_and_dropping_an_empty_column_does_not() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE one (id int, note text);", "DROP TABLE one;");
    project.script("aaaa00000002", "aaaa00000001", "ALTER TABLE one DROP COLUMN note;", "");
    project.run(&["upgrade", "aaaa00000001"]).expect_status(0);
    database.psql("INSERT INTO one VALUES (1, 'x'), (2, NULL)");
    let run = project.run(&["upgrade", "head"]).expect_status(3);
    assert!(run.stderr.contains("one.note") && run.stderr.contains("1 value"), "{}", run.stderr);
    assert_eq!(heads(&database), "aaaa00000001");
    database.psql("UPDATE one SET note = NULL");
    project.run(&["upgrade", "head"]).expect_status(0);
    database.psql("TRUNCATE one");
    project.run(&["downgrade", "base"]).expect_status(0);
    assert_eq!(heads(&database), "");
}

#[test]
fn for_a_role_named_limbeck_the_ledger_does_not_capture_new_tables() {
    let (database, project) = fresh();
    // Its search path begins with "$user": new tables would be created in a schema named limbeck.
    database.psql("DO 'BEGIN CREATE ROLE limbeck LOGIN SUPERUSER; EXCEPTION WHEN duplicate_object THEN END'");
    let url = database.url().replacen("//postgres@", "//limbeck@", 1);
    project.script("aaaa00000001", "", "CREATE TABLE one (id int);", "DROP TABLE one;");
    project.run(&["upgrade", "head", "--database-url", &url]).expect_status(0);
    assert_eq!(
        database.psql(
            "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ),
        "alembic_version,limbeck_log,one"
    );
}

#[test]
fn a_table_that_was_empty_in_the_plan_is_counted_again_before_it_is_dropped() {
    let (database, project) = fresh();
    database.psql("CREATE TABLE t (a int); CREATE TABLE gate (a int)");
    project.script("aaaa00000001", "", "LOCK TABLE gate;\nSELECT pg_sleep(1);", "");
    project.script("aaaa00000002", "aaaa00000001", "DROP TABLE t;", "");
    let mut run = project.spawn(&["upgrade", "head"]);
    crate::support::eventually("the first step runs", 20, || {
        database.psql("SELECT count(*) FROM pg_locks WHERE relation = 'gate'::regclass") != "0"
    });
    database.psql("INSERT INTO t VALUES (1)");
    assert_eq!(crate::support::end_of(&mut run, 60).unwrap().code(), Some(1));
    assert_eq!(database.psql("SELECT count(*) FROM t"), "1");
    assert_eq!(heads(&database), "aaaa00000001");
}
