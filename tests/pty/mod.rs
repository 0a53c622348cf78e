//! The real binary in a terminal.

mod autogenerate;
mod drift;
mod editor;
mod embedded;
mod kept;
mod program;
mod resolve;
mod verify;

pub use program::Program;

use rustix::process::Signal;

use crate::support::{TestDatabase, TestProject, eventually, repository, server};

/// A project with the scripts of the sample.
fn sample(database: &TestDatabase<'_>) -> TestProject {
    let project = TestProject::on(database);
    for entry in std::fs::read_dir(repository().join("migrations/versions")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), project.path("versions").join(entry.file_name())).unwrap();
    }
    project
}

/// A project with one script, whose server does not answer.
fn away() -> TestProject {
    let project = TestProject::new("[database]\nurl = \"postgres://me@127.0.0.1:1/none?connect_timeout=1\"\n");
    project.script("1975ea83b712", "", "CREATE TABLE users (id bigint);", "DROP TABLE users;");
    project
}

#[test]
fn without_a_project_a_new_one_is_offered_and_opened() {
    let project = TestProject::without_config();
    let refused = project.run(&[]).expect_status(1);
    assert!(refused.stderr.contains("no project in") && refused.stderr.contains("limbeck init"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("[y/N]"), "in a pipe nothing is asked: {}", refused.stderr);
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["error: no project in", "project/migrations? [y/N]"]);
    program.send("\r");
    assert_eq!(program.end().exit_code(), 1);
    assert!(!project.path("migrations").exists());
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["[y/N]"]);
    program.send("y\r");
    program.wait_for(&["No revisions yet", "no database · o own server"]);
    assert!(project.path("migrations/limbeck.toml").is_file() && project.path("migrations/versions").is_dir());
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
}

#[test]
fn q_leaves_the_terminal_as_it_was() {
    let project = away();
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["1975ea83", "CREATE TABLE users"]);
    assert!(program.is_raw());
    assert!(program.screen().alternate_screen() && program.screen().hide_cursor());
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
}

#[test]
fn signals_that_end_it_restore_the_terminal() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let project = away();
        let mut program = Program::start(&project, &[], (100, 30));
        program.wait_for(&["1975ea83"]);
        program.signal(signal);
        assert_eq!(program.end().exit_code(), code);
        program.assert_restored();
    }
}

#[test]
fn every_key_is_handled_if_nothing_else_happens() {
    let project = away();
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["1975ea83", "server not reachable"]);
    // Without the focus no timer runs that could handle the keys.
    program.send("\x1b[O");
    for _ in 0..20 {
        program.send("?");
        program.wait_for(&["┌ Keys"]);
        program.send("\x1b");
        program.wait_until("help is closed", |screen| !screen.contents().contains("┌ Keys"));
    }
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
}

#[test]
fn stopped_it_releases_the_terminal_and_takes_it_again() {
    let project = away();
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["1975ea83"]);
    program.signal(Signal::TSTP);
    eventually("it is stopped", 30, || program.is_stopped());
    program.assert_restored();
    program.signal(Signal::CONT);
    program.wait_until("it is back", |screen| screen.alternate_screen() && screen.contents().contains("1975ea83"));
    assert!(program.is_raw());
    program.send("\x1a");
    eventually("it is stopped by its key", 30, || program.is_stopped());
    program.assert_restored();
    program.signal(Signal::CONT);
    program
        .wait_until("it is back again", |screen| screen.alternate_screen() && screen.contents().contains("1975ea83"));
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
}

#[test]
fn it_follows_the_size_of_the_terminal() {
    let project = away();
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["1975ea83"]);
    program.resize(20, 5);
    program.wait_for(&["too small"]);
    program.resize(140, 40);
    program.wait_for(&["1975ea83", "CREATE TABLE users"]);
    program.send("q");
    program.end();
}

#[test]
fn scripts_that_change_on_disk_are_shown_without_a_key() {
    let project = away();
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["1975ea83"]);
    project.script("ae1027a6acf0", "1975ea83b712", "SELECT 1;", "SELECT 2;");
    program.wait_for(&["ae1027a6"]);
    std::fs::remove_file(project.path("versions/ae1027a6acf0_script.sql")).unwrap();
    program.wait_until("it is gone", |screen| !screen.contents().contains("ae1027a6"));
    program.send("q");
    program.end();
}

#[test]
fn an_editor_has_the_terminal_alone() {
    let mut project = away();
    project.set("EDITOR", "sh -c 'stty -a > modes; cat > typed; echo \"-- edited\" >> \"$0\"'");
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["1975ea83", "CREATE TABLE users"]);
    program.send("E");
    program.wait_until("the screen is the editor's", |screen| !screen.alternate_screen());
    eventually("the editor runs", 30, || project.path("typed").exists());
    program.send("jjq\n\x04");
    program.wait_for(&["1975ea83", "-- edited"]);
    assert_eq!(project.read("typed"), "jjq\n", "what is typed is the editor's");
    assert!(project.read("modes").contains(" icanon"), "{}", project.read("modes"));
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
}

#[test]
fn sigterm_in_the_middle_of_an_upgrade_cancels_it_on_the_server() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("1975ea83b712", "", "CREATE TABLE a (id int);\nSELECT pg_sleep(600);", "DROP TABLE a;");
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["1 pending"]);
    program.send("u");
    program.wait_for(&["Plan: upgrade", "pg_sleep"]);
    program.send("\r");
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'";
    eventually("the statement runs", 60, || database.psql(sleeping) == "1");
    program.signal(Signal::TERM);
    assert_eq!(program.end().exit_code(), 143);
    program.assert_restored();
    assert_eq!(database.psql(sleeping), "0");
    assert_eq!(database.psql("SELECT to_regclass('a') IS NULL"), "t");
}

#[test]
fn keys_typed_before_a_confirmation_is_visible_do_not_answer_it() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("1975ea83b712", "", "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);", "DROP TABLE a;");
    project.run(&["upgrade", "head"]).expect_status(0);
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["1975ea83", "head"]);
    program.wait_until("the server answers", |screen| !screen.contents().contains("connecting"));
    program.send("d");
    program.wait_for(&["Plan: downgrade", "DROP TABLE a"]);
    program.send("\ra\r");
    program.wait_for_question("Type a to continue");
    program.send("b");
    program.wait_for(&["Type a to continue: b"]);
    assert_eq!(database.psql("SELECT count(*) FROM a"), "1");
    program.send("\x7fa\r");
    eventually("the right word applies", 60, || database.psql("SELECT to_regclass('a') IS NULL") == "t");
    program.wait_for(&["DROP TABLE a"]);
    program.signal(Signal::TERM);
    program.end();
}

#[test]
fn keys_are_played_without_a_terminal() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("1975ea83b712", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
    let output = project.run(&["--keys", "u<enter>", "--size", "100x30", "--print", "svg"]).expect_status(0);
    assert!(output.stdout.starts_with("<svg ") && output.stdout.ends_with("</svg>\n"));
    assert_eq!(database.psql("SELECT version_num FROM alembic_version"), "1975ea83b712");
    let output = project.run(&["--keys", "?", "--size", "100x30", "--print"]).expect_status(0);
    assert_eq!(output.stdout.lines().count(), 30);
    let output = project.run(&["--keys", "<nokey>"]).expect_status(2);
    assert!(output.stderr.contains("nokey") && output.stderr.contains("hint: "), "{}", output.stderr);
    let output = project.run(&[]).expect_status(2);
    assert!(output.stderr.contains("needs a terminal"), "{}", output.stderr);
}
