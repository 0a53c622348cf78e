//! Models from a program.

use std::os::unix::fs::PermissionsExt;

use super::{has_table, load, load_with};
use crate::support::{TestDatabase, TestProject, server};
use limbeck::engine::ErrorKind;
use tokio_util::sync::CancellationToken;

/// A project with the models program `./print-ddl`.
fn project(database: &TestDatabase<'_>, script: &str) -> TestProject {
    let config = format!("[database]\nurl = \"{}\"\n[models]\nprogram = [\"./print-ddl\", \"a b\"]\n", database.url());
    let project = TestProject::new(&config);
    let path = project.write("print-ddl", &format!("#!/bin/sh\necho ran >> ran\n{script}\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    project
}

fn load_with_confirmation(project: &TestProject) -> super::Loaded {
    load_with(project, true, &CancellationToken::new(), &|_| {})
}

#[test]
fn the_program_runs_after_a_confirmation_which_is_saved() {
    let database = server().database();
    let project = project(&database, "echo \"CREATE TABLE t (note text DEFAULT '$1');\"; pwd >&2");
    let error = load(&project).error();
    assert_eq!(error.kind, ErrorKind::Approval);
    assert!(error.message.contains("./print-ddl 'a b'") && error.hint.unwrap().contains("--yes"));
    assert!(!project.path("ran").exists(), "the program does not run without a confirmation");
    let models = load_with_confirmation(&project).models();
    assert!(has_table(&models, "t"));
    assert_eq!(models.schema.table("public", "t").unwrap().columns[0].default.as_deref(), Some("'a b'::text"));
    let again = load(&project);
    assert!(again.is_from_cache());
    assert_eq!(project.read("ran"), "ran\nran\n", "the program runs every time because its output is the cache key");
    // Another program needs another confirmation.
    let config = project.read("limbeck.toml").replace("a b", "c");
    project.write("limbeck.toml", &config);
    assert_eq!(load(&project).error().kind, ErrorKind::Approval);
}

#[test]
fn a_program_that_has_changed_needs_another_confirmation() {
    let database = server().database();
    let project = project(&database, "cat tables.sql");
    project.write("tables.sql", "CREATE TABLE t (i int);");
    load_with_confirmation(&project).models();
    assert!(load(&project).is_from_cache());
    project.write("tables.sql", "CREATE TABLE u (i int);");
    assert!(has_table(&load(&project).models(), "u"), "what the program reads may change");
    let ran = project.read("ran");
    let script = project.read("print-ddl").replace("echo ran", "true; echo ran");
    project.write("print-ddl", &script);
    let error = load(&project).error();
    assert_eq!(error.kind, ErrorKind::Approval);
    assert!(error.report().contains("has changed since it was allowed"), "{error:?}");
    assert_eq!(project.read("ran"), ran, "the changed program does not run");
    load_with_confirmation(&project).models();
    load(&project).models();
}

#[test]
fn errors_of_the_program_and_in_its_output_are_reported() {
    let database = server().database();
    let failing = project(&database, "echo 'ModuleNotFoundError: app' >&2; exit 2");
    let report = load_with_confirmation(&failing).error().report();
    assert!(
        report.contains("./print-ddl failed: exit status: 2") && report.contains("ModuleNotFoundError: app"),
        "{report}"
    );
    let wrong = project(&database, "echo; echo 'CREATE TABLE a (i int);'; echo ' CREATE TABLE b (i nosuch);'");
    let report = load_with_confirmation(&wrong).error().report();
    assert!(report.contains("output of ./print-ddl:3:20"), "{report}");
    assert!(report.contains("3 |  CREATE TABLE b (i nosuch)"), "{report}");
}

#[test]
fn a_cancel_ends_the_program() {
    let database = server().database();
    let project = project(&database, "sleep 600");
    let cancel = CancellationToken::new();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| load_with(&project, true, &cancel, &|_| {}).error());
        crate::support::eventually("the program runs", 60, || project.path("ran").exists());
        cancel.cancel();
        assert_eq!(running.join().unwrap().kind, ErrorKind::Interrupted);
    });
}
