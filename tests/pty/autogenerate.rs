//! Autogenerate in the UI on a real server: from the key to the file, and cancelling.

use std::os::unix::fs::PermissionsExt;

use super::Program;
use crate::support::{Server, ServerOptions, TestDatabase, TestProject, eventually, server};

const TABLE: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);";
const RENAMED: &str = "CREATE TABLE users (id bigint PRIMARY KEY, full_name text NOT NULL, phone text);";

fn with_models(database: &TestDatabase<'_>, models: &str) -> TestProject {
    let project = TestProject::on(database);
    project.write("models/schema.sql", models);
    project
}

/// The number of scratch databases on a server.
fn scratch(database: &TestDatabase<'_>) -> String {
    database.psql("SELECT count(*) FROM pg_database WHERE datname LIKE 'limbeck\\_scratch\\_%'")
}

fn files(project: &TestProject, folder: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(project.path(folder)).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Presses `a`, types a message, and starts.
fn generate(program: &mut Program, message: &str) {
    program.send("a");
    program.wait_for(&["New revision from the models"]);
    program.send(message);
    program.wait_for(&[message]);
    program.send("\r");
}

/// Opens the project on a database that is at its head.
fn open(project: &TestProject) -> Program {
    let program = Program::start(project, &[], (130, 40));
    program.wait_for(&["PostgreSQL", "a autogenerate"]);
    program
}

fn quit(mut program: Program) {
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
}

#[test]
fn a_generated_script_is_asked_about_proved_shown_and_kept() {
    // The test counts scratch databases, so the server must not be shared.
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql(&format!("{TABLE} INSERT INTO users VALUES (1, 'Ada')"));
    let project = with_models(&database, RENAMED);
    let mut program = open(&project);
    generate(&mut program, "add phones");
    program.wait_for(&["Which of these are renames?", "[ ] column public.users.name", "drop and add"]);
    program.send(" ");
    program.wait_for(&["[x] column public.users.name → full_name", "1 of 1 pair renamed"]);
    program.send("\r");
    program.wait_for(&["Edit ─ ● new", "up ok", "down ok", "again ok", "RENAME COLUMN name TO full_name"]);
    assert!(files(&project, "versions").is_empty(), "nothing is written before it is saved");
    program.send("\x10");
    program.wait_for(&["is proved: up, down and up again"]);
    assert!(files(&project, "versions").is_empty(), "a proof saves nothing");
    program.send("\x1b");
    program.wait_for(&["Keep the new script?", "has not been written to a file yet"]);
    program.send("\t\t\r");
    program.wait_for(&["1 pending", "add phones", "proof: up ok · down ok · again ok"]);
    let [file] = &files(&project, "versions")[..] else { panic!("one script is written") };
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("ALTER TABLE users RENAME COLUMN name TO full_name;"), "{text}");
    quit(program);
    assert_eq!(scratch(&database), "0");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("SELECT full_name FROM users"), "Ada");
    project.run(&["check"]).expect_status(0);
}

#[test]
fn hazards_are_counted_and_a_discarded_script_leaves_nothing() {
    // The test counts scratch databases, so the server must not be shared.
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql(&format!("{TABLE} INSERT INTO users SELECT n, 'x' FROM generate_series(1, 7) n"));
    let project = with_models(&database, "CREATE TABLE users (id bigint PRIMARY KEY, mail text NOT NULL);");
    let mut program = open(&project);
    generate(&mut program, "mail instead");
    program.wait_for(&["Which of these are renames?"]);
    program.send("\r");
    program.wait_for(&[
        "Edit ─ ● new",
        "7 values in 7 rows (exact)",
        "TODO: replace NULL with a value",
        "UPDATE users SET mail",
    ]);
    program.wait_until("the cursor is at the value", |screen| {
        let (row, _) = screen.cursor_position();
        screen.rows(0, 130).nth(usize::from(row)).is_some_and(|row| row.contains("UPDATE users SET mail = NULL"))
    });
    program.send("\x1b");
    program.wait_for(&["Keep the new script?"]);
    program.send("\t\r");
    program.wait_for(&["1 History", "models differ: 1"]);
    quit(program);
    assert!(files(&project, "versions").is_empty() && files(&project, "drafts").is_empty());
    assert_eq!(scratch(&database), "0");
}

#[test]
fn cancelled_in_any_phase_it_leaves_nothing() {
    let server = Server::start(&ServerOptions::default());
    for (at, phase) in [("limbeck models", "▸ load"), ("limbeck scratch", "▸ compare"), ("limbeck migrate", "▸ prove")]
    {
        let database = server.database();
        // The query sleeps in one phase only, because each phase has its own application name. The second view has
        // another definition than in the models, so comparing loads the models again.
        let sleeps = format!(
            "CREATE MATERIALIZED VIEW sleeps AS SELECT true AS slept
             FROM (SELECT pg_sleep(600) WHERE current_setting('application_name') = '{at}') s;"
        );
        database.psql("CREATE VIEW v AS SELECT 1 AS one");
        let project = with_models(&database, &format!("CREATE VIEW v AS SELECT 2 AS one; {sleeps}"));
        let mut program = open(&project);
        generate(&mut program, "sleep");
        let sleepers = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        eventually(&format!("{at} sleeps"), 60, || database.psql(sleepers) == "1");
        program.wait_for(&[phase]);
        assert_eq!(scratch(&database), "1", "{at}");
        program.send("\x03");
        program.wait_for(&["cancelled; the scratch database was dropped and nothing was written", "stopped"]);
        assert_eq!((scratch(&database), database.psql(sleepers)), ("0".into(), "0".into()), "{at}");
        program.send("R");
        eventually(&format!("{at} sleeps again"), 60, || database.psql(sleepers) == "1");
        program.send("q");
        program.wait_for(&["Quit?", "A script is being generated"]);
        program.send("\x1b[C\r");
        assert_eq!(program.end().exit_code(), 0);
        program.assert_restored();
        assert_eq!(scratch(&database), "0", "{at}");
        assert!(files(&project, "versions").is_empty());
    }
}

#[test]
fn an_unproved_script_would_be_a_draft() {
    let database = server().database();
    let models = "CREATE FUNCTION same(a int, b int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT a = b';
        CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = same);
        CREATE VIEW v AS SELECT 1 === 2 AS same;";
    let project = with_models(&database, models);
    let mut program = open(&project);
    generate(&mut program, "same");
    program.wait_for(&["unproved draft", "up fails", "-- UNPROVED: the upgrade does not create", "by hand"]);
    program.send("\x1b");
    program.wait_for(&["It is not proved. If you keep it, it is saved as a draft"]);
    program.send("\t\t\r");
    program.wait_for(&["saved as a draft outside the history: drafts"]);
    assert!(files(&project, "versions").is_empty());
    let [draft] = &files(&project, "drafts")[..] else { panic!("one draft is written") };
    assert!(std::fs::read_to_string(draft).unwrap().starts_with("-- UNPROVED: "));
    quit(program);
}

#[test]
fn models_that_agree_need_no_script_until_their_file_changes() {
    let database = server().database();
    database.psql(TABLE);
    let project = with_models(&database, TABLE);
    let mut program = open(&project);
    generate(&mut program, "nothing");
    program.wait_for(&["no differences", "no script was written", "models agree"]);
    program.send("\x1b");
    program.wait_for(&["1 History", "models agree"]);
    project.write("models/schema.sql", &format!("{TABLE} CREATE TABLE more (id int);"));
    program.wait_until("it is known no more", |screen| !screen.contents().contains("models agree"));
    program.send("A");
    program.wait_for(&["1 object differs from the models", "CREATE TABLE public.more", "models differ: 1"]);
    program.send("\x1b");
    program.wait_for(&["1 History"]);
    quit(program);
    assert!(files(&project, "versions").is_empty());
}

#[test]
fn both_keys_ask_before_the_program_runs() {
    let database = server().database();
    let config = format!("[database]\nurl = \"{}\"\n[models]\nprogram = [\"./print-ddl\"]\n", database.url());
    let project = TestProject::new(&config);
    let path = project.write("print-ddl", &format!("#!/bin/sh\necho ran >> ran\necho '{TABLE}'\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut program = open(&project);
    program.send("A");
    program.wait_for(&["Run the project's program?", "./print-ddl"]);
    program.send("\r");
    program.wait_until("it is refused", |screen| !screen.contents().contains("Run the project's"));
    assert!(!project.path("ran").exists(), "nothing ran without consent");
    generate(&mut program, "users");
    program.wait_for(&["Run the project's program?"]);
    assert!(!project.path("ran").exists());
    program.send("\x1b[C\r");
    program.wait_for(&["Edit ─ ● new", "CREATE TABLE users", "again ok"]);
    assert!(project.path("ran").exists());
    program.send("\x1b");
    program.wait_for(&["Discard"]);
    program.send("\t\r");
    program.wait_for(&["1 History"]);
    program.send("A");
    program.wait_for(&["1 object differs from the models"]);
    program.send("\x1b");
    program.wait_for(&["1 History"]);
    quit(program);
}

#[test]
fn it_works_without_a_terminal_and_is_refused_without_models() {
    let database = server().database();
    let project = TestProject::on(&database);
    let play = |keys: &str| project.run(&["--keys", keys, "--size", "130x40", "--print"]).expect_status(0).stdout;
    let screen = play("a");
    assert!(screen.contains("there are no models; write the schema"), "{screen}");
    project.write("models/schema.sql", TABLE);
    let screen = play("ausers<enter>");
    assert!(screen.contains("Edit ─ ● new") && screen.contains("CREATE TABLE users"), "{screen}");
    assert!(files(&project, "versions").is_empty());
    play("ausers<enter><c-s>");
    assert_eq!(files(&project, "versions").len(), 1);
    let screen = play("a");
    assert!(screen.contains("Target database is not up to date. u upgrades it first"), "{screen}");
}
