//! The screens of the real program on the sample project. With `UPDATE_SCREENSHOTS=1`, the tests write the pictures in
//! `screenshots/`; otherwise they only check the screens.
//!
//! Clock times, durations and the names of temporary folders differ in each run, so they are masked in the pictures.
//! Nothing else is changed.

mod generated;
mod picture;

use std::fs;
use std::path::Path;

use picture::save;

use crate::pty::Program;
use crate::support::{TestProject, repository};

/// The folder of the copied sample project; the program shows it as the name of the project.
const CONFIG: &str = "functions/migrations/limbeck.toml";

fn sample() -> TestProject {
    let project = TestProject::without_config();
    copy(&repository().join("migrations"), &project.path("functions/migrations"));
    project
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Writes a second head on the merge point of the sample.
fn second_head(project: &TestProject, upgrade: &str) {
    let text = format!(
        "-- owners of functions\n--\n-- Revision ID: d41f7be09c25\n-- Revises: 51ab90de3c44\n\
         -- Create Date: 2026-11-22 10:00:00+00:00\n\n-- @upgrade\n{upgrade}\n\n-- @downgrade\n\
         ALTER TABLE functions DROP COLUMN IF EXISTS owner_name;\n"
    );
    project.write("functions/migrations/versions/d41f7be09c25_owners.sql", &text);
}

/// Closes the screen that contains this text, and waits: a key directly after Esc would be read as Alt with that key.
#[track_caller]
fn close(program: &mut Program, text: &str) {
    program.send("\x1b");
    program.wait_until("it is closed", |screen| !screen.contents().contains(text));
}

/// Waits until the screen contains these texts, and saves its picture.
#[track_caller]
fn take_screenshot(program: &Program, name: &str, texts: &[&str]) {
    program.wait_for(texts);
    save(name, &program.screen());
}

#[test]
fn screens_from_the_first_start_to_two_heads() {
    let project = sample();
    let mut program = Program::start(&project, &["-c", CONFIG], (120, 36));
    take_screenshot(&program, "main", &["2 pending", "9f3b6c10", "merge plan and timeouts", "-- @upgrade", "<base>"]);
    program.send("?");
    take_screenshot(&program, "help", &["Keys", "Plan an upgrade to the head"]);
    close(&mut program, "┌ Keys");
    program.send(":");
    program.wait_for(&["┌ Commands"]);
    program.send("up");
    take_screenshot(&program, "palette", &[": up", "upgrade to here"]);
    close(&mut program, "┌ Commands");
    program.send("c");
    program.wait_for(&["Message"]);
    program.send("add a quota to users");
    take_screenshot(&program, "create", &["add a quota to users"]);
    program.send("\x1b");
    program.wait_until("the dialog is closed", |screen| !screen.contents().contains("add a quota"));
    program.send("u");
    take_screenshot(&program, "plan", &["Plan: upgrade", "DROP COLUMN legacy_code", "data-loss"]);
    program.send("\r");
    program.wait_for_question("Type legacy_code to continue");
    program.send("legacy");
    take_screenshot(&program, "confirmation", &["to continue: legacy", "Cancel", "Apply", "functions.legacy_code"]);
    program.send("_code\r");
    take_screenshot(&program, "done", &["at 9f3b6c10", "· done", "done in"]);
    program.send("\x1b");
    program.wait_for(&["<base>"]);
    program.send("K");
    take_screenshot(&program, "kept", &["functions.legacy_code  1,204 values", "the downgrade restores it", "1 copy"]);
    program.send("\x1b");
    program.wait_for(&["<base>"]);
    second_head(&project, "ALTER TABLE functions ADD COLUMN owner_name text;");
    program.wait_for(&["owners of functions"]);
    program.send("m");
    take_screenshot(&program, "branches", &["Branches since 51ab90de", "d41f7be0", "The branches commute"]);
    program.send("m");
    take_screenshot(&program, "merge", &["Merge", "d41f7be0", "9f3b6c10"]);
    close(&mut program, "┌ Merge heads");
    program.send("r");
    take_screenshot(&program, "rebase", &["Rebase the branch?", "1 revision proved", "not applied in"]);
    close(&mut program, "┌ Rebase the branch?");
    close(&mut program, "┌ Branches since");
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
}

#[test]
fn a_failing_statement_is_shown_in_a_dialog() {
    let project = sample();
    // Replaces the last revision, which is still pending.
    fs::remove_file(project.path("functions/migrations/versions/9f3b6c10a7d2_drop_legacy_code.sql")).unwrap();
    second_head(
        &project,
        "ALTER TABLE functions ADD COLUMN quota bigint;\nALTER TABLE functions ADD COLUMN name text;",
    );
    let mut program = Program::start(&project, &["-c", CONFIG], (120, 36));
    program.wait_for(&["pending", "d41f7be0"]);
    program.send("u");
    program.wait_for(&["Plan: upgrade", "ADD COLUMN name"]);
    program.send("\r");
    take_screenshot(&program, "error", &["SQLSTATE", "^"]);
    program.send("\x1b");
    program.wait_until("the dialog is closed", |screen| !screen.contents().contains("SQLSTATE"));
    program.send("\x1b");
    program.wait_for(&["<base>"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
}

#[test]
fn a_narrow_terminal_has_one_column() {
    let project = sample();
    let mut program = Program::start(&project, &["-c", CONFIG], (80, 24));
    take_screenshot(&program, "narrow", &["2 pending", "9f3b6c10", "drop legacy code"]);
    program.send("u");
    take_screenshot(&program, "narrow-plan", &["DROP COLUMN legacy_code"]);
    program.send("\x1b");
    program.wait_for(&["<base>"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
}
