//! Errors in models.

use super::{load, load_with};
use crate::support::{Server, ServerOptions, TestProject, eventually, server};
use crate::verify::scratch;
use limbeck::engine::ErrorKind;
use tokio_util::sync::CancellationToken;

/// Loads files (name, text) and returns the report of the error.
#[track_caller]
fn error_report(files: &[(&str, &str)]) -> String {
    let database = server().database();
    let project = TestProject::on(&database);
    for (name, text) in files {
        project.write(name, text);
    }
    load(&project).error().report()
}

#[track_caller]
fn assert_contains(report: &str, parts: &[&str]) {
    for part in parts {
        assert!(report.contains(part), "no {part:?} in\n{report}");
    }
}

#[test]
fn a_syntax_error_is_shown_with_its_position() {
    let report = error_report(&[
        ("models/a.sql", "CREATE TABLE a (i int);\n"),
        (
            "models/b.sql",
            "-- 한글\nCREATE TABLE b (i int);\n\nCREATE TABLE c (\n    id int,\n    nam text NOT NUL\n);\n",
        ),
    ]);
    assert_contains(
        &report,
        &[
            "models/b.sql: syntax error at or near \"NUL\"",
            "models/b.sql:6:18",
            "6 |     nam text NOT NUL\n",
            "SQLSTATE 42601",
        ],
    );
    assert!(report.ends_with(&format!("  | {}^", " ".repeat(17))), "{report}");
    // Also in a text that is loaded statement by statement.
    assert_contains(
        &error_report(&[("models/a.sql", "BEGIN;\nCREATE TABL a ();")]),
        &["models/a.sql:2:8", "near \"TABL\""],
    );
    let body = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETRN 1;\nEND $$;";
    assert_contains(&error_report(&[("models/a.sql", body)]), &["models/a.sql:3:3", "3 |   RETRN 1;"]);
}

#[test]
fn a_missing_object_is_reported_and_its_consequences_are_not() {
    let files = [
        ("models/a.sql", "CREATE TABLE orders (person int REFERENCES people);"),
        ("models/b.sql", "CREATE TABLE people (\n  id int PRIMARY KEY,\n  mail nosuchtype\n);"),
    ];
    assert_contains(
        &error_report(&files),
        &["models/b.sql: type \"nosuchtype\" does not exist", "models/b.sql:3:8", "SQLSTATE 42704"],
    );
    let twice = [("models/a.sql", "CREATE TABLE a (i int);\n"), ("models/b.sql", "\n  CREATE TABLE a (i int);")];
    assert_contains(&error_report(&twice), &["models/b.sql: relation \"a\" already exists", "models/b.sql:2:3"]);
    let circle = [
        ("models/a.sql", "CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES b);"),
        ("models/b.sql", "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);"),
    ];
    assert_contains(
        &error_report(&circle),
        &[
            "models/a.sql: relation \"b\" does not exist",
            "the two depend on each other",
            "hint: for tables that reference",
        ],
    );
}

#[test]
fn missing_extensions_and_roles_are_named() {
    let report =
        error_report(&[("models/a.sql", "CREATE TABLE a (i int);\nCREATE EXTENSION IF NOT EXISTS nosuch_one;")]);
    assert_contains(
        &report,
        &[
            "models/a.sql: the server does not have the extension nosuch_one",
            "models/a.sql:2:1",
            "hint: install it",
            "nosuch-one",
        ],
    );
    let report = error_report(&[("models/a.sql", "CREATE TABLE a (i int);\nGRANT SELECT ON a TO nosuchrole;")]);
    assert_contains(
        &report,
        &["models/a.sql: role \"nosuchrole\" does not exist", "models/a.sql:2:", "hint: create the role on the server"],
    );
}

#[test]
fn psql_commands_and_missing_models_are_errors() {
    assert_contains(
        &error_report(&[("models/a.sql", "SELECT 1;\n\\i other.sql\n")]),
        &["\\i is a command of psql", "models/a.sql:2:1", "hint:"],
    );
    assert_contains(&error_report(&[]), &["there are no models", "models/**/*.sql", "hint:"]);
    let database = server().database();
    let config = |models: &str| format!("[database]\nurl = \"{}\"\n[models]\n{models}\n", database.url());
    let project = TestProject::new(&config("sql = ['schema/*.sql']"));
    assert_contains(
        &load(&project).error().report(),
        &["no file matches 'schema/*.sql'", "hint: patterns are relative to"],
    );
    project.write("limbeck.toml", &config("sqlalchemy = { metadata = 'a:b' }"));
    assert_contains(&load(&project).error().report(), &["limbeck needs the project's Python", "--yes"]);
    project.write("limbeck.toml", &config("sql = ['a.sql']\nprogram = ['b']"));
    assert_contains(&load(&project).error().report(), &["more than one source"]);
}

#[test]
fn a_cancel_leaves_no_scratch_database() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    project.write("models/a.sql", "CREATE TABLE a (i int);\nSELECT pg_sleep(600);");
    let cancel = CancellationToken::new();
    let error = std::thread::scope(|scope| {
        let running = scope.spawn(|| load_with(&project, false, &cancel, &|_| {}).error());
        let sleepers = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        eventually("the models sleep", 60, || database.psql(sleepers) == "1");
        assert_eq!(scratch(&database).len(), 1);
        cancel.cancel();
        running.join().unwrap()
    });
    assert_eq!(error.kind, ErrorKind::Interrupted);
    assert!(scratch(&database).is_empty());
    // At every stage.
    project.write("models/a.sql", "CREATE TABLE a (i int);");
    for turn in 0..3 {
        let (cancel, seen) = (CancellationToken::new(), std::sync::atomic::AtomicUsize::new(0));
        let loaded = load_with(&project, false, &cancel, &|_| {
            if seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == turn {
                cancel.cancel();
            }
        });
        assert_eq!(loaded.error().kind, ErrorKind::Interrupted, "{turn}");
        assert!(scratch(&database).is_empty());
    }
    assert!(!load(&project).is_from_cache(), "nothing was cached");
}
