//! Cancelled and killed runs, lost connections: heads and schema always agree.

use std::process::Command;

use super::{fresh, heads, ledger};
use crate::support::{TestDatabase, TestProject, end_of, eventually};

const SLEEP: &str = "CREATE TABLE one (id int);\nSELECT pg_sleep(30);";

fn sleeping(database: &TestDatabase<'_>) -> bool {
    database.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()")
        != "0"
}

fn signal(project: &TestProject, database: &TestDatabase<'_>, name: &str) -> (Option<i32>, String) {
    let mut run = project.spawn(&["upgrade", "head"]);
    eventually("the statement runs", 20, || sleeping(database));
    assert!(Command::new("kill").args([name, &run.id().to_string()]).status().unwrap().success());
    let status = end_of(&mut run, 20).expect("the process ends");
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut run.stderr.take().unwrap(), &mut stderr).unwrap();
    (status.code(), stderr)
}

#[test]
fn an_interrupt_cancels_on_the_server_and_reports_the_rollback() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", SLEEP, "");
    let (status, stderr) = signal(&project, &database, "-INT");
    assert_eq!(status, Some(130), "{stderr}");
    assert!(stderr.contains("cancelled and rolled back; the database is at base"), "{stderr}");
    eventually("the statement has ended on the server", 20, || !sleeping(&database));
    assert_eq!(ledger(&database), ["upgrade aaaa00000001 interrupted"]);
    assert_eq!(database.psql("SELECT to_regclass('one') IS NULL"), "t");
}

#[test]
fn a_termination_cancels_on_the_server_too() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", SLEEP, "");
    let (_, stderr) = signal(&project, &database, "-TERM");
    eventually(&format!("the statement has ended on the server: {stderr}"), 20, || !sleeping(&database));
    assert_eq!(heads(&database), "");
    assert_eq!(database.psql("SELECT to_regclass('one') IS NULL"), "t");
}

#[test]
fn the_next_run_after_a_kill_waits_for_the_old_backend_and_closes_its_ledger_row() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", SLEEP, "");
    let (status, _) = signal(&project, &database, "-KILL");
    assert_eq!(status, None);
    let refused = project.run(&["upgrade", "head", "--no-wait"]);
    assert_eq!(refused.status, Some(5), "{}", refused.stderr);
    assert!(refused.stderr.contains("still works on revision aaaa00000001"), "{}", refused.stderr);
    database.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()");
    project.script("aaaa00000001", "", "CREATE TABLE one (id int);", "");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(ledger(&database), ["upgrade aaaa00000001 interrupted", "upgrade aaaa00000001 done"]);
}

#[test]
fn a_lost_connection_rolls_everything_back() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", SLEEP, "");
    let mut run = project.spawn(&["upgrade", "head"]);
    eventually("the statement runs", 20, || sleeping(&database));
    database.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()");
    assert_eq!(end_of(&mut run, 20).unwrap().code(), Some(1));
    assert_eq!(heads(&database), "");
    assert_eq!(database.psql("SELECT to_regclass('one') IS NULL"), "t");
}

#[test]
fn a_role_that_cannot_create_a_ledger_works_without_one_and_is_warned() {
    let (database, project) = fresh();
    let role = format!("poor_{}", database.name());
    database.psql(&format!(
        "CREATE ROLE {role} LOGIN; CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
         ALTER TABLE alembic_version OWNER TO {role}; CREATE TABLE t (a int); ALTER TABLE t OWNER TO {role};
         REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    ));
    project.script("aaaa00000001", "", "ALTER TABLE t ADD b int;", "");
    let config = project.read("limbeck.toml") + &format!("[apply]\nrole = \"{role}\"\n");
    project.write("limbeck.toml", &config);
    let run = project.run(&["upgrade", "head"]).expect_status(0);
    assert!(run.stderr.contains("limbeck runs without a ledger"), "{}", run.stderr);
    assert_eq!(heads(&database), "aaaa00000001");
    database.psql(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
}
