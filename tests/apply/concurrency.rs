//! Two migrators at once, and sessions that stand in the way.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use super::{fresh, heads};
use crate::support::{TestDatabase, end_of, eventually, program};

/// A psql that runs SQL and stays connected until it is killed.
fn session(database: &TestDatabase<'_>, sql: &str) -> Child {
    let mut child = Command::new(program("psql"))
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", &database.url()])
        .env_clear()
        .env("PGAPPNAME", "in the way")
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
fn two_at_once_take_turns_and_the_second_finds_nothing_to_do() {
    let (database, project) = fresh();
    let slow = "CREATE TABLE one (id int);\nSELECT pg_sleep(1);";
    project.script("aaaa00000001", "", slow, "");
    let mut first = project.spawn(&["upgrade", "head"]);
    eventually("the first run is at work", 20, || {
        database
            .psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)%' AND datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()")
            != "0"
    });
    let second = project.run(&["upgrade", "head"]);
    assert!(end_of(&mut first, 60).unwrap().success());
    // Its plan was made before the first run ended and is not run twice; what was asked for is done.
    let second = second.expect_status(0);
    assert!(second.stderr.contains("Nothing to do: the database is at aaaa00000001"), "{}", second.stderr);
    assert_eq!(second.stderr.matches("Waiting for another migrator").count(), 1, "{}", second.stderr);
    assert_eq!(heads(&database), "aaaa00000001");
}

#[test]
fn a_relative_target_is_not_taken_twice_after_waiting() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE one (id int);\nSELECT pg_sleep(1);", "");
    project.script("aaaa00000002", "aaaa00000001", "CREATE TABLE two (id int);", "");
    let mut first = project.spawn(&["upgrade", "+1"]);
    eventually("the first run is at work", 20, || {
        database
            .psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)%' AND pid <> pg_backend_pid()")
            != "0"
    });
    let second = project.run(&["upgrade", "+1"]).expect_status(1);
    assert!(end_of(&mut first, 60).unwrap().success());
    assert!(second.stderr.contains("the database has moved since the plan was made"), "{}", second.stderr);
    assert_eq!(heads(&database), "aaaa00000001");
}

#[test]
fn no_wait_ends_at_once_with_the_holder_named() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "SELECT pg_sleep(2);", "");
    let mut first = project.spawn(&["upgrade", "head"]);
    eventually("the first run is at work", 20, || {
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
fn a_blocked_step_names_who_blocks_it_and_starts_again() {
    let (database, project) = fresh();
    let config = project.read("limbeck.toml") + "[apply]\nlock_timeout = \"600ms\"\n";
    project.write("limbeck.toml", &config);
    database.psql("CREATE TABLE t (a int)");
    project.script("aaaa00000001", "", "ALTER TABLE t ADD b int;", "");
    let blocker = session(&database, "BEGIN; LOCK TABLE t;");
    eventually("the blocker holds its lock", 20, || {
        database.psql("SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND granted") != "0"
    });
    // The plan is counted on a session of its own, which waits for a moment, too.
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE relation = 't'::regclass AND NOT granted AND application_name = 'limbeck migrate'";
    let mut run = project.spawn(&["upgrade", "head"]);
    eventually("the run is blocked", 20, || database.psql(waiting) != "0");
    eventually("the step is given up once", 20, || database.psql(waiting) == "0");
    end(blocker);
    let mut stderr = String::new();
    let mut pipe = run.stderr.take().unwrap();
    std::io::Read::read_to_string(&mut pipe, &mut stderr).unwrap();
    assert!(end_of(&mut run, 60).unwrap().success(), "{stderr}");
    assert!(stderr.contains("in the way"), "{stderr}");
    assert_eq!(heads(&database), "aaaa00000001");
}
