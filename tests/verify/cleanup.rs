//! A run leaves nothing on the server. The next run removes what a killed run left.

use std::io::Read;

use rustix::process::{Pid, Signal, kill_process};

use super::{is_untouched, scratch};
use crate::support::{Server, ServerOptions, TestDatabase, TestProject, end_of, eventually, psql_at};

/// A project whose second script sleeps on the scratch database, and a separate server for it.
fn sleeping(server: &Server) -> (TestDatabase<'_>, TestProject) {
    let database = server.database();
    let project = TestProject::on(&database);
    project.script("aa01", "", "CREATE TABLE a (i int);", "DROP TABLE a;");
    project.script("bb01", "aa01", "SELECT pg_sleep(600);", "");
    (database, project)
}

fn sleepers(database: &TestDatabase<'_>) -> String {
    database.psql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
}

#[test]
fn success_failure_and_cancel_leave_nothing() {
    let server = Server::start(&ServerOptions::default());
    let (database, project) = sleeping(&server);
    project.run(&["verify", "aa01"]).expect_status(0);
    assert!(scratch(&database).is_empty());
    project.script("cc01", "aa01", "SELECT 1/0;", "");
    project.run(&["verify", "cc01"]).expect_status(1);
    assert!(scratch(&database).is_empty());
    let mut child = project.spawn(&["verify", "bb01"]);
    eventually("the script sleeps", 60, || sleepers(&database) == "1");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let status = end_of(&mut child, 60).expect("the process ends");
    let mut output = String::new();
    child.stderr.take().unwrap().read_to_string(&mut output).unwrap();
    assert_eq!(status.code(), Some(130), "{output}");
    assert!(output.contains("the scratch database was dropped"), "{output}");
    assert!(scratch(&database).is_empty() && is_untouched(&database));
}

#[test]
fn the_scratch_database_of_a_killed_run_is_removed_but_not_one_in_use() {
    let server = Server::start(&ServerOptions::default());
    let (database, project) = sleeping(&server);
    let mut killed = project.spawn(&["verify", "bb01"]);
    eventually("the first sleeps", 60, || sleepers(&database) == "1");
    let left = scratch(&database);
    assert_eq!(left.len(), 1);
    let mut used = project.spawn(&["verify", "bb01"]);
    eventually("the second sleeps", 60, || sleepers(&database) == "2");
    assert_eq!(scratch(&database).len(), 2);
    killed.kill().unwrap();
    killed.wait().unwrap();
    eventually("the lock of the killed run is free", 60, || {
        database.psql("SELECT count(*) FROM pg_locks WHERE objsubid = 2 AND classid = 1818848627") == "1"
    });
    // Also from another database of the server.
    let other = server.database();
    let elsewhere = TestProject::on(&other);
    elsewhere.script("aa01", "", "CREATE TABLE a (i int);", "DROP TABLE a;");
    elsewhere.run(&["verify"]).expect_status(0);
    let now = scratch(&database);
    assert!(now.len() == 1 && now != left, "{now:?}");
    assert_eq!(psql_at(&server.url(&now[0]), "SELECT 'a'::regclass").stdout, b"a\n");
    kill_process(Pid::from_child(&used), Signal::TERM).unwrap();
    assert_eq!(end_of(&mut used, 60).unwrap().code(), Some(130));
    assert!(scratch(&database).is_empty());
}

#[test]
fn the_private_server_of_a_killed_run_is_removed() {
    let server = Server::start(&ServerOptions::default());
    let (_database, project) = sleeping(&server);
    project.script("dd01", "aa01", "CREATE ROLE sleeper;\nSELECT pg_notify('here', '');\nSELECT pg_sleep(600);", "");
    let folders = || std::fs::read_dir(project.folder().join("embedded/scratch")).map_or(0, Iterator::count);
    let mut killed = project.spawn(&["verify", "dd01"]);
    let mut output = String::new();
    let mut stderr = std::io::BufReader::new(killed.stderr.take().unwrap());
    while !output.contains("Verifying dd01") {
        assert!(std::io::BufRead::read_line(&mut stderr, &mut output).unwrap() > 0, "{output}");
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(folders(), 1);
    let stopped = || {
        let below = std::fs::read_dir(project.folder().join("embedded/scratch")).unwrap().flatten().next().unwrap();
        let major = std::fs::read_dir(below.path()).unwrap().flatten().next().unwrap();
        !major.path().join("data/postmaster.pid").exists()
    };
    eventually("its server has stopped", 60, stopped);
    project.script("dd01", "aa01", "CREATE ROLE sleeper;", "DROP ROLE sleeper;");
    project.run(&["verify", "dd01"]).expect_status(0);
    assert_eq!(folders(), 0);
}
