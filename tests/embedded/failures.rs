//! What stands in a start's way, and what is said of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use limbeck::engine::connection::{EmbeddedOptions, Programs};

use super::life::{options, project, server_folder};
use super::user::{User, start};
use crate::support::{eventually, server_user};

#[test]
fn what_a_crash_left_is_no_hindrance() {
    let project = project();
    let user = User::of(&project);
    user.psql("CREATE TABLE kept AS SELECT 1 AS one");
    user.end();
    eventually("the server has stopped", 30, || !project.has_embedded_server());
    let folder = server_folder(&project);
    let half_made = folder.join("data.new-killed");
    fs::create_dir(&half_made).unwrap();
    // The number of a process that is no server: this test's own.
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
fn a_server_that_does_not_start_is_told_with_its_log() {
    let project = project();
    User::of(&project).end();
    eventually("the server has stopped", 30, || !project.has_embedded_server());
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
    assert!(error.contains("could not create") && error.contains("a-file"), "{error}");
}

#[test]
fn data_that_the_servers_user_cannot_reach_are_told_with_what_to_do() {
    if server_user().is_none() {
        // Only root's server runs as somebody else.
        return;
    }
    let mut project = project();
    let place = project.path("private");
    fs::create_dir(&place).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).unwrap();
    project.set("LIMBECK_DATA_DIR", place.to_str().unwrap());
    let error = User::begin(&project).error();
    assert!(error.contains("Permission denied") && error.contains("LIMBECK_DATA_DIR"), "{error}");
}

#[test]
fn a_socket_folder_of_somebody_else_is_refused() {
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
fn programs_that_are_missing_are_told_with_what_to_do() {
    let mut project = project();
    let empty = project.folder().join("home");
    project.set("LIMBECK_POSTGRES_BIN", empty.to_str().unwrap());
    let error = User::begin(&project).error();
    assert!(error.contains("initdb") && error.contains("hint: "), "{error}");
}

/// Needs the network to download, and no network to fail; either has to be told clearly.
#[test]
#[ignore = "downloads a version of PostgreSQL that this machine has not"]
fn a_version_that_is_missing_is_downloaded() {
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
