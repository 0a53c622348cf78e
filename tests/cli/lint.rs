//! `lint`: hazards of scripts, without a database.

use super::{document, run};
use crate::support::TestProject;

/// A project without a database.
fn project() -> TestProject {
    let project = TestProject::new("");
    project.script(
        "0001aaaa0000",
        "",
        "CREATE TABLE users (id int);\n\nCREATE INDEX i ON users (id);",
        "DROP TABLE users;",
    );
    let upgrade = "-- limbeck: allow DL103 because nobody reads it\nALTER TABLE users DROP COLUMN email;\n\n\
                   CREATE INDEX j ON users (id);";
    project.script("0002aaaa0000", "0001aaaa0000", upgrade, "");
    project
}

#[test]
fn hazards_are_listed_by_revision_section_and_line() {
    let output = run(&project(), "lint").expect_status(0);
    let expected = "\
0001aaaa0000  revision 0001aaaa0000
  downgrade, line 13    DL101 data-loss     drops table users
  downgrade, line 13    BR605 breaks        drops relation in use users

0002aaaa0000  revision 0002aaaa0000
  upgrade, line 9       DL103 data-loss     drops column users.email (because nobody reads it)
  upgrade, line 9       BR606 breaks        drops column in use users.email
  upgrade, line 9       IR701 irreversible  has no downgrade 0002aaaa0000
  upgrade, line 11      LK310 lock          builds index under lock j on users

6 hazards in 2 of 2 revisions; `limbeck lint --explain CODE` explains a code
";
    assert_eq!(output.stdout, expected);
    assert_eq!(output.stderr, "");
}

#[test]
fn revisions_are_selected_as_in_other_commands() {
    let project = project();
    let chosen = |line: &str| {
        let output = run(&project, line).expect_status(0);
        let revisions = document(&output).as_array().unwrap().clone();
        revisions.into_iter().map(|one| one["revision"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(chosen("lint --json"), ["0001aaaa0000", "0002aaaa0000"]);
    assert_eq!(chosen("lint head --json"), ["0002aaaa0000"]);
    assert_eq!(chosen("lint 0002 0001 --json"), ["0001aaaa0000", "0002aaaa0000"]);
    assert_eq!(chosen("lint 0001:0001 --json"), ["0001aaaa0000"]);
    let output = run(&project, "lint nope").expect_status(1);
    assert!(output.stderr.contains("nope"), "{}", output.stderr);
}

#[test]
fn the_document_contains_everything_that_the_text_contains() {
    let lint = document(&run(&project(), "lint head --json").expect_status(0));
    let hazard = &lint[0]["hazards"][0];
    assert_eq!(hazard["code"], "DL103");
    assert_eq!(hazard["class"], "data-loss");
    assert_eq!(hazard["title"], "drops column");
    assert_eq!(hazard["object"], "users.email");
    assert_eq!(hazard["allowed"], "nobody reads it");
    assert_eq!((&hazard["line"], &hazard["section"]), (&9.into(), &"upgrade".into()));
    assert!(hazard["evidence"].is_null() && lint[0]["hazards"][1]["allowed"].is_null());
}

#[test]
fn deny_fails_for_hazards_without_a_reason() {
    let project = project();
    run(&project, "lint head --deny data-loss").expect_status(0);
    run(&project, "lint head --deny index,lock").expect_status(1);
    let output = run(&project, "lint --deny data-loss").expect_status(1);
    assert!(output.stderr.contains("1 hazard of the classes in --deny"), "{}", output.stderr);
    run(&project, "lint --deny nonsense").expect_status(2);
}

#[test]
fn invalid_allow_comments_are_reported() {
    let project = TestProject::new("");
    project.script("0001aaaa0000", "", "-- limbeck: allow DL102\nTRUNCATE t;", "SELECT 1;");
    let output = run(&project, "lint").expect_status(0);
    assert!(output.stdout.contains("truncates table t\n"), "{}", output.stdout);
    assert!(output.stderr.contains(":9: 'limbeck: allow DL102' is ignored: it gives no reason"), "{}", output.stderr);
    let lint = document(&run(&project, "lint --json"));
    assert_eq!(lint[0]["remarks"][0]["line"], 9);
}

#[test]
fn an_unreadable_script_is_an_error_and_the_others_are_listed() {
    let project = project();
    project.script("0003aaaa0000", "0002aaaa0000", "\\connect other", "SELECT 1;");
    let output = run(&project, "lint").expect_status(1);
    assert!(output.stdout.contains("6 hazards in 2 of"), "{}", output.stdout);
    assert!(output.stderr.contains("0003aaaa0000_script.sql:8: \\connect is a command of psql"), "{}", output.stderr);
}

#[test]
fn explain_prints_the_page_or_suggests_similar_codes() {
    let project = TestProject::without_config();
    let output = run(&project, "lint --explain dl101").expect_status(0);
    assert!(output.stdout.starts_with("DL101 drops table\n\n"), "{}", output.stdout);
    assert_eq!(document(&run(&project, "lint --explain LK310 --json"))["class"], "lock");
    let output = run(&project, "lint --explain DL10l").expect_status(2);
    assert!(output.stderr.contains("hint: similar codes: DL101 (drops table)"), "{}", output.stderr);
    let output = run(&project, "lint --explain IX").expect_status(2);
    assert!(output.stderr.contains("IX401 (drops index), IX402"), "{}", output.stderr);
}

#[test]
fn a_statement_that_cannot_be_parsed_is_a_warning() {
    let project = TestProject::new("");
    project.script("0001aaaa0000", "", "CREATE TABL t (i int);\nCREATE TABLE u (i int);", "DROP TABLE u;\nSELCT 1;");
    let output = run(&project, "lint").expect_status(0);
    for part in [
        "_script.sql:8: this statement may have a syntax error near 'CREATE'",
        "_script.sql:13: selct is not a command of PostgreSQL; did you mean select?",
    ] {
        assert!(output.stderr.contains(part), "{part} is not in {}", output.stderr);
    }
    assert_eq!(output.stderr.lines().count(), 2, "{}", output.stderr);
    let document = document(&run(&project, "lint --json"));
    assert_eq!(document[0]["remarks"][0]["line"], 8);
}

#[test]
fn scripts_that_cannot_be_read_are_counted() {
    let project = TestProject::new("");
    project.write("versions/a.sql", "-- no id\n");
    let output = run(&project, "lint").expect_status(1);
    assert_eq!(output.stdout, "1 script could not be read\n");
    project.script("0001aaaa0000", "", "SELECT 1;", "SELECT 1;");
    let output = run(&project, "lint").expect_status(1);
    assert_eq!(output.stdout, "No hazards in 1 revision; 1 script could not be read\n");
    project.write(
        "versions/b.sql",
        "-- m\n--\n-- Revision ID: 0002aaaa0000\n\n-- @upgrade\nSELECT 1;\n-- @downgrad\nSELECT 1;\n",
    );
    let output = run(&project, "lint").expect_status(1);
    assert!(output.stderr.contains("b.sql:7: @downgrad is not a marker"), "{}", output.stderr);
    assert!(output.stderr.contains("hint: did you mean `-- @downgrade`?"), "{}", output.stderr);
}
