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
