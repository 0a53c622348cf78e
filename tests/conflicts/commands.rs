//! The output of `conflicts` in the shapes that a history can have.

use serde_json::json;

use super::{BASE, BASE_DOWN, document, two_heads};
use crate::support::{Server, ServerOptions, TestProject, server};

#[test]
fn branches_that_commute_are_shown_with_what_they_touch() {
    let database = server().database();
    let project = TestProject::on(&database);
    two_heads(&project, "ALTER TABLE users ADD plan text;", "CREATE INDEX users_name ON users (name);");
    let output = project.run(&["conflicts"]).expect_status(0);
    for part in [
        "Branches since cc01\n",
        "  aa01  revision aa01  (1 revision)\n    = users.plan  column added\n",
        "    = users.name  index users_name created\n",
        "The branches commute: both orders give the same schema and the same rows\n",
    ] {
        assert!(output.stdout.contains(part), "{part}\n{}", output.stdout);
    }
    let found = document(&project.run(&["conflicts", "aa01", "bb01", "--json"]).expect_status(0));
    assert_eq!((&found["verdict"], &found["common_ancestor"]), (&json!("commute"), &json!("cc01")));
    assert_eq!(found["difference"], json!([]));
    let orders = json!([
        {"order": ["aa01", "bb01"], "failed": null},
        {"order": ["bb01", "aa01"], "failed": null},
    ]);
    assert_eq!(found["orders"], orders);
    let users = found["touched"].as_array().unwrap().iter().find(|one| one["object"] == "users").unwrap();
    assert_eq!((&users["by"], &users["shared"]), (&json!(["aa01", "bb01"]), &json!(true)));
    assert_eq!(database.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

#[test]
fn the_objects_that_depend_on_the_order_are_named() {
    let database = server().database();
    let project = TestProject::on(&database);
    two_heads(
        &project,
        "UPDATE users SET level = level + 1;",
        "UPDATE users SET level = level * 3;\nALTER TYPE mood ADD VALUE 'sad';",
    );
    let output = project.run(&["conflicts"]).expect_status(4);
    let line = "rows of table public.users: the values of level are others if bb01 runs first";
    assert!(output.stdout.contains(line), "{}", output.stdout);
    let found = document(&project.run(&["conflicts", "--json"]).expect_status(4));
    assert_eq!(found["verdict"], "differ");
    assert_eq!(found["difference"], json!([line]));
}

#[test]
fn a_failure_names_script_line_statement_and_error() {
    let database = server().database();
    let project = TestProject::on(&database);
    two_heads(&project, "ALTER TABLE users RENAME COLUMN name TO label;", "SELECT 1;\nUPDATE users SET name = 'x';");
    let output = project.run(&["conflicts", "--json"]).expect_status(4);
    let found = document(&output);
    assert_eq!(found["verdict"], "fail");
    let failed = &found["orders"][0]["failed"];
    assert_eq!((&failed["revision"], &failed["line"]), (&json!("bb01"), &json!(9)));
    assert_eq!(failed["statement"], "UPDATE users SET name = 'x'");
    assert!(failed["message"].as_str().unwrap().contains("column \"name\" of relation \"users\" does not exist"));
    assert_eq!(found["orders"][1]["failed"], json!(null));
    assert!(output.stderr.contains("bb01_script.sql:9"), "{}", output.stderr);
    let text = project.run(&["conflicts"]).expect_status(4).stdout;
    let line = "  aa01, then bb01: failed at bb01_script.sql:9  UPDATE users SET name = 'x'\n  bb01, then aa01: ran\n";
    assert!(text.contains("One order fails\n") && text.contains(line), "{text}");
}

#[test]
fn values_that_change_with_each_run_are_not_compared() {
    let database = server().database();
    let project = TestProject::on(&database);
    let insert = |id: u8| {
        format!("INSERT INTO users (id, name) VALUES ({id}, 'x'); INSERT INTO seen VALUES ({id}, clock_timestamp());")
    };
    project.script("cc01", "", &format!("{BASE}\nCREATE TABLE seen (id int, at timestamptz);"), BASE_DOWN);
    project.script("aa01", "cc01", &insert(10), "");
    project.script("bb01", "cc01", &insert(11), "");
    let output = project.run(&["conflicts"]).expect_status(0);
    assert!(output.stdout.contains("note: at of table public.seen changes with each run"), "{}", output.stdout);
    // The id of a new row depends on the order.
    project.script(
        "cc01",
        "",
        "CREATE TABLE users (id serial, name text, at timestamptz DEFAULT clock_timestamp());",
        "",
    );
    project.script("aa01", "cc01", "INSERT INTO users (name) VALUES ('a');", "");
    project.script("bb01", "cc01", "INSERT INTO users (name) VALUES ('b');", "");
    let output = project.run(&["conflicts"]).expect_status(4);
    assert!(output.stdout.contains("rows of table public.users"), "{}", output.stdout);
}

#[test]
fn merge_points_dependencies_and_labels_are_followed() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("cc01", "", BASE, BASE_DOWN);
    project.script("aa01", "cc01", "ALTER TABLE users ADD a1 int;", "");
    project.script("aa02", "cc01", "ALTER TABLE jobs ADD a2 int;", "");
    project.script("aa03", "aa01, aa02", "UPDATE users SET a1 = 1;", "");
    let labelled = "-- b\n--\n-- Revision ID: bb01\n-- Revises: cc01\n-- Branch Labels: billing\n-- Depends On: aa02\n\n\
                    -- @upgrade\nUPDATE jobs SET a2 = 1;\n\n-- @downgrade\n";
    project.write("versions/bb01.sql", labelled);
    let found = document(&project.run(&["conflicts", "--json"]).expect_status(0));
    assert_eq!((&found["verdict"], &found["common_ancestor"]), (&json!("commute"), &json!("aa02")));
    let pair = &found["pairs"][0];
    assert_eq!(pair["branches"], json!([["aa01", "aa03"], ["bb01"]]), "{found:#}");
    let by_label = document(&project.run(&["conflicts", "billing@head", "aa03", "--json"]).expect_status(0));
    assert_eq!(by_label["pairs"][0]["heads"], json!(["bb01", "aa03"]));
    // The other branch is a dependency: only one order is possible.
    project.write("versions/bb01.sql", &labelled.replace("Depends On: aa02", "Depends On: aa03"));
    let output = project.run(&["conflicts"]).expect_status(0);
    assert!(output.stdout.contains("Only one order is possible"), "{}", output.stdout);
}

#[test]
fn more_than_two_heads_are_compared_in_pairs() {
    let database = server().database();
    let project = TestProject::on(&database);
    two_heads(&project, "ALTER TABLE users ADD plan text;", "ALTER TABLE users ADD plan text;");
    project.script("dd01", "cc01", "ALTER TABLE jobs ADD plan text;", "");
    let output = project.run(&["conflicts", "--json"]).expect_status(4);
    let found = document(&output);
    let pairs = found["pairs"].as_array().unwrap();
    let verdicts: Vec<_> = pairs.iter().map(|pair| (pair["heads"].clone(), pair["verdict"].clone())).collect();
    let expected = [
        (json!(["aa01", "bb01"]), json!("fail")),
        (json!(["aa01", "dd01"]), json!("commute")),
        (json!(["bb01", "dd01"]), json!("commute")),
    ];
    assert_eq!(verdicts, expected);
    assert_eq!(found["verdict"], "fail");
    assert!(output.stderr.contains("Comparing aa01 and bb01 (pair 1 of 3)"), "{}", output.stderr);
    assert_eq!(document(&project.run(&["conflicts", "aa01", "dd01", "--json"]).expect_status(0))["verdict"], "commute");
}

#[test]
fn one_head_has_no_conflict_and_a_failing_history_is_an_error() {
    // The test counts scratch databases, so the server must not be shared.
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    project.script("cc01", "", "SELECT 1;", "");
    assert_eq!(document(&project.run(&["conflicts", "--json"]).expect_status(0))["verdict"], "commute");
    project.run(&["conflicts", "cc01", "cc01"]).expect_status(2);
    project.script("cc01", "", "SELECT nothing;", "");
    project.script("aa01", "cc01", "SELECT 1;", "");
    project.script("bb01", "cc01", "SELECT 1;", "");
    let output = project.run(&["conflicts"]).expect_status(1);
    assert!(output.stderr.contains("this revision must run before the branches"), "{}", output.stderr);
    assert_eq!(database.psql("SELECT count(*) FROM pg_database WHERE datname LIKE 'limbeck_scratch%'"), "0");
}
