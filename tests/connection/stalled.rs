//! Servers that accept a connection and then are silent.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Server, ServerOptions, TestProject, end_of, eventually};

#[test]
fn a_silent_server_is_given_up_after_ten_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let project = TestProject::new(&format!("[database]\nurl = \"postgresql://me@127.0.0.1:{port}/app\"\n"));
    project.script("0001aaaa0000", "", "SELECT 1;", "SELECT 1;");
    // Several at once, so that the test takes ten seconds only once.
    let began = Instant::now();
    let lines = ["current", "upgrade head", "stamp head", "kept list", "drift", "doctor"];
    let mut runs = lines.map(|line| (line, project.spawn(&line.split(' ').collect::<Vec<_>>())));
    for (line, run) in &mut runs {
        let status = end_of(run, 30).unwrap_or_else(|| panic!("{line} has not ended"));
        let mut text = String::new();
        std::io::Read::read_to_string(&mut run.stderr.take().unwrap(), &mut text).unwrap();
        std::io::Read::read_to_string(&mut run.stdout.take().unwrap(), &mut text).unwrap();
        assert_eq!(status.code(), Some(1), "{line}: {text}");
        assert!(text.contains("did not answer within 10 seconds"), "{line}: {text}");
    }
    assert!(began.elapsed() >= Duration::from_secs(10));
    let url = format!("postgresql://me@127.0.0.1:{port}/app?connect_timeout=2");
    let given = project.run_within(9, &["current", "--database-url", &url]).expect_status(1);
    assert!(given.stderr.contains("did not answer within 2 seconds"), "{}", given.stderr);
    assert!(given.stderr.contains("hint: "), "{}", given.stderr);
}

/// A server whose processes are stopped until the value is dropped.
struct Stopped<'a>(&'a Server);

impl<'a> Stopped<'a> {
    fn stop(server: &'a Server) -> Self {
        signal(server, "-STOP");
        Self(server)
    }
}

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        signal(self.0, "-CONT");
    }
}

/// Sends a signal to all processes of a server.
fn signal(server: &Server, name: &str) {
    let text = std::fs::read_to_string(server.data_folder().join("postmaster.pid")).unwrap();
    let postmaster = text.lines().next().unwrap().to_owned();
    let children = Path::new("/proc").join(&postmaster).join("task").join(&postmaster).join("children");
    let children = std::fs::read_to_string(children).unwrap_or_default();
    let all = std::iter::once(postmaster.as_str()).chain(children.split_whitespace());
    // A process that has just ended is not an error.
    Command::new("kill").arg(name).args(all).stderr(Stdio::null()).status().unwrap();
}

#[test]
fn a_second_interrupt_ends_the_wait_for_a_server_that_does_not_answer() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    project.script("0001aaaa0000", "", "SELECT pg_sleep(60);", "");
    let mut run = project.spawn(&["upgrade", "head"]);
    let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    eventually("the statement runs", 20, || database.psql(sleeps) == "1");
    let stopped = Stopped::stop(&server);
    let mut lines = BufReader::new(run.stderr.take().unwrap()).lines().map(Result::unwrap);
    let interrupt = || Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    interrupt();
    let announced = lines.by_ref().find(|line| line.contains("press ^C again"));
    assert!(announced.is_some(), "the second ^C is announced");
    interrupt();
    let rest: Vec<String> = lines.collect();
    let status = end_of(&mut run, 8).expect("limbeck does not wait for the server");
    drop(stopped);
    assert_eq!(status.code(), Some(130));
    assert!(rest.iter().any(|line| line.contains("limbeck has not waited for the server")), "{rest:?}");
}
