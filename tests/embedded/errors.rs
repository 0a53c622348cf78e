//! Errors when the embedded server starts.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use limbeck::engine::connection::{EmbeddedOptions, Programs};

use super::lifecycle::{options, project, server_folder};
use super::process::{User, start};
use crate::support::{eventually, server_user};

#[test]
fn files_of_a_crashed_server_do_not_prevent_a_start() {
    let project = project();
    let user = User::of(&project);
    user.psql("CREATE TABLE kept AS SELECT 1 AS one");
    user.end();
    eventually("the server has stopped", 30, || !project.has_embedded_server());
    let folder = server_folder(&project);
    let half_made = folder.join("data.new-killed");
    fs::create_dir(&half_made).unwrap();
    // The pid of a process that is not a server: this test.
    let text = format!("{}\n/data\n1\n5432\n/tmp\n\n  1  1\nready   \n", std::process::id());
    fs::write(folder.join("data/postmaster.pid"), text).unwrap();
    let again = User::of(&project);
    assert_eq!(again.psql("SELECT one FROM kept"), "1");
    again.end();
    eventually("the server has stopped", 30, || !project.has_embedded_server());
    fs::remove_dir_all(folder.join("data")).unwrap();
    User::of(&project).end();
    assert!(!half_made.exists());
}

#[test]
fn if_the_server_does_not_start_the_error_contains_its_log() {
    let project = project();
    User::of(&project).end();
    eventually("the server has stopped", 30, || !project.has_embedded_server());
    fs::write(server_folder(&project).join("data/postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let error = User::begin(&project).error();
    assert!(error.contains("the embedded server did not start") && error.contains("no_such_setting"), "{error}");
    assert!(error.contains("hint: ") && error.contains("server.log"), "{error}");
}

#[test]
fn a_data_folder_that_cannot_be_created_is_an_error_with_its_path() {
    let mut project = project();
    let place = project.write("a-file", "");
    project.set("LIMBECK_DATA_DIR", place.to_str().unwrap());
    let error = User::begin(&project).error();
    assert!(error.contains("could not create") && error.contains("a-file"), "{error}");
}

#[test]
fn an_unreachable_data_folder_is_an_error_with_a_hint() {
    let mut project = project();
    let place = project.path("private");
    fs::create_dir(&place).unwrap();
    // If the tests run as root, the server's user cannot enter the folder; otherwise the user cannot write to it.
    let mode = if server_user().is_some() { 0o700 } else { 0o500 };
    fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
    project.set("LIMBECK_DATA_DIR", place.to_str().unwrap());
    let error = User::begin(&project).error();
    assert!(error.contains("Permission denied") && error.contains("LIMBECK_DATA_DIR"), "{error}");
}

#[test]
fn a_socket_folder_of_another_user_is_refused() {
    let project = project();
    User::of(&project).end();
    let options = options(&project);
    let socket = options.environment.socket_folder(&server_folder(&project));
    eventually("the server has stopped", 30, || !project.has_embedded_server() && !socket.exists());
    fs::create_dir(&socket).unwrap();
    if server_user().is_some() {
        std::os::unix::fs::chown(&socket, Some(12345), Some(12345)).unwrap();
    } else {
        fs::remove_dir(&socket).unwrap();
        std::os::unix::fs::symlink(project.root(), &socket).unwrap();
    }
    let error = start(&project.path("limbeck.toml"), &options).unwrap_err();
    fs::remove_dir(&socket).or_else(|_| fs::remove_file(&socket)).unwrap();
    assert!(error.message.contains("belongs to another user") && error.hint.is_some(), "{error:?}");
}

#[test]
fn missing_programs_are_an_error_with_a_hint() {
    let mut project = project();
    let empty = project.folder().join("home");
    project.set("LIMBECK_POSTGRES_BIN", empty.to_str().unwrap());
    let error = User::begin(&project).error();
    assert!(error.contains("initdb") && error.contains("hint: "), "{error}");
}

/// Succeeds with a network; without one, checks the error.
#[test]
#[ignore = "downloads a version of PostgreSQL that is not installed"]
fn a_missing_version_is_downloaded() {
    let project = project();
    let options = options(&project);
    let missing = (13..=18).rev().find(|&major| Programs::find(&options.environment, Some(major)).is_err());
    let options = EmbeddedOptions { major: missing, download: true, ..options };
    match start(&project.path("limbeck.toml"), &options) {
        Ok(server) => assert_eq!(Some(server.programs().major), missing),
        Err(error) => {
            assert!(error.message.contains("could not be downloaded"), "{error:?}");
            assert!(!error.causes.is_empty() && error.hint.is_some(), "{error:?}");
            eprintln!("{error:?}");
        }
    }
}
