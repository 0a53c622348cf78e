//! The UI on limbeck's own server: it is offered without a URL, and stops with the last limbeck.

use rustix::process::Signal;

use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use super::Program;
use crate::support::{TestProject, eventually, repository, server_user};

/// A project that does not name its database.
fn nowhere() -> TestProject {
    let project = TestProject::new("");
    project.script("1975ea83b712", "", "CREATE TABLE users (id bigint);", "DROP TABLE users;");
    project
}

#[track_caller]
fn server_ends(project: &TestProject) {
    eventually("the embedded server is gone", 30, || !project.has_embedded_server());
}

#[test]
fn without_a_url_limbecks_own_server_is_offered_and_needs_consent() {
    let project = nowhere();
    let screen = project.run(&["--print"]).expect_status(0).stdout;
    assert!(screen.contains("no database · o own server"), "{screen}");
    let refused = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(refused.stderr.contains("no database URL"), "{}", refused.stderr);
    assert!(std::fs::read_dir(project.folder().join("embedded")).unwrap().next().is_none(), "nothing was created");
    let mut program = Program::start(&project, &[], (120, 30));
    program.wait_for(&["no database is configured", "1975ea83"]);
    program.send("o");
    program.wait_for(&["Use limbeck's own server?", "[ Yes ]"]);
    program.send("\r");
    program.wait_for(&["local socket", "1 pending"]);
    program.send("u");
    program.wait_for(&["Plan: upgrade", "CREATE TABLE users"]);
    program.send("\r");
    program.wait_for(&["done: <base> → 1975ea83"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    server_ends(&project);
}

#[test]
fn kill_9_leaves_no_server_behind() {
    let project = nowhere();
    let mut program = Program::start(&project, &["--embedded"], (100, 30));
    program.wait_for(&["local socket", "1 pending"]);
    assert!(project.has_embedded_server());
    program.signal(Signal::KILL);
    program.end();
    server_ends(&project);
}

/// `nobody` if the tests run as root, otherwise the user who runs them.
const NOBODY: u32 = 65534;

fn give(folder: &Path, owner: u32) {
    chown(folder, Some(owner), Some(owner)).unwrap();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            give(&entry.path(), owner);
        } else {
            chown(entry.path(), Some(owner), Some(owner)).unwrap();
        }
    }
}

#[test]
fn an_ordinary_user_with_an_empty_home_sees_the_sample_project() {
    let mut project = TestProject::without_config();
    // The environment of a fresh login. Everything else is found below HOME.
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "LIMBECK_DATA_DIR"] {
        project.unset(name);
    }
    let copy = |from: &Path| {
        let copied = std::process::Command::new("cp").arg("-r").arg(from).arg(project.root()).status().unwrap();
        assert!(copied.success());
    };
    copy(&repository().join("migrations"));
    copy(Path::new(env!("CARGO_BIN_EXE_limbeck")));
    let binary = project.path("limbeck");
    let mut program = if server_user().is_some() {
        give(project.folder(), NOBODY);
        let user = NOBODY.to_string();
        let line = ["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups", binary.to_str().unwrap()];
        Program::start_program(&project, &line, (120, 40))
    } else {
        Program::start(&project, &[], (120, 40))
    };
    program.wait_for(&["51ab90de", "drop legacy"]);
    program.wait_for(&["local socket", "2 pending"]);
    let data = project.folder().join("home/.local/share/limbeck");
    let postmaster = || {
        let projects = std::fs::read_dir(&data).into_iter().flatten().flatten();
        let majors = projects.flat_map(|project| std::fs::read_dir(project.path()).into_iter().flatten().flatten());
        majors.map(|major| major.path().join("data/postmaster.pid")).find(|path| path.exists())
    };
    let owner = postmaster().expect("the server runs").metadata().unwrap().uid();
    assert_eq!(owner == NOBODY, server_user().is_some(), "the server is the user's own");
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
    eventually("the embedded server is gone", 30, || postmaster().is_none());
}
