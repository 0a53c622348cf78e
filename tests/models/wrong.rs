//! What is told of models that the server does not take.

use super::{load, load_with};
use crate::support::{Server, ServerOptions, TestProject, eventually, server};
use crate::verify::scratch;
use limbeck::engine::ErrorKind;
use tokio_util::sync::CancellationToken;

/// Loads files (name, text) and gives the error's report.
#[track_caller]
fn refused(files: &[(&str, &str)]) -> String {
    let database = server().database();
    let project = TestProject::on(&database);
    for (name, text) in files {
        project.write(name, text);
    }
    load(&project).error().report()
}

#[track_caller]
fn says(report: &str, parts: &[&str]) {
    for part in parts {
        assert!(report.contains(part), "no {part:?} in\n{report}");
    }
}

#[test]
fn a_syntax_error_shows_its_place() {
    let report = refused(&[
        ("models/a.sql", "CREATE TABLE a (i int);\n"),
        (
            "models/b.sql",
            "-- 한글\nCREATE TABLE b (i int);\n\nCREATE TABLE c (\n    id int,\n    nam text NOT NUL\n);\n",
        ),
    ]);
    says(
        &report,
        &[
            "models/b.sql: syntax error at or near \"NUL\"",
            "models/b.sql:6:18",
            "6 |     nam text NOT NUL\n",
            "SQLSTATE 42601",
        ],
    );
    assert!(report.ends_with(&format!("  | {}^", " ".repeat(17))), "{report}");
    // In a text that goes statement by statement, too.
    says(&refused(&[("models/a.sql", "BEGIN;\nCREATE TABL a ();")]), &["models/a.sql:2:8", "near \"TABL\""]);
    let body = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETRN 1;\nEND $$;";
    says(&refused(&[("models/a.sql", body)]), &["models/a.sql:3:3", "3 |   RETRN 1;"]);
}

#[test]
fn what_lacks_something_is_told_and_what_only_follows_is_not() {
    let files = [
        ("models/a.sql", "CREATE TABLE orders (person int REFERENCES people);"),
        ("models/b.sql", "CREATE TABLE people (\n  id int PRIMARY KEY,\n  mail nosuchtype\n);"),
    ];
    says(&refused(&files), &["models/b.sql: type \"nosuchtype\" does not exist", "models/b.sql:3:8", "SQLSTATE 42704"]);
    let twice = [("models/a.sql", "CREATE TABLE a (i int);\n"), ("models/b.sql", "\n  CREATE TABLE a (i int);")];
    says(&refused(&twice), &["models/b.sql: relation \"a\" already exists", "models/b.sql:2:3"]);
    let circle = [
        ("models/a.sql", "CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES b);"),
        ("models/b.sql", "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);"),
    ];
    says(
        &refused(&circle),
        &[
            "models/a.sql: relation \"b\" does not exist",
            "the two depend on each other",
            "hint: for tables that reference",
        ],
    );
}

#[test]
fn extensions_and_roles_that_the_server_lacks_are_named() {
    let report = refused(&[("models/a.sql", "CREATE TABLE a (i int);\nCREATE EXTENSION IF NOT EXISTS nosuch_one;")]);
    says(
        &report,
        &[
            "models/a.sql: the server does not have the extension nosuch_one",
            "models/a.sql:2:1",
            "hint: install it",
            "nosuch-one",
        ],
    );
    let report = refused(&[("models/a.sql", "CREATE TABLE a (i int);\nGRANT SELECT ON a TO nosuchrole;")]);
    says(
        &report,
        &["models/a.sql: role \"nosuchrole\" does not exist", "models/a.sql:2:", "hint: create the role on the server"],
    );
}

#[test]
fn commands_of_psqls_and_missing_models_are_told() {
    says(
        &refused(&[("models/a.sql", "SELECT 1;\n\\i other.sql\n")]),
        &["\\i is a command of psql", "models/a.sql:2:1", "hint:"],
    );
    says(&refused(&[]), &["there are no models", "models/**/*.sql", "hint:"]);
    let database = server().database();
    let config = |models: &str| format!("[database]\nurl = \"{}\"\n[models]\n{models}\n", database.url());
    let project = TestProject::new(&config("sql = ['schema/*.sql']"));
    says(&load(&project).error().report(), &["no file matches 'schema/*.sql'", "hint: patterns are relative to"]);
    project.write("limbeck.toml", &config("sqlalchemy = { metadata = 'a:b' }"));
    says(&load(&project).error().report(), &["not supported in this version", "program = "]);
    project.write("limbeck.toml", &config("sql = ['a.sql']\nprogram = ['b']"));
    says(&load(&project).error().report(), &["more than one source"]);
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
    // At every turn.
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
    assert!(!load(&project).is_from_cache(), "nothing was kept");
}
