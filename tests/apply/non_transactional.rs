//! Statements that cannot run in a transaction, and runs that were killed during one.

use super::{fresh, heads, ledger};

const TABLE: &str = "CREATE TABLE t (a int);\nINSERT INTO t SELECT generate_series(1, 10);";

#[test]
fn a_concurrent_index_is_built_outside_a_transaction() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    project.script(
        "aaaa00000002",
        "aaaa00000001",
        "CREATE INDEX CONCURRENTLY i ON t (a);",
        "DROP INDEX CONCURRENTLY i;",
    );
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "t");
    project.run(&["downgrade", "-1"]).expect_status(0);
    assert_eq!(heads(&database), "aaaa00000001");
}

#[test]
fn with_one_transaction_for_all_revisions_such_a_step_is_refused() {
    let (database, project) = fresh();
    let config = project.read("limbeck.toml") + "[apply]\ntransaction = \"all\"\n";
    project.write("limbeck.toml", &config);
    project.script("aaaa00000001", "", TABLE, "");
    project.script("aaaa00000002", "aaaa00000001", "VACUUM t;", "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("aaaa00000002 cannot run inside a transaction"), "{}", run.stderr);
    assert_eq!(database.psql("SELECT to_regclass('t') IS NULL"), "t");
}

#[test]
fn a_failed_run_continues_at_the_statement_where_it_stopped() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    let sql = "INSERT INTO t VALUES (100);\nINSERT INTO nope VALUES (1);\nVACUUM t;";
    project.script("aaaa00000002", "aaaa00000001", sql, "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("1 of 3 statements of revision aaaa00000002 took effect"), "{}", run.stderr);
    database.psql("CREATE TABLE nope (a int)");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM t WHERE a = 100"), "1");
    assert_eq!(database.psql("SELECT count(*) FROM nope"), "1");
    let expected = ["upgrade aaaa00000001 done", "upgrade aaaa00000002 failed", "upgrade aaaa00000002 done"];
    assert_eq!(ledger(&database), expected);
}

#[test]
fn an_invalid_index_is_found_and_the_error_says_how_to_drop_it() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (1);", "");
    project.script("aaaa00000002", "aaaa00000001", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);", "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("it left the invalid index i"), "{}", run.stderr);
    assert!(run.stderr.contains("DROP INDEX CONCURRENTLY i"), "{}", run.stderr);
    database.psql("DROP INDEX CONCURRENTLY i");
    database.psql("DELETE FROM t");
    project.run(&["upgrade", "head"]).expect_status(0);
}

/// Changes the ledger to the state after a run that was killed during its first statement.
fn simulate_kill_in_first_statement(database: &crate::support::TestDatabase<'_>) {
    database.psql(
        "UPDATE limbeck.log SET state = 'running', begun = 1, finished = 0, backend_pid = 1, backend_start = 'epoch'
         WHERE revision = 'aaaa00000002'",
    );
}

#[test]
fn after_a_kill_the_catalog_shows_whether_the_statement_took_effect() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    let sql = "CREATE INDEX CONCURRENTLY i ON t (a);\nINSERT INTO nope VALUES (1);";
    project.script("aaaa00000002", "aaaa00000001", sql, "");
    project.run(&["upgrade", "head"]).expect_status(1);
    simulate_kill_in_first_statement(&database);
    database.psql("CREATE TABLE nope (a int)");
    // The index exists and is valid, so the run must not build it again (that would fail).
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(heads(&database), "aaaa00000002");
}

#[test]
fn if_the_catalog_does_not_show_the_effect_resume_is_required() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    let sql = "INSERT INTO t VALUES (100);\nINSERT INTO nope VALUES (1);\nVACUUM t;";
    project.script("aaaa00000002", "aaaa00000001", sql, "");
    project.run(&["upgrade", "head"]).expect_status(1);
    simulate_kill_in_first_statement(&database);
    database.psql("CREATE TABLE nope (a int)");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("limbeck cannot find out whether it took effect"), "{}", run.stderr);
    project.run(&["upgrade", "head", "--resume", "after"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM t WHERE a = 100"), "1");
}

#[test]
fn an_empty_table_is_counted_again_also_outside_a_transaction() {
    let (database, project) = fresh();
    database.psql("CREATE TABLE t (a int)");
    let sql = "VACUUM t;\nINSERT INTO t SELECT 1;\nTRUNCATE t;";
    project.script("aaaa00000001", "", sql, "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("t was empty when the plan was made, and now contains 1 row"), "{}", run.stderr);
    assert_eq!(database.psql("SELECT count(*) FROM t"), "1");
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM t"), "0");
}

/// A new enum value that a later statement of the same revision uses.
fn enum_revision(fill: &str) -> String {
    format!(
        "-- @upgrade transaction=off\nALTER TYPE mood ADD VALUE 'new';\n\n-- @upgrade\n\
         ALTER TABLE t ALTER COLUMN m SET DEFAULT 'new';\nALTER TABLE t ADD COLUMN n int;\n{fill};\n\
         ALTER TABLE t ALTER COLUMN n SET NOT NULL;"
    )
}

#[test]
fn the_part_in_a_transaction_is_rolled_back_and_can_be_corrected() {
    let (database, project) = fresh();
    let first =
        "CREATE TYPE mood AS ENUM ('ok');\nCREATE TABLE t (a int, m mood DEFAULT 'ok');\nINSERT INTO t VALUES (1);";
    project.script("aaaa00000001", "", first, "");
    let down = "ALTER TABLE t DROP COLUMN n;\nALTER TABLE t ALTER COLUMN m SET DEFAULT 'ok';";
    project.script("aaaa00000002", "aaaa00000001", &enum_revision("UPDATE t SET n = NULL"), down);
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("1 of 5 statements of revision aaaa00000002 took effect"), "{}", run.stderr);
    let columns = "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute \
                   WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped";
    assert_eq!(database.psql(columns), "a m");
    assert_eq!(heads(&database), "aaaa00000001");
    // The same text fails again at the same place, and nothing runs twice.
    project.run(&["upgrade", "head"]).expect_status(1);
    project.script("aaaa00000002", "aaaa00000001", &enum_revision("UPDATE t SET n = 7"), down);
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("INSERT INTO t VALUES (2, DEFAULT, 8) RETURNING m"), "new");
    project.run(&["downgrade", "-1", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(database.psql(columns), "a m");
}

#[test]
fn a_correction_before_the_position_starts_the_revision_again() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    let script = |first: &str| format!("{first};\nINSERT INTO nope VALUES (1);\nVACUUM t;");
    project.script("aaaa00000002", "aaaa00000001", &script("INSERT INTO t VALUES (100)"), "");
    project.run(&["upgrade", "head"]).expect_status(1);
    database.psql("CREATE TABLE nope (a int)");
    project.script("aaaa00000002", "aaaa00000001", &script("INSERT INTO t VALUES (200)"), "");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM t WHERE a IN (100, 200)"), "2");
}

#[test]
fn offline_sql_has_the_transactions_of_the_parts() {
    let (_database, project) = fresh();
    project.script("aaaa00000001", "", &enum_revision("UPDATE t SET n = 7"), "");
    let sql = project.run(&["upgrade", "head", "--sql"]).expect_status(0).stdout;
    let order = ["COMMIT;", "ADD VALUE", "BEGIN;", "SET DEFAULT", "SET NOT NULL", "COMMIT;", "BEGIN;", "INSERT INTO"];
    let mut rest = sql.as_str();
    for part in order {
        let Some(at) = rest.find(part) else { panic!("{part} is not in {rest}\n{sql}") };
        rest = &rest[at + part.len()..];
    }
}
