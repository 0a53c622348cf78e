//! Scripts that autogenerate writes, and what it reports.

use serde_json::json;

use super::{document, generate, scripts, section, with_models};
use crate::support::server;

const USERS: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);\n";

#[test]
fn autogenerate_writes_the_upgrade_and_the_downgrade() {
    let database = server().database();
    let project = with_models(&database, USERS);
    let output = project.run(&["revision", "--autogenerate", "-m", "add users"]).expect_status(0);
    let [path] = &scripts(&project, "versions")[..] else { panic!("{output:?}") };
    assert_eq!(output.stdout, format!("Generating {} ...  done\n", path.display()));
    assert!(output.stderr.contains("Detected added table public.users\n"), "{}", output.stderr);
    let script = std::fs::read_to_string(path).unwrap();
    assert!(section(&script, "-- @upgrade").starts_with("CREATE TABLE users (\n"), "{script}");
    assert_eq!(section(&script, "-- @downgrade"), "DROP TABLE users;", "{script}");
    project.run(&["upgrade", "head"]).expect_status(0);
    let unchanged = project.run(&["check"]).expect_status(0);
    assert_eq!(unchanged.stdout, "No new upgrade operations detected.\n");
    project.run(&["downgrade", "base", "--allow", "all"]).expect_status(0);
    assert_eq!(database.psql("SELECT to_regclass('users')"), "");
}

#[test]
fn check_lists_the_operations_and_changes_nothing() {
    let database = server().database();
    let project = with_models(&database, USERS);
    let output = project.run(&["check"]).expect_status(4);
    assert!(output.stdout.starts_with("New upgrade operations detected:\n  CREATE TABLE public.users ("), "{output:?}");
    let found = document(&project.run(&["check", "--json"]).expect_status(4));
    assert_eq!(found["operations"][0]["object"], "table public.users");
    assert_eq!(found["operations"][0]["hazards"], json!([]));
    project.write("models/schema.sql", "SELECT 1;");
    database.psql("CREATE TABLE users (id bigint)");
    let found = document(&project.run(&["check", "--json"]).expect_status(4));
    assert_eq!(found["operations"][0]["sql"], "DROP TABLE public.users");
    assert_eq!(found["operations"][0]["hazards"][0]["class"], "data-loss");
    assert_eq!(database.psql("SELECT to_regclass('users')"), "users");
}

#[test]
fn without_a_difference_the_script_is_empty_or_skipped() {
    let database = server().database();
    let project = with_models(&database, USERS);
    database.psql(USERS);
    let skipped = project.run(&["revision", "--autogenerate", "--skip-empty"]).expect_status(0);
    assert_eq!(skipped.stdout, "No new upgrade operations detected.\n");
    let skipped = project.run(&["revision", "--autogenerate", "--skip-empty", "--json"]).expect_status(0);
    let nothing = json!({"path": null, "revision": null, "operations": [], "renames": [], "proof": null});
    assert_eq!(document(&skipped), nothing);
    assert!(scripts(&project, "versions").is_empty());
    let script = generate(&project, &["-m", "nothing"]);
    assert_eq!((section(&script, "-- @upgrade"), section(&script, "-- @downgrade")), ("", ""));
}

#[test]
fn with_sql_the_script_is_printed_and_not_written() {
    let database = server().database();
    let project = with_models(&database, USERS);
    let output = project.run(&["revision", "--autogenerate", "--sql"]).expect_status(0);
    assert!(output.stdout.starts_with("CREATE TABLE users (\n") && output.stdout.ends_with(");\n"), "{output:?}");
    let json = project.run(&["revision", "--autogenerate", "--sql", "--json"]).expect_status(0);
    assert_eq!(document(&json)["sql"], output.stdout.trim_end());
    assert!(scripts(&project, "versions").is_empty());
}

#[test]
fn the_document_contains_operations_and_proof() {
    let database = server().database();
    let project = with_models(&database, USERS);
    let arguments = ["revision", "--autogenerate", "-m", "one", "--rev-id", "0001aaaa0000", "--json"];
    let written = document(&project.run(&arguments).expect_status(0));
    assert_eq!(written["path"], json!(project.path("versions/0001aaaa0000_one.sql")));
    assert_eq!((&written["revision"], &written["renames"]), (&json!("0001aaaa0000"), &json!([])));
    assert_eq!(written["operations"][0]["object"], "table public.users");
    let proof = json!({"up": true, "down": true, "again": true, "difference": [], "error": null});
    assert_eq!(written["proof"], proof);
}

#[test]
fn the_script_says_which_data_a_downgrade_cannot_restore() {
    let database = server().database();
    let project = with_models(&database, "CREATE TABLE users (id bigint PRIMARY KEY);");
    database.psql(USERS);
    database.psql("CREATE TABLE former (i int)");
    let script = generate(&project, &["-m", "smaller"]);
    let down = section(&script, "-- @downgrade");
    assert!(
        down.contains("-- The rows of former are restored only from a kept copy.\nCREATE TABLE former ("),
        "{script}"
    );
    assert!(
        down.contains("-- The values of users.name are restored only from a kept copy.\nALTER TABLE users"),
        "{script}"
    );
}

#[test]
fn names_have_their_schema_if_the_search_path_depends_on_the_role() {
    let server = crate::support::Server::start(&crate::support::ServerOptions::default());
    let database = server.database();
    database.psql("CREATE SCHEMA postgres");
    let project = with_models(&database, "CREATE SCHEMA postgres; CREATE TABLE public.a (i int);");
    let script = generate(&project, &["-m", "a"]);
    assert!(section(&script, "-- @upgrade").contains("CREATE TABLE public.a"), "{script}");
}

#[test]
fn equivalent_expressions_are_not_a_difference() {
    let database = server().database();
    // PostgreSQL prints the two expressions differently.
    database.psql("CREATE TABLE t (a varchar(9), CONSTRAINT c CHECK (a IN ('x', 'y')))");
    let models = "CREATE TABLE t (a varchar(9), CONSTRAINT c CHECK
        ((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])));";
    let project = with_models(&database, models);
    project.run(&["check"]).expect_status(0);
}

#[test]
fn a_function_may_need_the_search_path_of_its_model() {
    let database = server().database();
    database.psql("CREATE SCHEMA shop");
    let models = "CREATE SCHEMA shop; SET search_path = shop, public;\nCREATE TABLE item (price numeric);\n\
                  CREATE FUNCTION dearest() RETURNS numeric LANGUAGE sql AS 'SELECT max(price) FROM item';\n";
    let project = with_models(&database, models);
    let script = generate(&project, &[]);
    let setting = "SET LOCAL check_function_bodies = off;";
    assert!(section(&script, "-- @upgrade").contains(setting), "{script}");
    assert!(!section(&script, "-- @downgrade").contains(setting), "{script}");
    project.run(&["upgrade", "head"]).expect_status(0);
    project.run(&["check"]).expect_status(0);
}

#[test]
fn only_new_enum_values_leave_the_transaction() {
    let database = server().database();
    database.psql("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE lots (m mood DEFAULT 'ok', n int)");
    let models = "CREATE TYPE mood AS ENUM ('new', 'ok');\nCREATE TABLE lots (m mood DEFAULT 'new', n bigint);\n";
    let project = with_models(&database, models);
    let script = generate(&project, &[]);
    let (values, rest) = script.split_once("\n-- @upgrade\n").unwrap();
    assert!(values.contains("\n-- @upgrade transaction=off\n") && values.contains("ADD VALUE 'new'"), "{script}");
    assert!(rest.contains("SET DEFAULT 'new'") && rest.contains("TYPE bigint"), "{script}");
    project.run(&["upgrade", "head"]).expect_status(0);
    project.run(&["check"]).expect_status(0);
    project.run(&["downgrade", "base", "--allow", "all"]).expect_status(0);
    assert_eq!(database.psql("SELECT enum_range(NULL::mood)"), "{ok}");
}
