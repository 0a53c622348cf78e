//! The editor in a real terminal: the file has exactly the typed text.

use rustix::process::Signal;

use super::Program;
use crate::support::{TestProject, eventually, repository, server};

/// The sample project's scripts, with a server that does not answer.
fn sample() -> TestProject {
    let project = TestProject::new("[database]\nurl = \"postgres://me@127.0.0.1:1/none?connect_timeout=1\"\n");
    for entry in std::fs::read_dir(repository().join("migrations/versions")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, project.path("versions").join(path.file_name().unwrap())).unwrap();
    }
    project
}

#[test]
fn a_script_is_edited_saved_and_closed() {
    let project = sample();
    let name = "versions/9f3b6c10a7d2_drop_legacy_code.sql";
    let before = project.read(name);
    let mut program = Program::start(&project, &[], (120, 40));
    program.wait_for(&["9f3b6c10", "legacy_code"]);
    program.send("/9f3b6c10\re");
    program.wait_for(&["Edit ─ 9f3b6c10a7d2_drop_legacy_code.sql", "data-loss", "^f find"]);
    program.wait_until("the cursor is seen", |screen| !screen.hide_cursor());
    program.send("-- q?:\r");
    program.wait_for(&["● modified", "-- q?:"]);
    program.send("\x1b[200~SELECT 1;\rSELECT 2;\r\x1b[201~");
    program.wait_for(&["SELECT 2;"]);
    program.send("\x1b");
    program.wait_for(&["Unsaved changes", "[ Continue editing ]"]);
    program.send("\r");
    program.wait_until("it goes on", |screen| !screen.contents().contains("Unsaved changes"));
    program.send("\x13");
    let typed = "-- q?:\nSELECT 1;\nSELECT 2;\n";
    eventually("the file is written", 30, || project.read(name) != before);
    let written = project.read(name);
    assert_eq!(written.replacen(typed, "", 1), before, "{written}");
    program.wait_for(&["saved 9f3b6c10a7d2_drop_legacy_code.sql"]);
    program.send("\x1a");
    program.wait_until("undone", |screen| !screen.contents().contains("SELECT 2;"));
    std::fs::write(project.path(name), &before).unwrap();
    program.wait_for(&["the file was changed by another program"]);
    program.send("\x13");
    program.wait_for(&["The file has changed", "Overwrite"]);
    program.send("\x1b[C\r");
    program.wait_until("reloaded", |screen| !screen.contents().contains("-- q?:"));
    assert_eq!(project.read(name), before);
    program.send("\x1b");
    program.wait_for(&["1 History"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
}

#[test]
fn unsaved_text_survives_a_closed_terminal() {
    let project = sample();
    let name = "versions/9f3b6c10a7d2_drop_legacy_code.sql";
    let before = project.read(name);
    let mut program = Program::start(&project, &[], (120, 40));
    program.wait_for(&["9f3b6c10", "legacy_code"]);
    program.send("/9f3b6c10\re");
    program.wait_for(&["Edit ─"]);
    program.send("-- lost?\r");
    program.wait_for(&["-- lost?"]);
    program.signal(Signal::HUP);
    assert_eq!(program.end().exit_code(), 129);
    assert!(project.read(&format!("{name}.unsaved")).contains("-- lost?\n"));
    assert_eq!(project.read(name), before);
}

#[test]
fn a_script_is_proved_from_the_editor() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("1975ea83b712", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
    let mut program = Program::start(&project, &[], (120, 40));
    program.wait_for(&["1 pending", "CREATE TABLE a"]);
    program.send("e");
    program.wait_for(&["Edit ─", "not proved yet"]);
    program.send("CREATE TABLE b ();\r\x10");
    program.wait_for(&["✓ up ok", "✗ down differs", "table public.b"]);
    assert!(project.read("versions/1975ea83b712_script.sql").contains("CREATE TABLE b ();\n"));
    program.send("\x06DROP TABLE a;");
    program.wait_for(&["find: DROP TABLE a;", "1 of 1"]);
    program.send("\x1b");
    program.wait_until("the search is left", |screen| !screen.contents().contains("find: "));
    program.send("DROP TABLE b; \x10");
    program.wait_for(&["✓ up ok", "✓ down ok", "✓ again ok"]);
    assert_eq!(database.psql("SELECT to_regclass('a') IS NULL"), "t", "the target is left alone");
    program.send("\x1b");
    program.wait_for(&["1 History"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
}
