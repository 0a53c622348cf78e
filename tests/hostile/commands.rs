//! Every command on a hostile project and database.

use super::project::{HostileDatabase, name, one_line, project, quoted, script, toml_string};
use super::{EVIL, assert_harmless};
use crate::support::{Output, TestProject};

/// Runs a command, and again with `--json`. Fails if the output is not harmless.
#[track_caller]
fn check(project: &TestProject, words: &[&str]) -> Output {
    let output = project.run(words);
    // SQL for another program is exact in a pipe.
    if !words.contains(&"--sql") || words.contains(&"--json") {
        assert_harmless(&format!("standard output of {words:?}"), &output.stdout);
    }
    assert_harmless(&format!("standard error of {words:?}"), &output.stderr);
    output
}

/// As [`check`], for a command that changes nothing: also with `--json`, whose document must be valid.
#[track_caller]
fn check_both(project: &TestProject, words: &[&str]) -> Output {
    let json = check(project, &[words, &["--json"]].concat());
    let document = serde_json::from_str::<serde_json::Value>(&json.stdout);
    assert!(document.is_ok(), "{words:?} --json: {document:?}\n{}", json.stdout);
    check(project, words)
}

/// Commands that work without a database.
const OFFLINE: &[&[&str]] = &[
    &["heads"],
    &["heads", "-v"],
    &["branches"],
    &["branches", "-v"],
    &["history"],
    &["history", "-v"],
    &["history", "-r", "base:aaaa00000002", "-i"],
    &["show", "aaaa00000002"],
    &["lint"],
    &["lint", "aaaa00000002:"],
    &["backup", "--list"],
    &["edit", "aaaa00000001"],
];

/// Commands that read the database.
const READING: &[&[&str]] = &[
    &["current"],
    &["current", "-v"],
    &["current", "--check-heads"],
    &["upgrade", "heads", "--dry-run"],
    &["downgrade", "base", "--dry-run"],
    &["doctor"],
    &["check"],
    &["check", "-v"],
    &["drift"],
    &["drift", "-v"],
    &["kept", "list"],
];

#[test]
fn no_command_prints_unsafe_characters() {
    let database = HostileDatabase::create("all");
    let mut project = project(&database);
    project.set("EDITOR", "true");
    for words in OFFLINE.iter().chain(READING) {
        check_both(&project, words);
    }
    check(&project, &["verify", "-v"]);
    check(&project, &["upgrade", "+1", "-v"]).expect_status(0);
    let refused = check_both(&project, &["upgrade", "+1"]).expect_status(3);
    assert!(
        refused.stderr.contains("\\x1B[2J\\x07\\u009B1A\\r\\u202E\\u2066\\u2028\\x7F\\x08\\nFAKE"),
        "{}",
        refused.stderr
    );
    check(&project, &["upgrade", "+1", "--rehearse", "-v"]).expect_status(0);
    let kept = check(&project, &["upgrade", "+1", "-v", "--allow", "data-loss"]).expect_status(0);
    assert!(kept.stderr.contains("Kept a copy of"), "{}", kept.stderr);
    for words in READING {
        check_both(&project, words);
    }
    check_both(&project, &["kept", "restore", "1"]);
    check(&project, &["downgrade", "-1", "-v", "--allow", "data-loss"]).expect_status(0);
    check(&project, &["upgrade", "aaaa00000003", "--allow", "all"]).expect_status(0);
    check_both(&project, &["upgrade", "head"]).expect_status(1);
    check(&project, &["upgrade", "head", "-v"]).expect_status(1);
    check(&project, &["kept", "drop", "--all", "--yes"]).expect_status(0);
    check(&project, &["backup"]);
    check(&project, &["backup", "--list"]);
    check_both(&project, &["upgrade", "head", "-e", &name("prod")]);
    check_both(&project, &["downgrade", "base", "-e", &name("prod"), "--allow", "all"]).expect_status(3);
    check(&project, &["stamp", "aaaa00000001"]).expect_status(0);
}

#[test]
fn new_scripts_and_drafts_are_harmless() {
    let database = HostileDatabase::create("new");
    let project = project(&database);
    std::fs::remove_dir_all(project.path("versions")).unwrap();
    let (table, column) = (quoted("t"), quoted("c"));
    database.psql(&format!("CREATE TABLE {table} (id int PRIMARY KEY, {column} text, {} int)", quoted("d")));
    check(&project, &["revision", "--autogenerate", "-m", &one_line("m"), "--rev-id", "aaaa00000001"]).expect_status(0);
    check(&project, &["revision", "--autogenerate", "--sql", "-m", "sql", "-q"]);
    check(&project, &["revision", "-m", &one_line("two"), "--rev-id", "aaaa00000002"]).expect_status(0);
    check(&project, &["revision", "-m", &name("three"), "--splice", "--head", "aaaa00000001"]).expect_status(0);
    check(&project, &["merge", "heads", "-m", &one_line("merge")]).expect_status(0);
    check_both(&project, &["history", "-v"]);
    check(&project, &["check"]);
    check(&project, &["init", &name("folder")]);
    // A carriage return in a name must not end a comment of a generated script.
    for entry in std::fs::read_dir(project.path("versions")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.split('\n').filter(|line| line.starts_with("--")) {
            assert!(!line.contains('\r'), "{line:?}");
        }
    }
}

/// Arguments with hostile text.
#[test]
fn usage_errors_and_unknown_names_are_harmless() {
    let database = HostileDatabase::create("use");
    let project = project(&database);
    let evil = name("x");
    for words in [
        &[evil.as_str()] as &[&str],
        &["upgrade", "head", "--allow", &evil],
        &["upgrade", &evil],
        &["downgrade", &evil, "--dry-run"],
        &["history", "-r", &evil],
        &["show", &evil],
        &["stamp", &evil],
        &["heads", "-e", &evil],
        &["heads", "-c", &evil],
        &["lint", "--explain", &evil],
        &["verify", &evil],
        &["restore", &evil],
        &["current", "--database-url", &evil],
        &["current", "--database-url", &format!("postgresql://{}.invalid/x", EVIL.replace(['\r', '\n'], ""))],
        &["current", "--database-url", &format!("host=/tmp/none dbname='{evil}' connect_timeout=1")],
        &["current", "--database-url", &format!("service={evil}")],
        &["revision", "-m", "x", "--rev-id", &evil],
        &["revision", "-m", "x", "--head", &evil],
        &["merge", &evil, "aaaa00000001"],
        &["init", "--template", &evil],
    ] {
        check_both(&project, words);
    }
}

#[test]
fn broken_files_are_reported_without_unsafe_characters() {
    let mut project = TestProject::new("");
    project.set("EDITOR", "true");
    script(&project, ("aaaa00000001", ""), "SELECT 1;", "SELECT 1;");
    let header = |id: &str, more: &str| format!("-- m\n--\n-- Revision ID: {id}\n{more}\n");
    let evil = one_line("");
    for (number, text) in [
        evil.clone(),
        header(&evil, ""),
        header("bbbb00000001", &format!("-- Revises: {evil}")),
        header("bbbb00000002", &format!("-- Depends On: {evil}\n-- Branch Labels: {evil}")),
        header("bbbb00000003", &format!("\n-- @upgrade {evil}\nSELECT 1;")),
        header("bbbb00000004", &format!("\n-- @upgrade\n\\{evil}")),
        header("bbbb00000005", &format!("\n-- @upgrade\nSELECT '{evil}")),
        header("bbbb00000006", &format!("\n-- @upgrade\nSELECT ${evil}$;")),
        header("bbbb00000007", &format!("\n-- @upgrade\n-- limbeck: {evil}\nTRUNCATE t;")),
        header("bbbb00000008", &format!("\n-- @upgrade\nCREATE TABL \"{evil}\" ({evil});")),
    ]
    .iter()
    .enumerate()
    {
        project.write(&format!("versions/{number}{}.sql", name("")), text);
    }
    for words in OFFLINE.iter().chain(&[&["doctor"] as &[&str], &["upgrade", "head", "--sql"]]) {
        check_both(&project, words);
    }
    for config in [
        format!("[{}]\n", toml_string(&evil)),
        format!("[database]\nurl = {}\n", toml_string(&evil)),
        format!("[database]\nurl = {}\n", toml_string(&format!("${{{evil}}}"))),
        format!("[database]\nversion_table = {}\nurl = \"postgres://x@127.0.0.1:1/x\"\n", toml_string(&evil)),
        format!("[scripts]\ndirectory = {}\nfile_template = {}\n", toml_string(&evil), toml_string(&evil)),
        format!("[apply]\nkeep_limit = {}\nlock_timeout = {}\n", toml_string(&evil), toml_string(&evil)),
        format!("[models]\nprogram = [{}]\n", toml_string(&evil)),
        format!("[models]\nsql = [{}]\n", toml_string(&evil)),
        format!("x = \"{evil}\""),
    ] {
        project.write("limbeck.toml", &config);
        for words in [
            &["heads"] as &[&str],
            &["current"],
            &["check"],
            &["doctor"],
            &["revision", "-m", "x"],
            &["ensure_version", "--sql"],
        ] {
            check_both(&project, words);
        }
    }
    project.write("limbeck.toml", "");
    project.write(".env", &format!("A=b\n{evil}\n"));
    check_both(&project, &["current"]);
    std::fs::remove_file(project.path(".env")).unwrap();
    project.write("script.sql.j2", &format!("{{{{ {evil} }}}}"));
    check_both(&project, &["revision", "-m", "x"]);
    project.set("EDITOR", &format!("'{evil}"));
    check_both(&project, &["edit", "aaaa00000001"]);
}

#[test]
fn rows_of_the_version_table_are_shown_without_unsafe_characters() {
    let database = HostileDatabase::create("rows");
    let project = project(&database);
    for row in [name("x"), EVIL.to_owned(), "a\u{202e}b".to_owned()] {
        database.psql(&format!(
            "DROP TABLE IF EXISTS alembic_version; CREATE TABLE alembic_version (version_num text);
             INSERT INTO alembic_version VALUES ('{row}')"
        ));
        for words in READING.iter().chain(&[
            &["history"] as &[&str],
            &["heads"],
            &["upgrade", "heads"],
            &["downgrade", "-1"],
            &["stamp", "head"],
        ]) {
            check_both(&project, words);
        }
    }
}

#[test]
fn texts_of_limbeck_itself_contain_nothing_to_escape() {
    let project = TestProject::new("");
    for words in [
        &["--help"] as &[&str],
        &["help", "upgrade"],
        &["--version"],
        &["man"],
        &["list_templates"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["completions", "fish"],
        &["completions", "elvish"],
        &["completions", "powershell"],
        &["lint", "--explain", "DL101"],
        &["ensure_version", "--sql"],
    ] {
        check(&project, words).expect_status(0);
    }
}
