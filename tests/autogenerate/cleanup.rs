//! A run leaves nothing on the server. The next run removes what a killed run left.

use rustix::process::{Pid, Signal, kill_process};

use super::{scratch, with_models};
use crate::support::{Server, ServerOptions, TestDatabase, TestProject, end_of, eventually};

const SLEEP: &str = "SELECT pg_sleep(600);";

fn sleepers(database: &TestDatabase<'_>) -> String {
    database.psql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
}

#[test]
fn a_cancelled_run_leaves_and_writes_nothing() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = with_models(&database, SLEEP);
    let mut child = project.spawn(&["revision", "--autogenerate"]);
    eventually("the models sleep", 60, || sleepers(&database) == "1");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(end_of(&mut child, 60).expect("the process ends").code(), Some(130));
    assert!(scratch(&database).is_empty() && super::scripts(&project, "versions").is_empty());
}

#[test]
fn the_scratch_database_of_a_killed_run_is_removed() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = with_models(&database, SLEEP);
    let mut child = project.spawn(&["check"]);
    eventually("the models sleep", 60, || sleepers(&database) == "1");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(scratch(&database).len(), 1);
    eventually("the lock of the killed run is free", 60, || {
        database.psql("SELECT count(*) FROM pg_locks WHERE objsubid = 2 AND classid = 1818848627") == "0"
    });
    project.write("models/schema.sql", "CREATE VIEW v AS SELECT 1 AS one;");
    project.run(&["check"]).expect_status(4);
    assert!(scratch(&database).is_empty());
}

#[test]
fn a_role_that_cannot_create_databases_uses_a_private_server() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql("CREATE ROLE plain LOGIN; ALTER SCHEMA public OWNER TO plain");
    database.psql(&format!("GRANT CREATE ON DATABASE {} TO plain", database.name()));
    let url = database.url().replace("postgres@", "plain@");
    let project = TestProject::new(&format!("[database]\nurl = \"{url}\"\n"));
    project.write("models/schema.sql", "CREATE TABLE a (i int); GRANT SELECT ON a TO postgres;");
    let output = project.run(&["revision", "--autogenerate", "-m", "a"]).expect_status(0);
    assert!(output.stderr.contains("a private server is used because no database can be created"), "{}", output.stderr);
    project.run(&["upgrade", "head"]).expect_status(0);
    project.run(&["check"]).expect_status(0);
    assert!(scratch(&database).is_empty());
    let left = std::fs::read_dir(project.folder().join("embedded/scratch")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}
