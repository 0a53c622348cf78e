//! The commands init, edit, doctor, `ensure_version`, completions, man and help.

use std::os::unix::fs::PermissionsExt;

use super::{document, run};
use crate::support::{TestProject, server};

#[test]
fn a_new_project_can_be_migrated() {
    let database = server().database();
    let mut project = TestProject::without_config();
    project.set("DATABASE_URL", &database.url());
    run(&project, "init").expect_status(0);
    run(&project, "revision -m 마이그레이션_설명 --rev-id 0001aaaa0000").expect_status(0);
    let script = "migrations/versions/0001aaaa0000_마이그레이션_설명.sql";
    let text = project.read(script).replace("-- @upgrade\n", "-- @upgrade\nCREATE TABLE users (id int);\n");
    project.write(script, &text.replace("-- @downgrade\n", "-- @downgrade\nDROP TABLE users;\n"));
    let output = run(&project, "upgrade head").expect_status(0);
    assert_eq!(output.stderr, "Running upgrade  -> 0001aaaa0000, 마이그레이션 설명\n");
    assert_eq!(run(&project, "history").stdout, "<base> -> 0001aaaa0000 (head), 마이그레이션 설명\n");
    run(&project, "downgrade base --allow data-loss").expect_status(0);
    assert_eq!(database.psql("SELECT to_regclass('users') IS NULL"), "t");
}

#[test]
fn init_does_not_overwrite_files() {
    let project = TestProject::without_config();
    project.write("mine/notes.txt", "keep");
    let output = run(&project, "init mine").expect_status(1);
    assert!(output.stderr.contains("already exists and is not empty"), "{}", output.stderr);
    assert_eq!(project.read("mine/notes.txt"), "keep");
    let output = run(&project, "init other --template nope").expect_status(1);
    assert!(output.stderr.contains("hint: the templates are embedded, generic"), "{}", output.stderr);
}

#[test]
fn templates_are_listed() {
    let output = run(&TestProject::without_config(), "list_templates").expect_status(0);
    assert!(output.stdout.starts_with("Available templates:\n\nembedded - "), "{}", output.stdout);
    assert!(output.stdout.ends_with("\n  limbeck init --template generic ./scripts\n"), "{}", output.stdout);
}

#[test]
fn the_editor_gets_its_arguments_and_the_file() {
    let mut project = TestProject::new("");
    let script = project.script("0001aaaa0000", "", "SELECT 1;", "SELECT 1;");
    let editor =
        project.write("my editor", "#!/bin/sh\nprintf '%s\\n' \"$@\" > seen\n[ \"$1\" != break ] || echo x > \"$2\"\n");
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    let command = format!("'{}' 'two words' -x", editor.display());
    project.set("EDITOR", "false");
    project.set("VISUAL", &command);
    run(&project, "edit 0001").expect_status(0);
    assert_eq!(project.read("seen"), format!("two words\n-x\n{}\n", script.display()));
    project.set("VISUAL", &format!("'{}' break", editor.display()));
    let output = run(&project, "edit head").expect_status(1);
    assert!(output.stderr.contains(script.to_str().unwrap()), "{}", output.stderr);
    project.unset("VISUAL");
    let output = run(&project, "edit base").expect_status(1);
    assert!(output.stderr.starts_with("error: No revision files indicated by symbol 'base'"), "{}", output.stderr);
}

#[test]
fn doctor_reports_no_problem_in_a_good_project() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("0001aaaa0000", "", "SELECT 1;", "SELECT 1;");
    let output = run(&project, "doctor").expect_status(0);
    for line in [
        "ok      config      ",
        "ok      scripts     1 revision",
        "ok      database    postgresql://",
        "ok      server      PostgreSQL ",
    ] {
        assert!(output.stdout.contains(line), "{line} is not in {}", output.stdout);
    }
    assert!(output.stdout.contains("advice  applied     at base, 1 pending"), "{}", output.stdout);
}

#[test]
fn doctor_reports_what_is_broken_and_how_to_fix_it() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.write("versions/broken.sql", "SELECT 1;\n");
    let examined = document(&run(&project, "doctor --json").expect_status(1));
    assert_eq!(examined["healthy"], false);
    let broken: Vec<_> =
        examined["findings"].as_array().unwrap().iter().filter(|finding| finding["health"] == "broken").collect();
    assert_eq!(broken.len(), 1, "{examined}");
    assert!(broken[0]["found"].as_str().unwrap().contains("broken.sql"), "{examined}");
    let nothing = run(&TestProject::without_config(), "doctor").expect_status(1);
    assert!(nothing.stdout.contains("broken  config      no project in "), "{}", nothing.stdout);
}

#[test]
fn ensure_version_creates_the_version_table_once() {
    let database = server().database();
    let project = TestProject::on(&database);
    for _ in 0..2 {
        run(&project, "ensure_version").expect_status(0);
        assert_eq!(database.psql("SELECT count(*) FROM alembic_version"), "0");
    }
}

#[test]
fn help_manual_and_completions_come_from_one_definition() {
    let project = TestProject::without_config();
    let help = run(&project, "help upgrade").expect_status(0).stdout;
    assert!(help.contains("Usage: limbeck upgrade") && help.contains("--dry-run"), "{help}");
    assert!(run(&project, "man").expect_status(0).stdout.contains(".TH limbeck 1"));
    run(&project, "man pages").expect_status(0);
    assert!(project.read("pages/limbeck-upgrade.1").contains("dry"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            run(&project, &format!("completions {shell}")).expect_status(0).stdout.contains("ensure_version"),
            "{shell}"
        );
    }
}
