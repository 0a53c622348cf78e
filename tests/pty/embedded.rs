//! The UI on limbeck's own server: offered where there is no URL, and gone with the last limbeck.

use rustix::process::Signal;

use super::Program;
use crate::support::{TestProject, eventually};

/// A project that does not say where its database is.
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
fn without_a_url_limbecks_own_server_is_offered_and_never_taken_unasked() {
    let project = nowhere();
    let screen = project.run(&["--print"]).expect_status(0).stdout;
    assert!(screen.contains("no database · o own server"), "{screen}");
    let refused = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(refused.stderr.contains("no database URL"), "{}", refused.stderr);
    assert!(std::fs::read_dir(project.folder().join("embedded")).unwrap().next().is_none(), "nothing was made");
    let mut program = Program::start(&project, &[], (120, 30));
    program.wait_for(&["nothing says where the database is", "1975ea83"]);
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
