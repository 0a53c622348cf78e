//! The problems that `verify` finds.

use super::{document, good_history, is_untouched};
use crate::support::{Server, ServerOptions, TestProject, server};

#[test]
fn a_good_history_is_proved_and_the_target_does_not_change() {
    let database = server().database();
    let project = TestProject::on(&database);
    good_history(&project);
    let output = project.run(&["verify"]).expect_status(0);
    assert!(output.stdout.ends_with("5 of 5 revisions proved, and the downgrade to base\n"), "{}", output.stdout);
    assert!(output.stderr.contains("Verifying ee01 (5 of 5)"), "{}", output.stderr);
    assert!(is_untouched(&database));
    let found = document(&project.run(&["verify", "dd01", "--json"]).expect_status(0));
    assert_eq!(found.len(), 1);
    let one = &found[0];
    assert_eq!(
        (&one["revision"], &one["up"], &one["down"], &one["again"]),
        (&"dd01".into(), &true.into(), &true.into(), &true.into())
    );
    assert_eq!(one["difference"], serde_json::json!([]));
}

#[test]
fn a_downgrade_that_forgets_an_index_fails_and_the_others_are_proved() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("aa01", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
    project.script("bb01", "aa01", "ALTER TABLE a ADD b int;\nCREATE INDEX a_id ON a (id);", "ALTER TABLE a DROP b;");
    project.script("cc01", "bb01", "CREATE TABLE c (id int);", "DROP TABLE c;");
    let output = project.run(&["verify", "--json"]).expect_status(1);
    let found = document(&output);
    let proved: Vec<_> =
        found.iter().map(|one| (one["up"] == true, one["down"] == true, one["again"] == true)).collect();
    assert_eq!(proved, [(true, true, true), (true, false, false), (true, true, true)], "{found:#?}");
    let difference = found[1]["difference"].as_array().unwrap();
    assert_eq!(difference.len(), 1, "{difference:?}");
    assert!(difference[0].as_str().unwrap().contains("public.a_id"), "{difference:?}");
    let text = project.run(&["verify", "bb01"]).expect_status(1).stdout;
    assert!(text.starts_with("bb01  failed: the downgrade does not undo the upgrade\n"), "{text}");
}

#[test]
fn a_failing_upgrade_is_reported_with_its_line_and_its_descendants_are_not_run() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("aa01", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
    project.script("bb01", "aa01", "SELECT 1;\nCREATE TABLE b (id nosuchtype);", "DROP TABLE b;");
    project.script("cc01", "bb01", "CREATE TABLE c (id int);", "DROP TABLE c;");
    project.script("dd01", "aa01", "CREATE TABLE d (id int);", "DROP TABLE d;");
    let output = project.run(&["verify", "--json"]).expect_status(1);
    let found = document(&output);
    let of = |id: &str| found.iter().find(|one| one["revision"] == id).unwrap();
    assert_eq!(of("bb01")["error"]["line"], 9, "{found:#?}");
    assert!(output.stderr.contains("nosuchtype") && output.stderr.contains("bb01_script.sql:9"), "{}", output.stderr);
    assert_eq!((&of("cc01")["up"], &of("cc01")["note"]), (&false.into(), &"not run, because bb01 failed".into()));
    assert_eq!((&of("aa01")["again"], &of("dd01")["again"]), (&true.into(), &true.into()));
    let before = project.run(&["verify", "cc01"]).expect_status(1);
    assert!(before.stderr.contains("this revision must run before the verified revisions"), "{}", before.stderr);
}

#[test]
fn an_empty_downgrade_and_a_different_second_upgrade_fail() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("aa01", "", "CREATE TABLE a (id int);", "");
    project.script("bb01", "aa01", "UPDATE a SET id = 1;", "");
    project.script(
        "cc01",
        "bb01",
        "DO $$ BEGIN IF to_regclass('kept.k') IS NULL THEN CREATE TABLE c1 (id int); ELSE CREATE TABLE c2 (id int); END IF; END $$;\n\
         CREATE SCHEMA IF NOT EXISTS kept;\nCREATE TABLE IF NOT EXISTS kept.k (id int);",
        "DROP TABLE IF EXISTS c1, c2;",
    );
    let output = project.run(&["verify", "--json"]).expect_status(1);
    let found = document(&output);
    assert!(found[0]["note"].as_str().unwrap().starts_with("the downgrade is empty"), "{found:#?}");
    assert_eq!((&found[0]["up"], &found[0]["down"]), (&true.into(), &false.into()));
    assert_eq!(found[1]["again"], true, "{found:#?}");
    let lines = found[2]["difference"].to_string();
    assert!(lines.contains("schema kept") && lines.contains("public.c2"), "{lines}");
    assert!(output.stderr.contains("empty tables"), "{}", output.stderr);
}

#[test]
fn hazards_need_no_approval_and_comments_grants_and_settings_are_compared() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql(&format!("CREATE ROLE reader; ALTER DATABASE {} SET search_path = shop, public", database.name()));
    let project = TestProject::on(&database);
    project.script(
        "aa01",
        "",
        "CREATE SCHEMA shop;\nCREATE TABLE a (id int);",
        "DROP TABLE shop.a;\nDROP SCHEMA shop;",
    );
    project.script("bb01", "aa01", "GRANT SELECT ON a TO reader;\nCOMMENT ON COLUMN a.id IS 'x';", "SELECT 1;");
    let output = project.run(&["verify", "--json"]).expect_status(1);
    let found = document(&output);
    assert_eq!(found[0]["again"], true, "{found:#?}");
    let lines = found[1]["difference"].to_string();
    assert!(lines.contains("comment") && lines.contains("reader"), "{lines}");
}

#[test]
fn the_sample_is_proved_on_its_embedded_server() {
    let project = TestProject::without_config();
    let migrations = crate::support::repository().join("migrations");
    let copied = std::process::Command::new("cp").arg("-r").arg(migrations).arg(project.path("m")).status().unwrap();
    assert!(copied.success());
    let output = project.run(&["-c", "m/limbeck.toml", "verify"]).expect_status(0);
    assert!(output.stdout.ends_with("12 of 12 revisions proved, and the downgrade to base\n"), "{}", output.stdout);
    let current = project.run(&["-c", "m/limbeck.toml", "current"]).expect_status(0).stdout;
    assert_eq!(current, "51ab90de3c44 (mergepoint)\n");
}
