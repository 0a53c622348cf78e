//! Sessions that block a run: their role, application and query are hostile.

use std::io::Read;
use std::process::{Command, Stdio};

use super::assert_harmless;
use super::project::{HostileDatabase, one_line, project, quoted, script};
use crate::support::{TestProject, end_of, eventually, program};

/// Starts a session that locks the table until it is terminated.
fn lock_table(database: &HostileDatabase) -> std::process::Child {
    let role = quoted("r");
    database.psql(&format!(
        "DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    let evil = one_line("query");
    let sql = format!("BEGIN; /* {evil} */ LOCK TABLE {}; SELECT pg_sleep(600) /* {evil} */", quoted("t"));
    let user = super::project::name("r");
    Command::new(program("psql"))
        .args(["-X", "-q", "-c", &sql, &database.url().replace("postgres@", "")])
        .env_clear()
        .env("PGUSER", user)
        .env("PGAPPNAME", one_line("app"))
        .env("PGCLIENTENCODING", "UTF8")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs until it is blocked, then terminates the blocking session. Returns standard output and standard error.
fn run_blocked(database: &HostileDatabase, project: &TestProject, words: &[&str]) -> (String, String) {
    let mut blocker = lock_table(database);
    let sleeping =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    eventually("the blocking session sleeps", 60, || database.psql(sleeping) == "1");
    let mut run = project.spawn(words);
    let mut stderr = run.stderr.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        text
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = 'limbeck migrate'";
    eventually("the run is blocked", 60, || database.psql(waiting) != "0");
    eventually("the run has a lock timeout", 60, || database.psql(waiting) == "0");
    database.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    assert!(end_of(&mut run, 60).is_some(), "{words:?}");
    blocker.wait().unwrap();
    let mut stdout = String::new();
    run.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    database.psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}", role = quoted("r")));
    (stdout, reading.join().unwrap())
}

#[test]
fn a_blocking_session_is_shown_without_unsafe_characters() {
    let database = HostileDatabase::create("block");
    let project = project(&database);
    let config = project.read("limbeck.toml") + "[apply]\nlock_timeout = \"500ms\"\n";
    project.write("limbeck.toml", &config);
    project.run(&["upgrade", "+1"]).expect_status(0);
    script(
        &project,
        ("aaaa00000002", "aaaa00000001"),
        &format!("ALTER TABLE {} ADD COLUMN x int;", quoted("t")),
        "SELECT 1;",
    );
    let words = ["upgrade", "aaaa00000002", "-v"];
    let (stdout, stderr) = run_blocked(&database, &project, &words);
    assert_harmless("standard output", &stdout);
    assert_harmless("standard error", &stderr);
    assert!(stderr.contains("pg_sleep(600)") || stderr.contains("query \\x1B[2J"), "the query is shown:\n{stderr}");
}
