//! `CONCURRENTLY` waits by design: `lock_timeout` does not apply to it, and it has a limit of its own.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use super::{fresh, heads};
use crate::support::{TestDatabase, end_of, eventually, program};

/// Opens a transaction that has written to a table, and keeps it open.
fn open_transaction(database: &TestDatabase<'_>) -> Child {
    let mut psql = Command::new(program("psql"));
    psql.args(["-X", "-q", &database.url()]).env_clear().stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = psql.spawn().unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "BEGIN; INSERT INTO t VALUES (0);").unwrap();
    eventually("the transaction is open", 20, || {
        database.psql("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()") == "1"
    });
    child
}

fn waits(database: &TestDatabase<'_>) -> bool {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
        AND application_name = 'limbeck migrate' AND query_start < clock_timestamp() - interval '700 ms'";
    database.psql(query) != "0"
}

#[test]
fn concurrently_waits_longer_than_the_lock_timeout() {
    for (script, downgrade) in [
        ("CREATE INDEX CONCURRENTLY i ON t (a);", "DROP INDEX CONCURRENTLY i;"),
        (
            "SET lock_timeout = '100ms';\nSET statement_timeout = '150ms';\nCREATE INDEX CONCURRENTLY i ON t (a);",
            "DROP INDEX CONCURRENTLY i;",
        ),
        ("REINDEX TABLE CONCURRENTLY t;", "REINDEX (CONCURRENTLY) TABLE t;"),
    ] {
        let (database, project) = fresh();
        let config = project.read("limbeck.toml") + "[apply]\nlock_timeout = \"200ms\"\n";
        project.write("limbeck.toml", &config);
        database.psql("CREATE TABLE t (a int); CREATE INDEX old ON t (a)");
        project.script("aaaa00000001", "", script, downgrade);
        for command in [["upgrade", "head"], ["downgrade", "base"]] {
            let blocker = open_transaction(&database);
            let mut run = project.spawn(&command);
            eventually("the run waits longer than the lock timeout", 30, || waits(&database));
            end(blocker);
            let mut stderr = String::new();
            std::io::Read::read_to_string(&mut run.stderr.take().unwrap(), &mut stderr).unwrap();
            assert!(end_of(&mut run, 60).unwrap().success(), "{script}: {stderr}");
            assert!(stderr.contains("Waiting for a lock held by"), "{script}: {stderr}");
        }
        assert_eq!(heads(&database), "");
    }
}

#[test]
fn the_limit_of_concurrently_is_its_own_and_the_next_run_builds_the_index() {
    let (database, project) = fresh();
    let config = project.read("limbeck.toml") + "[apply]\nconcurrent_timeout = \"700ms\"\n";
    project.write("limbeck.toml", &config);
    database.psql("CREATE TABLE t (a int)");
    let script = "CREATE INDEX CONCURRENTLY i ON t (a);\nSELECT set_config('x.timeouts', current_setting('lock_timeout') || current_setting('statement_timeout'), false);\nCREATE TABLE seen AS SELECT current_setting('x.timeouts') AS value;";
    project.script("aaaa00000001", "", script, "");
    let blocker = open_transaction(&database);
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("the limit is 700ms"), "{}", run.stderr);
    assert!(run.stderr.contains("concurrent_timeout under [apply]"), "{}", run.stderr);
    assert!(run.stderr.contains("it left the invalid index i"), "{}", run.stderr);
    end(blocker);
    let run = project.run(&["upgrade", "head"]).expect_status(0);
    assert!(run.stderr.contains("drops the invalid index i, which an interrupted run left"), "{}", run.stderr);
    assert_eq!(database.psql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "t");
    // After the statement, the session has its own timeouts again.
    assert_eq!(database.psql("SELECT value FROM seen"), "5s0");
}

#[test]
fn a_wrong_limit_is_reported() {
    let (database, project) = fresh();
    let config = project.read("limbeck.toml") + "[apply]\nconcurrent_timeout = \"soon\"\n";
    project.write("limbeck.toml", &config);
    database.psql("CREATE TABLE t (a int)");
    project.script("aaaa00000001", "", "CREATE INDEX CONCURRENTLY i ON t (a);", "");
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("soon"), "{}", run.stderr);
}

#[test]
fn an_index_of_a_killed_run_is_removed_and_built_again() {
    let (database, project) = fresh();
    database.psql("CREATE TABLE t (a int)");
    project.script("aaaa00000001", "", "CREATE INDEX CONCURRENTLY i ON t (a);", "");
    let blocker = open_transaction(&database);
    let mut run = project.spawn(&["upgrade", "head"]);
    eventually("the run waits", 30, || waits(&database));
    run.kill().unwrap();
    run.wait().unwrap();
    database.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND datname = current_database()");
    end(blocker);
    eventually("the server process has ended", 20, || {
        database.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND datname = current_database() AND pid <> pg_backend_pid()") == "0"
    });
    assert_eq!(database.psql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "f");
    let run = project.run(&["upgrade", "head"]).expect_status(0);
    assert!(run.stderr.contains("which an interrupted run left"), "{}", run.stderr);
    assert_eq!(database.psql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "t");
    assert_eq!(heads(&database), "aaaa00000001");
}

#[test]
fn an_interrupted_detach_is_completed_by_the_next_run() {
    let (database, project) = fresh();
    if database.psql("SELECT current_setting('server_version_num')::int < 140000") == "t" {
        return;
    }
    let config = project.read("limbeck.toml") + "[apply]\nconcurrent_timeout = \"700ms\"\n";
    project.write("limbeck.toml", &config);
    database.psql("CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE t0 PARTITION OF t FOR VALUES IN (0)");
    project.script(
        "aaaa00000001",
        "",
        "ALTER TABLE t DETACH PARTITION t0 CONCURRENTLY;\nCREATE TABLE after (a int);",
        "",
    );
    let blocker = open_transaction(&database);
    let run = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(run.stderr.contains("it has started to detach the partition"), "{}", run.stderr);
    assert!(run.stderr.contains("completes it with ALTER TABLE t DETACH PARTITION t0 FINALIZE"), "{}", run.stderr);
    end(blocker);
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM pg_inherits"), "0");
    assert_eq!(heads(&database), "aaaa00000001");
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}
