//! Two migrators at the same time, and sessions that block a migration.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use super::{fresh, heads};
use crate::support::{TestDatabase, end_of, eventually, program};

/// Starts a psql that runs SQL and stays connected until it is killed.
fn session(database: &TestDatabase<'_>, sql: &str) -> Child {
    let mut child = Command::new(program("psql"))
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", &database.url()])
        .env_clear()
        .env("PGAPPNAME", "blocking session")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "{sql}").unwrap();
    child
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn two_migrators_run_one_after_the_other_and_the_second_has_nothing_to_do() {
    let (database, project) = fresh();
    let slow = "CREATE TABLE one (id int);\nSELECT pg_sleep(1);";
    project.script("aaaa00000001", "", slow, "");
    let mut first = project.spawn(&["upgrade", "head"]);
    eventually("the first run executes its statement", 20, || {
        database
            .psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)%' AND datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()")
            != "0"
    });
    let second = project.run(&["upgrade", "head"]);
    assert!(end_of(&mut first, 60).unwrap().success());
    // The second run made its plan before the first run ended. It must not run that plan: the target is reached.
    let second = second.expect_status(0);
    assert!(second.stderr.contains("Nothing to do: the database is at aaaa00000001"), "{}", second.stderr);
    assert_eq!(second.stderr.matches("Waiting for another migrator").count(), 1, "{}", second.stderr);
    assert_eq!(heads(&database), "aaaa00000001");
}

#[test]
fn a_relative_target_is_not_applied_twice_after_waiting() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE one (id int);\nSELECT pg_sleep(1);", "");
    project.script("aaaa00000002", "aaaa00000001", "CREATE TABLE two (id int);", "");
    let mut first = project.spawn(&["upgrade", "+1"]);
    eventually("the first run executes its statement", 20, || {
        database
            .psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)%' AND pid <> pg_backend_pid()")
            != "0"
    });
    let second = project.run(&["upgrade", "+1"]).expect_status(1);
    assert!(end_of(&mut first, 60).unwrap().success());
    assert!(
        second.stderr.contains("the heads of the database have changed since the plan was made"),
        "{}",
        second.stderr
    );
    assert_eq!(heads(&database), "aaaa00000001");
}

#[test]
fn no_wait_fails_immediately_and_names_the_lock_holder() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "SELECT pg_sleep(2);", "");
    let mut first = project.spawn(&["upgrade", "head"]);
    eventually("the first run executes its statement", 20, || {
        database
            .psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(2)%' AND datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()")
            != "0"
    });
    let second = project.run(&["upgrade", "head", "--no-wait"]).expect_status(5);
    assert!(second.stderr.contains("another migrator holds the lock"), "{}", second.stderr);
    assert!(second.stderr.contains("limbeck lock"), "{}", second.stderr);
    assert!(end_of(&mut first, 60).unwrap().success());
}

#[test]
fn a_blocked_step_names_the_blocker_and_is_retried() {
    let (database, project) = fresh();
    let config = project.read("limbeck.toml") + "[apply]\nlock_timeout = \"600ms\"\n";
    project.write("limbeck.toml", &config);
    database.psql("CREATE TABLE t (a int)");
    project.script("aaaa00000001", "", "ALTER TABLE t ADD b int;", "");
    let blocker = session(&database, "BEGIN; LOCK TABLE t;");
    eventually("the blocker holds its lock", 20, || {
        database.psql("SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND granted") != "0"
    });
    // The session that counts rows for the plan also waits for a moment.
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE relation = 't'::regclass AND NOT granted AND application_name = 'limbeck migrate'";
    let mut run = project.spawn(&["upgrade", "head"]);
    eventually("the run is blocked", 20, || database.psql(waiting) != "0");
    eventually("the step has a lock timeout", 20, || database.psql(waiting) == "0");
    end(blocker);
    let mut stderr = String::new();
    let mut pipe = run.stderr.take().unwrap();
    std::io::Read::read_to_string(&mut pipe, &mut stderr).unwrap();
    assert!(end_of(&mut run, 60).unwrap().success(), "{stderr}");
    assert!(stderr.contains("blocking session"), "{stderr}");
    assert_eq!(heads(&database), "aaaa00000001");
}

#[test]
fn stamp_names_the_lock_holder_while_it_waits_and_can_be_cancelled() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE one (a int);\nLOCK TABLE gate;", "");
    project.script("aaaa00000002", "aaaa00000001", "SELECT 1;", "");
    database.psql("CREATE TABLE gate (a int)");
    let blocker = session(&database, "BEGIN; LOCK TABLE gate;");
    eventually("the blocker holds its lock", 20, || {
        database.psql("SELECT count(*) FROM pg_locks WHERE relation = 'gate'::regclass AND granted") != "0"
    });
    let mut first = project.spawn(&["upgrade", "aaaa00000001"]);
    eventually("the first run waits for the table", 20, || {
        database.psql("SELECT count(*) FROM pg_locks WHERE relation = 'gate'::regclass AND NOT granted") != "0"
    });
    // A cancelled stamp changes nothing.
    let cancelled = project.run_until(&["stamp", "aaaa00000002"], |child| {
        eventually("the stamp waits", 20, || {
            database.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'limbeck stamp' AND query LIKE '%pg_stat_activity%' AND datname = current_database()") != "0"
        });
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    });
    assert_eq!(cancelled.status, Some(130), "{}", cancelled.stderr);
    assert!(
        cancelled.stderr.contains("cancelled while waiting for another migrator; nothing was run"),
        "{}",
        cancelled.stderr
    );
    let waited = project.run_until(&["stamp", "aaaa00000002"], |_| {
        eventually("the stamp waits", 20, || {
            database.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'limbeck stamp' AND query LIKE '%pg_stat_activity%' AND datname = current_database()") != "0"
        });
        end(blocker);
    });
    let waited = waited.expect_status(0);
    assert!(end_of(&mut first, 60).unwrap().success());
    assert_eq!(waited.stderr.matches("Waiting for another migrator: ").count(), 1, "{}", waited.stderr);
    assert!(waited.stderr.contains("limbeck lock"), "{}", waited.stderr);
    assert_eq!(heads(&database), "aaaa00000002");
}

#[test]
fn a_stamp_that_waits_for_a_lock_of_the_version_table_can_be_cancelled() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE one (a int);", "");
    project.script("aaaa00000002", "aaaa00000001", "SELECT 1;", "");
    project.run(&["upgrade", "aaaa00000001"]).expect_status(0);
    let blocker = session(&database, "BEGIN; LOCK TABLE alembic_version IN EXCLUSIVE MODE;");
    eventually("the table is locked", 20, || {
        database.psql("SELECT count(*) FROM pg_locks WHERE relation = 'alembic_version'::regclass AND mode = 'ExclusiveLock' AND granted") == "1"
    });
    let cancelled = project.run_until(&["stamp", "aaaa00000002"], |child| {
        eventually("the stamp waits", 20, || {
            database.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'limbeck stamp' AND wait_event_type = 'Lock' AND datname = current_database()") == "1"
        });
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    });
    end(blocker);
    assert_eq!(cancelled.status, Some(130), "{}", cancelled.stderr);
    assert!(cancelled.stderr.contains("cancelled; the version table was not changed"), "{}", cancelled.stderr);
    assert_eq!(heads(&database), "aaaa00000001");
}
