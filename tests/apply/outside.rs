//! Steps that PostgreSQL runs in no transaction, and runs that died in them.

use super::{fresh, heads, ledger};

const TABLE: &str = "CREATE TABLE t (a int);\nINSERT INTO t SELECT generate_series(1, 10);";

#[test]
fn a_concurrent_index_is_recognised_and_built() {
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
fn it_is_refused_where_everything_shares_one_transaction() {
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
fn a_run_that_failed_goes_on_at_the_statement_where_it_stopped() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    let sql = "INSERT INTO t VALUES (100);\nINSERT INTO nope VALUES (1);\nVACUUM t;";
    project.script("aaaa00000002", "aaaa00000001", sql, "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("1 of 3 statements of revision aaaa00000002 are done"), "{}", run.stderr);
    database.psql("CREATE TABLE nope (a int)");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM t WHERE a = 100"), "1");
    assert_eq!(database.psql("SELECT count(*) FROM nope"), "1");
    let expected = ["upgrade aaaa00000001 done", "upgrade aaaa00000002 failed", "upgrade aaaa00000002 done"];
    assert_eq!(ledger(&database), expected);
}

#[test]
fn an_index_left_invalid_is_found_and_its_removal_told() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (1);", "");
    project.script("aaaa00000002", "aaaa00000001", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);", "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("it left the index i invalid"), "{}", run.stderr);
    assert!(run.stderr.contains("DROP INDEX CONCURRENTLY i"), "{}", run.stderr);
    database.psql("DROP INDEX CONCURRENTLY i");
    database.psql("DELETE FROM t");
    project.run(&["upgrade", "head"]).expect_status(0);
}

/// The ledger as a run leaves it that was killed while its first statement ran.
fn died_in_first_statement(database: &crate::support::TestDatabase<'_>) {
    database.psql(
        "UPDATE limbeck.log SET state = 'running', begun = 1, finished = 0, backend_pid = 1, backend_start = 'epoch'
         WHERE revision = 'aaaa00000002'",
    );
}

#[test]
fn a_statement_that_a_dead_run_had_begun_is_judged_from_the_catalog() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    let sql = "CREATE INDEX CONCURRENTLY i ON t (a);\nINSERT INTO nope VALUES (1);";
    project.script("aaaa00000002", "aaaa00000001", sql, "");
    project.run(&["upgrade", "head"]).expect_status(1);
    died_in_first_statement(&database);
    database.psql("CREATE TABLE nope (a int)");
    // The index is there and valid, so it is not built a second time, which would fail.
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(heads(&database), "aaaa00000002");
}

#[test]
fn what_no_catalog_tells_is_asked_about() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    let sql = "INSERT INTO t VALUES (100);\nINSERT INTO nope VALUES (1);\nVACUUM t;";
    project.script("aaaa00000002", "aaaa00000001", sql, "");
    project.run(&["upgrade", "head"]).expect_status(1);
    died_in_first_statement(&database);
    database.psql("CREATE TABLE nope (a int)");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("whether it took effect is not known"), "{}", run.stderr);
    project.run(&["upgrade", "head", "--resume", "after"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM t WHERE a = 100"), "1");
}

#[test]
fn what_was_empty_is_counted_again_outside_a_transaction_too() {
    let (database, project) = fresh();
    database.psql("CREATE TABLE t (a int)");
    let sql = "VACUUM t;\nINSERT INTO t SELECT 1;\nTRUNCATE t;";
    project.script("aaaa00000001", "", sql, "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("t was empty when the plan was made and now holds 1 value"), "{}", run.stderr);
    assert_eq!(database.psql("SELECT count(*) FROM t"), "1");
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM t"), "0");
}
