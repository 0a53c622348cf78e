//! Renames are specified by the user and never guessed.

use super::{document, generate, section, with_models};
use crate::support::server;

#[test]
fn a_possible_rename_is_offered_and_the_option_makes_it_a_rename() {
    let database = server().database();
    database.psql(
        "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
         CREATE VIEW named AS SELECT name FROM users; INSERT INTO users VALUES (1, 'Ada')",
    );
    let models = "CREATE TABLE users (id bigint PRIMARY KEY, full_name text NOT NULL);
        CREATE VIEW named AS SELECT full_name AS name FROM users;";
    let project = with_models(&database, models);
    let offered = project.run(&["revision", "--autogenerate", "--sql"]).expect_status(0);
    assert!(offered.stderr.contains("--rename public.users.name=full_name"), "{}", offered.stderr);
    assert!(offered.stdout.contains("DROP COLUMN"), "{}", offered.stdout);
    let script = generate(&project, &["-m", "rename", "--rename", "public.users.name=full_name"]);
    assert_eq!(section(&script, "-- @upgrade"), "ALTER TABLE users RENAME COLUMN name TO full_name;", "{script}");
    assert_eq!(section(&script, "-- @downgrade"), "ALTER TABLE users RENAME COLUMN full_name TO name;", "{script}");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("SELECT full_name FROM users"), "Ada");
    project.run(&["check"]).expect_status(0);
}

#[test]
fn possible_renames_are_in_the_document() {
    let database = server().database();
    database.psql("CREATE TABLE users (id bigint PRIMARY KEY, name text)");
    let project = with_models(&database, "CREATE TABLE users (id bigint PRIMARY KEY, full_name text);");
    let written = document(&project.run(&["revision", "--autogenerate", "--json"]).expect_status(0));
    assert_eq!(written["renames"][0]["rename"], "public.users.name=full_name");
    assert!(!written["renames"][0]["reasons"].as_array().unwrap().is_empty());
}

#[test]
fn a_rename_of_an_unknown_object_is_an_error() {
    let database = server().database();
    database.psql("CREATE TABLE users (id bigint PRIMARY KEY, name text)");
    let project = with_models(&database, "CREATE TABLE users (id bigint PRIMARY KEY, full_name text);");
    let arguments = ["revision", "--autogenerate", "--rename", "users.nam=full_name"];
    let refused = project.run(&arguments).expect_status(2);
    assert!(refused.stderr.contains("cannot rename users.nam=full_name"), "{}", refused.stderr);
}
