//! Tests of the harness itself.

use std::process::Command;

use super::{Server, ServerOptions, TestProject, eventually, server};

/// The file to which the process of [`process_that_is_killed`] writes the folder of its server.
const NOTE: &str = "LIMBECK_TEST_ORPHAN_NOTE";

#[test]
fn a_database_is_empty_at_first_and_dropped_at_the_end() {
    let database = server().database();
    database.psql("CREATE TABLE a (i int, t text); INSERT INTO a VALUES (1, 'x|y'), (2, NULL)");
    assert_eq!(
        database.query("SELECT * FROM a ORDER BY 1"),
        [vec!["1".to_owned(), "x|y".to_owned()], vec!["2".to_owned(), String::new()]]
    );
    assert_eq!(database.psql("SELECT * FROM a ORDER BY 1"), "1|x|y\n2|");
    let name = database.name().to_owned();
    drop(database);
    let other = server().database();
    assert_eq!(other.psql(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'")), "0");
    assert!(!other.try_psql("SELECT 1/0").status.success());
}

#[test]
fn a_separate_server_stops_when_its_value_is_dropped() {
    let options = ServerOptions { settings: vec!["application_name = 'own'".to_owned()], ..ServerOptions::default() };
    let own = Server::start(&options);
    let folder = own.socket_folder().to_owned();
    assert_eq!(own.database().psql("SHOW application_name"), "psql");
    drop(own);
    assert!(!folder.exists());
}

#[test]
fn the_binary_runs_in_a_project() {
    let output = TestProject::new("").run(&["--version"]);
    assert!(output.status.is_some(), "{output:?}");
}

/// Not a test of its own: the process that the next test starts and kills.
#[test]
#[ignore = "runs in a process that another test starts"]
fn process_that_is_killed() {
    let path = std::env::var_os(NOTE).expect("only a_killed_test_run_leaves_no_server runs this");
    let server = Server::start(&ServerOptions::default());
    std::fs::write(path, server.socket_folder().to_str().unwrap()).unwrap();
    loop {
        std::thread::park();
    }
}

#[test]
fn a_killed_test_run_leaves_no_server() {
    let note = tempfile::NamedTempFile::new().unwrap();
    let mut run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "support::selftest::process_that_is_killed", "--ignored"])
        .env(NOTE, note.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut folder = String::new();
    eventually("the other process has a server", 60, || {
        folder = std::fs::read_to_string(note.path()).unwrap();
        !folder.is_empty()
    });
    let pid: i32 = std::fs::read_to_string(format!("{folder}/data/postmaster.pid"))
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    run.kill().unwrap();
    run.wait().unwrap();
    eventually("the folder of the server is removed", 30, || !std::path::Path::new(&folder).exists());
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    assert!(rustix::process::test_kill_process(pid).is_err(), "the server has stopped");
}
