//! Starts, users that come and go, and kills.

use std::fs;
use std::path::{Path, PathBuf};

use limbeck::engine::connection::{EmbeddedOptions, HostEnvironment};
use rustix::process::{Pid, Signal, kill_process};

use super::user::{User, start};
use crate::support::{TestProject, eventually, server_user};

/// How soon a server is gone after its last user.
const SECONDS: u64 = 30;

pub fn project() -> TestProject {
    let project = TestProject::new("[database]\nembedded = true\n");
    fs::create_dir(project.path("notes")).unwrap();
    project
}

/// The options for a start from this process, with the project's folders.
pub fn options(project: &TestProject) -> EmbeddedOptions {
    let environment = HostEnvironment {
        data: Some(PathBuf::from(&project.environment()["LIMBECK_DATA_DIR"])),
        postgres_programs: std::env::var_os("LIMBECK_TEST_PG_BIN").map(PathBuf::from),
        ..HostEnvironment::of_process()
    };
    let supervisor = Some(env!("CARGO_BIN_EXE_limbeck").into());
    EmbeddedOptions { environment, major: None, supervisor, download: false }
}

/// The folder of the project's only server.
pub fn server_folder(project: &TestProject) -> PathBuf {
    let one = |folder: &Path| fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    one(&one(&project.folder().join("embedded")))
}

/// The process of the project's server.
fn postmaster(project: &TestProject) -> Pid {
    let text = fs::read_to_string(server_folder(project).join("data/postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap()
}

/// The supervisor: the process that was given this project's order.
fn supervisor(project: &TestProject) -> Option<Pid> {
    let folder = server_folder(project);
    fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let arguments = fs::read(entry.path().join("cmdline")).ok()?;
        let arguments = String::from_utf8_lossy(&arguments).into_owned();
        let mine = arguments.contains("\0__supervise\0") && arguments.contains(folder.to_str()?);
        mine.then(|| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))?
    })
}

fn is_gone(pid: Pid) -> bool {
    let process = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
    let stat = fs::read_to_string(process.join("stat"));
    // A process that nobody has reaped yet is gone too, once its last thread has let go of its locks.
    let threads = fs::read_dir(process.join("task")).map_or(0, Iterator::count);
    stat.is_ok_and(|stat| stat.contains(") Z ")) && threads <= 1 || rustix::process::test_kill_process(pid).is_err()
}

#[track_caller]
fn nothing_is_left(project: &TestProject, url: &str) {
    let socket = url.split("host=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let left = || {
        let (server, supervisor) = (project.has_embedded_server(), supervisor(project));
        let socket = Path::new(&socket).exists();
        (server || supervisor.is_some() || socket).then_some((server, supervisor, socket))
    };
    let gone = std::panic::catch_unwind(|| eventually("the server has stopped", SECONDS, || left().is_none()));
    assert!(
        gone.is_ok(),
        "server, supervisor, socket: {:?}\n{}",
        left(),
        fs::read_to_string(server_folder(project).join("server.log")).unwrap_or_default()
    );
}

#[test]
fn a_server_lives_as_long_as_its_user() {
    let project = project();
    let user = User::of(&project);
    assert!(user.is_new);
    assert_eq!(user.psql("SELECT current_user || ' ' || current_database()"), "postgres limbeck");
    assert_eq!(user.psql("SHOW server_encoding"), "UTF8");
    assert_eq!(user.psql("SHOW listen_addresses"), "");
    assert_eq!(user.psql("SELECT usesuper FROM pg_user WHERE usename = current_user"), "t");
    user.psql("CREATE TABLE kept AS SELECT 1 AS one");
    let (pid, url) = (postmaster(&project), user.url.clone());
    user.end();
    nothing_is_left(&project, &url);
    assert!(is_gone(pid));
    let again = User::of(&project);
    assert_eq!(again.psql("SELECT one FROM kept"), "1");
    assert!(again.is_new, "nobody has marked it as ready");
    again.end();
    nothing_is_left(&project, &url);
}

#[test]
fn a_database_is_new_until_it_is_marked() {
    let project = project();
    let options = options(&project);
    let config = project.path("limbeck.toml");
    let first = start(&config, &options).unwrap();
    let second = start(&config, &options).unwrap();
    assert!(first.is_new() && second.is_new());
    assert_eq!(first.url(), second.url());
    assert!(first.version().starts_with(&first.programs().major.to_string()));
    first.mark_ready().unwrap();
    assert!(!start(&config, &options).unwrap().is_new());
    drop(first);
    assert!(project.has_embedded_server());
    drop(second);
    eventually("the server has stopped", SECONDS, || !project.has_embedded_server());
    fs::remove_dir_all(server_folder(&project).join("data")).unwrap();
    assert!(start(&config, &options).unwrap().is_new(), "its data were thrown away");
}

#[test]
fn two_that_start_at_once_share_one_server() {
    let project = project();
    let (one, two) = (User::begin(&project), User::begin(&project));
    let (one, two) = (one.server(), two.server());
    assert_eq!(one.url, two.url);
    let pid = postmaster(&project);
    let third = User::of(&project);
    assert!(third.milliseconds < 2000, "a server that runs is found quickly, not in {} ms", third.milliseconds);
    third.end();
    one.end();
    assert_eq!(two.psql("SELECT 1"), "1");
    assert_eq!(postmaster(&project), pid);
    let url = two.url.clone();
    two.kill();
    nothing_is_left(&project, &url);
    assert!(is_gone(pid));
}

#[test]
fn a_newcomer_waits_for_a_server_that_is_being_stopped() {
    let project = project();
    let mut user = User::of(&project);
    for round in 0..6 {
        if round % 2 == 0 {
            user.end();
        } else {
            user.kill();
        }
        user = User::of(&project);
        assert_eq!(user.psql("SELECT 1"), "1");
    }
    user.end();
}

#[test]
fn a_server_whose_supervisor_was_killed_is_adopted() {
    let project = project();
    let first = User::of(&project);
    let (pid, killed) = (postmaster(&project), supervisor(&project).unwrap());
    kill_process(killed, Signal::KILL).unwrap();
    eventually("the supervisor is gone", SECONDS, || is_gone(killed));
    assert_eq!(first.psql("SELECT 1"), "1");
    let second = User::of(&project);
    assert_eq!(postmaster(&project), pid);
    first.end();
    assert_eq!(second.psql("SELECT 1"), "1");
    let url = second.url.clone();
    second.kill();
    nothing_is_left(&project, &url);
    assert!(is_gone(pid));
}

#[test]
fn the_last_user_stops_a_server_without_supervisor() {
    let project = project();
    let user = User::of(&project);
    let killed = supervisor(&project).unwrap();
    kill_process(killed, Signal::KILL).unwrap();
    eventually("the supervisor is gone", SECONDS, || is_gone(killed));
    let url = user.url.clone();
    user.end();
    nothing_is_left(&project, &url);
}

#[test]
fn everything_killed_at_once_is_recovered() {
    let project = project();
    let user = User::of(&project);
    user.psql("CREATE TABLE kept AS SELECT 1 AS one");
    let (server, killed) = (postmaster(&project), supervisor(&project).unwrap());
    kill_process(killed, Signal::KILL).unwrap();
    kill_process(server, Signal::KILL).unwrap();
    eventually("the server is gone", SECONDS, || is_gone(server));
    user.kill();
    let again = User::of(&project);
    assert_ne!(postmaster(&project), server);
    assert_eq!(again.psql("SELECT one FROM kept"), "1");
    again.end();
}

#[test]
fn a_server_that_died_under_its_user_comes_back_for_the_next() {
    let project = project();
    let user = User::of(&project);
    kill_process(postmaster(&project), Signal::KILL).unwrap();
    let next = User::of(&project);
    assert_eq!(next.psql("SELECT 1"), "1");
    assert_eq!(user.psql("SELECT 1"), "1", "at the same address");
    user.end();
    next.end();
}

#[test]
fn an_ordinary_user_has_a_server_too() {
    let project = project();
    let Some((_, gid)) = server_user() else {
        // The tests run as an ordinary user: all the others have shown it.
        User::of(&project).end();
        return;
    };
    let nobody = (65534, gid);
    for folder in ["embedded", "run", "home", "data", "project", "project/notes"] {
        std::os::unix::fs::chown(project.folder().join(folder), Some(nobody.0), Some(nobody.1)).unwrap();
    }
    let (test, supervisor) = (project.folder().join("test"), project.folder().join("limbeck"));
    fs::copy(std::env::current_exe().unwrap(), &test).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_limbeck"), &supervisor).unwrap();
    let user = User::begin_with(&project, &test, &supervisor, Some(nobody)).server();
    assert!(user.url.contains(project.folder().join("run").to_str().unwrap()), "{}", user.url);
    assert_eq!(user.psql("SELECT 1"), "1");
    let url = user.url.clone();
    user.kill();
    nothing_is_left(&project, &url);
}
