//! Runs through `PgBouncer`: in session mode everything works; in transaction and statement mode limbeck refuses before it
//! takes anything.

use std::process::Child;

use super::{fresh, heads, ledger};
use crate::support::{PgBouncer, TestDatabase, TestProject, end_of, eventually, server};

/// A project on a new database behind `PgBouncer`. All commands use this URL.
fn behind(pooler: &PgBouncer) -> (TestDatabase<'static>, TestProject) {
    let (database, project) = fresh();
    project.write("limbeck.toml", &format!("[database]\nurl = \"{}\"\n", pooler.url(database.name())));
    (database, project)
}

fn scripts(project: &TestProject) {
    project.script(
        "aaaa00000001",
        "",
        "CREATE TABLE t (a int);\nINSERT INTO t SELECT generate_series(1, 9);",
        "DROP TABLE t;",
    );
    project.script(
        "aaaa00000002",
        "aaaa00000001",
        "CREATE INDEX CONCURRENTLY i ON t (a);",
        "DROP INDEX CONCURRENTLY i;",
    );
    project.script("aaaa00000003", "aaaa00000002", "ALTER TABLE t ADD b int;", "ALTER TABLE t DROP b;");
    project.script("aaaa00000004", "aaaa00000003", "ALTER TABLE t ADD c int;", "ALTER TABLE t DROP c;");
}

fn advisory_locks(database: &TestDatabase<'_>) -> String {
    database.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
}

fn output_of(mut child: Child) -> (Option<i32>, String) {
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut stderr).unwrap();
    (end_of(&mut child, 120).expect("the run ends").code(), stderr)
}

#[test]
fn transaction_and_statement_mode_are_refused_and_nothing_is_taken() {
    for (mode, size, settings) in [
        ("transaction", 1, ""),
        ("transaction", 2, ""),
        ("transaction", 2, "server_round_robin = 1"),
        ("transaction", 3, "server_round_robin = 1"),
        ("transaction", 20, ""),
        ("statement", 5, ""),
    ] {
        let pooler = PgBouncer::start(server(), mode, size, settings);
        let (database, project) = behind(&pooler);
        scripts(&project);
        for command in [&["upgrade", "head"][..], &["upgrade", "head", "--rehearse"], &["stamp", "head"], &["current"]]
        {
            let run = project.run(command).expect_status(1);
            assert!(run.stderr.contains("transaction pooling"), "{mode} {size} {settings} {command:?}: {}", run.stderr);
            assert!(run.stderr.contains("hint: connect to PostgreSQL directly"), "{}", run.stderr);
            assert!(run.stderr.contains("5432"), "{}", run.stderr);
        }
        assert_eq!(advisory_locks(&database), "0", "{mode} {size} {settings}");
        assert_eq!(database.psql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
        // A direct run is not blocked.
        let direct = database.url();
        project.run(&["--database-url", &direct, "upgrade", "head", "--no-wait"]).expect_status(0);
        assert_eq!(heads(&database), "aaaa00000004");
    }
}

#[test]
fn many_migrators_are_all_refused_in_transaction_mode() {
    for size in [2, 4, 20] {
        let pooler = PgBouncer::start(server(), "transaction", size, "");
        let (database, project) = behind(&pooler);
        scripts(&project);
        let runs: Vec<Child> = (0..10).map(|_| project.spawn(&["upgrade", "head"])).collect();
        for run in runs {
            let (status, stderr) = output_of(run);
            assert_eq!(status, Some(1), "{size}: {stderr}");
            assert!(stderr.contains("transaction pooling"), "{size}: {stderr}");
        }
        assert_eq!(advisory_locks(&database), "0");
        assert_eq!(database.psql("SELECT to_regclass('t') IS NULL"), "t");
    }
}

#[test]
fn session_mode_works_fully() {
    let pooler = PgBouncer::start(server(), "session", 5, "");
    let (database, project) = behind(&pooler);
    scripts(&project);
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(heads(&database), "aaaa00000004");
    assert_eq!(project.run(&["current"]).expect_status(0).stdout, "aaaa00000004 (head)\n");
    project.run(&["downgrade", "base", "--allow", "all"]).expect_status(0);
    assert_eq!(heads(&database), "");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(ledger(&database).iter().filter(|row| row.ends_with(" done")).count(), 12);
    eventually("the lock is released", 20, || advisory_locks(&database) == "0");
}

#[test]
fn many_migrators_share_a_small_pool_in_session_mode() {
    let pooler = PgBouncer::start(server(), "session", 6, "");
    let (database, project) = behind(&pooler);
    scripts(&project);
    let runs: Vec<Child> = (0..10).map(|_| project.spawn(&["upgrade", "head"])).collect();
    for run in runs {
        let (status, stderr) = output_of(run);
        assert_eq!(status, Some(0), "{stderr}");
    }
    assert_eq!(heads(&database), "aaaa00000004");
    let done = [
        "upgrade aaaa00000001 done",
        "upgrade aaaa00000002 done",
        "upgrade aaaa00000003 done",
        "upgrade aaaa00000004 done",
    ];
    assert_eq!(ledger(&database), done);
}

#[test]
fn a_pool_of_one_connection_is_reported() {
    let pooler = PgBouncer::start(server(), "session", 1, "");
    let (_database, project) = behind(&pooler);
    scripts(&project);
    let run = project.run(&["upgrade", "head", "--no-wait"]).expect_status(1);
    assert!(run.stderr.contains("gave no second server connection"), "{}", run.stderr);
    assert!(run.stderr.contains("default_pool_size"), "{}", run.stderr);
}

#[test]
fn after_a_kill_the_reused_server_connection_does_not_block_the_next_run() {
    let pooler = PgBouncer::start(server(), "session", 4, "");
    let (database, project) = behind(&pooler);
    // The ledger rows of a run that was killed between two statements: its server connection is idle, and PgBouncer gives
    // it to the next client.
    project.script("aaaa00000001", "", "VACUUM;\nCREATE TABLE t (a int);", "");
    project.run(&["upgrade", "head"]).expect_status(0);
    let used = database.query("SELECT pid, backend_start FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'");
    assert!(!used.is_empty(), "PgBouncer keeps server connections");
    for row in used {
        database.psql(&format!(
            "INSERT INTO limbeck.log (revision, direction, state, message, script, transactional, statements, client, backend_pid, backend_start)
             VALUES ('aaaa00000002', 'upgrade', 'running', '', '', false, 1, 'limbeck', {}, '{}')", row[0], row[1]
        ));
    }
    project.script("aaaa00000002", "aaaa00000001", "CREATE TABLE two (a int);", "");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(heads(&database), "aaaa00000002");
}
