//! What stands in a start's way, and what is said of it.

use std::fs;

use super::life::{project, server_folder};
use super::user::User;

#[test]
fn what_a_crash_left_is_no_hindrance() {
    let project = project();
    let user = User::of(&project);
    user.psql("CREATE TABLE kept AS SELECT 1 AS one");
    user.end();
    crate::support::eventually("the server has stopped", 30, || !project.has_embedded_server());
    let folder = server_folder(&project);
    let half_made = folder.join("data.new-killed");
    fs::create_dir(&half_made).unwrap();
    // The number of a process that is no server: this test's own.
    let text = format!("{}\n/data\n1\n5432\n/tmp\n\n  1  1\nready   \n", std::process::id());
    fs::write(folder.join("data/postmaster.pid"), text).unwrap();
    let again = User::of(&project);
    assert_eq!(again.psql("SELECT one FROM kept"), "1");
    again.end();
    crate::support::eventually("the server has stopped", 30, || !project.has_embedded_server());
    fs::remove_dir_all(folder.join("data")).unwrap();
    User::of(&project).end();
    assert!(!half_made.exists());
}

#[test]
fn a_server_that_does_not_start_is_told_with_its_log() {
    let project = project();
    User::of(&project).end();
    crate::support::eventually("the server has stopped", 30, || !project.has_embedded_server());
    fs::write(server_folder(&project).join("data/postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let error = User::begin(&project).error();
    assert!(error.contains("the embedded server did not start") && error.contains("no_such_setting"), "{error}");
    assert!(error.contains("hint: ") && error.contains("server.log"), "{error}");
}

#[test]
fn data_that_cannot_be_made_are_told_with_the_place() {
    let mut project = project();
    let place = project.write("a-file", "");
    project.set("LIMBECK_DATA_DIR", place.to_str().unwrap());
    let error = User::begin(&project).error();
    assert!(error.contains("could not make") && error.contains("a-file"), "{error}");
}

#[test]
fn programs_that_are_missing_are_told_with_what_to_do() {
    let mut project = project();
    let empty = project.folder().join("home");
    project.set("LIMBECK_POSTGRES_BIN", empty.to_str().unwrap());
    let error = User::begin(&project).error();
    assert!(error.contains("initdb") && error.contains("hint: "), "{error}");
}
