//! Starting and stopping the embedded server, and killing its processes.

use std::fs;
use std::path::{Path, PathBuf};

use limbeck::engine::connection::{EmbeddedOptions, HostEnvironment};
use rustix::process::{Pid, Signal, kill_process};

use super::process::{User, start};
use crate::support::{TestProject, eventually, programs_for_limbeck, server_user};

/// How soon a server stops after its last user ends, in seconds.
const SECONDS: u64 = 30;

pub fn project() -> TestProject {
    let project = TestProject::new("[database]\nembedded = true\n");
    fs::create_dir(project.path("notes")).unwrap();
    project
}

/// The options for starting a server from this process, with the project's folders.
pub fn options(project: &TestProject) -> EmbeddedOptions {
    let environment = HostEnvironment {
        data: Some(PathBuf::from(&project.environment()["LIMBECK_DATA_DIR"])),
        postgres_programs: programs_for_limbeck(),
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

/// The pid of the project's server.
fn postmaster(project: &TestProject) -> Pid {
    let text = fs::read_to_string(server_folder(project).join("data/postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap()
}

/// The pid of the supervisor of the project's server.
fn supervisor(project: &TestProject) -> Option<Pid> {
    let folder = server_folder(project);
    fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let arguments = fs::read(entry.path().join("cmdline")).ok()?;
        let arguments = String::from_utf8_lossy(&arguments).into_owned();
        let mine = arguments.contains("\0__supervise\0") && arguments.contains(folder.to_str()?);
        mine.then(|| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))?
    })
}

fn has_ended(pid: Pid) -> bool {
    let process = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
    let stat = fs::read_to_string(process.join("stat"));
    // A zombie counts as ended once its last thread has released its locks.
    let threads = fs::read_dir(process.join("task")).map_or(0, Iterator::count);
    stat.is_ok_and(|stat| stat.contains(") Z ")) && threads <= 1 || rustix::process::test_kill_process(pid).is_err()
}

#[track_caller]
fn assert_nothing_is_left(project: &TestProject, url: &str) {
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
fn a_server_stops_with_its_user() {
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
    assert_nothing_is_left(&project, &url);
    assert!(has_ended(pid));
    let again = User::of(&project);
    assert_eq!(again.psql("SELECT one FROM kept"), "1");
    assert!(again.is_new, "it was not marked as ready");
    again.end();
    assert_nothing_is_left(&project, &url);
}

#[test]
fn a_database_is_new_until_it_is_marked_as_ready() {
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
    assert!(start(&config, &options).unwrap().is_new(), "its data were removed");
}

#[test]
fn two_processes_that_start_at_the_same_time_share_one_server() {
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
    assert_nothing_is_left(&project, &url);
    assert!(has_ended(pid));
}

#[test]
fn a_new_user_waits_for_a_server_that_is_stopping() {
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
fn a_server_without_a_supervisor_gets_a_new_one() {
    let project = project();
    let first = User::of(&project);
    let (pid, killed) = (postmaster(&project), supervisor(&project).unwrap());
    kill_process(killed, Signal::KILL).unwrap();
    eventually("the supervisor has ended", SECONDS, || has_ended(killed));
    assert_eq!(first.psql("SELECT 1"), "1");
    let second = User::of(&project);
    assert_eq!(postmaster(&project), pid);
    first.end();
    assert_eq!(second.psql("SELECT 1"), "1");
    let url = second.url.clone();
    second.kill();
    assert_nothing_is_left(&project, &url);
    assert!(has_ended(pid));
}

#[test]
fn the_last_user_stops_a_server_without_a_supervisor() {
    let project = project();
    let user = User::of(&project);
    let killed = supervisor(&project).unwrap();
    kill_process(killed, Signal::KILL).unwrap();
    eventually("the supervisor has ended", SECONDS, || has_ended(killed));
    let url = user.url.clone();
    user.end();
    assert_nothing_is_left(&project, &url);
}

#[test]
fn a_project_recovers_if_all_processes_are_killed() {
    let project = project();
    let user = User::of(&project);
    user.psql("CREATE TABLE kept AS SELECT 1 AS one");
    let (server, killed) = (postmaster(&project), supervisor(&project).unwrap());
    kill_process(killed, Signal::KILL).unwrap();
    kill_process(server, Signal::KILL).unwrap();
    eventually("the server has ended", SECONDS, || has_ended(server));
    user.kill();
    let again = User::of(&project);
    assert_ne!(postmaster(&project), server);
    assert_eq!(again.psql("SELECT one FROM kept"), "1");
    again.end();
}

#[test]
fn a_server_that_was_killed_is_started_again_for_the_next_user() {
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
fn an_ordinary_user_can_use_the_embedded_server() {
    let project = project();
    // If the tests run as root, the process runs as `nobody`; otherwise as the user of the tests.
    let nobody = server_user().map(|(_, gid)| (65534, gid));
    for folder in ["embedded", "run", "home", "data", "project", "project/notes"] {
        if let Some((uid, gid)) = nobody {
            std::os::unix::fs::chown(project.folder().join(folder), Some(uid), Some(gid)).unwrap();
        }
    }
    let (test, supervisor) = (project.folder().join("test"), project.folder().join("limbeck"));
    fs::copy(std::env::current_exe().unwrap(), &test).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_limbeck"), &supervisor).unwrap();
    let user = User::begin_with(&project, &test, &supervisor, nobody).server();
    assert!(user.url.contains(project.folder().join("run").to_str().unwrap()), "{}", user.url);
    assert_eq!(user.psql("SELECT 1"), "1");
    let url = user.url.clone();
    user.kill();
    assert_nothing_is_left(&project, &url);
}
