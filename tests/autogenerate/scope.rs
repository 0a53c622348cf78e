//! Objects outside the managed schemas and excluded objects are never changed.

use super::{document, with_models};
use crate::support::{TestDatabase, TestProject, server};

fn configured(database: &TestDatabase<'_>, models: &str, more: &str) -> TestProject {
    let project = with_models(database, models);
    project.write("limbeck.toml", &format!("[database]\nurl = \"{}\"\n[models]\n{more}\n", database.url()));
    project
}

#[test]
fn schemas_that_are_not_managed_are_ignored() {
    let database = server().database();
    database.psql("CREATE SCHEMA theirs; CREATE TABLE theirs.t (i int); CREATE TABLE a (i int)");
    let project = configured(&database, "CREATE TABLE a (i int);", "");
    project.run(&["check"]).expect_status(0);
    let project = configured(&database, "CREATE SCHEMA mine; CREATE TABLE mine.t (i int);", "schemas = [\"public\"]");
    let found = document(&project.run(&["check", "--json"]).expect_status(4));
    assert_eq!(found["operations"].as_array().unwrap().len(), 1, "{found:#}");
    assert_eq!(found["operations"][0]["sql"], "DROP TABLE public.a");
}

#[test]
fn excluded_objects_are_ignored_in_models_and_database() {
    let database = server().database();
    database.psql("CREATE TABLE legacy_a (i int); CREATE INDEX legacy_i ON legacy_a (i); CREATE TABLE kept (i int)");
    let models = "CREATE TABLE kept (i int); CREATE TABLE legacy_b (i int);";
    let project = configured(&database, models, "exclude = [\"legacy_*\"]");
    project.run(&["check"]).expect_status(0);
    let script = super::generate(&project, &["-m", "nothing"]);
    assert!(!script.contains("legacy"), "{script}");
}

#[test]
fn models_from_a_program_need_a_confirmation() {
    let database = server().database();
    let project = configured(&database, "", "program = [\"sh\", \"-c\", \"echo 'CREATE TABLE a (i int);'\"]");
    project.run(&["check"]).expect_status(3);
    let found = document(&project.run(&["check", "--json", "--yes"]).expect_status(4));
    assert_eq!(found["operations"][0]["object"], "table public.a");
    project.run(&["revision", "--autogenerate", "-m", "a"]).expect_status(0);
}
