//! Tests of the harness itself.

use std::process::Command;

use super::{Action, Proxy, Server, ServerOptions, TestProject, eventually, psql_at, server};

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

#[test]
fn the_proxy_forwards_and_cuts_at_the_chosen_message() {
    let server: &Server = server();
    let database = server.database();
    let proxy =
        Proxy::start(server, |message| if message.sends("'stop'") { Action::CutBefore } else { Action::Forward });
    let url = proxy.url(database.name());
    assert!(psql_at(&url, "SELECT 1").status.success());
    let seen = proxy.messages();
    assert!(seen > 5, "{seen}");
    assert!(!psql_at(&url, "CREATE TABLE stop AS SELECT 'stop'").status.success());
    assert_eq!(database.psql("SELECT to_regclass('stop') IS NULL"), "t");
    assert_eq!(proxy.connections(), 2);

    let cut_after = Proxy::start(server, |message| match message.sends("CREATE TABLE") {
        true => Action::Strand,
        false => Action::Forward,
    });
    assert!(!psql_at(&cut_after.url(database.name()), "CREATE TABLE sent (a int)").status.success());
    eventually("the server has run the statement", 20, || {
        database.psql("SELECT to_regclass('sent') IS NOT NULL") == "t"
    });
    let stranded =
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE sent%' AND datname = current_database()";
    assert_eq!(database.psql(stranded), "1");
    cut_after.release();
    eventually("the session has ended", 20, || database.psql(stranded) == "0");
}
