//! Objects dropped by CASCADE are found, counted, approved, copied and restored.

use crate::support::{TestProject, server};

const TABLES: &str = "CREATE TYPE mood AS ENUM ('ok');
CREATE TABLE parent (i int PRIMARY KEY); CREATE TABLE child (t text) INHERITS (parent);
INSERT INTO child VALUES (1, 'a'), (2, 'b'), (3, NULL);
CREATE TABLE u (i int PRIMARY KEY, m mood, \"M.2\" mood); INSERT INTO u VALUES (1, 'ok', NULL), (2, 'ok', 'ok');
CREATE TABLE empty (i int PRIMARY KEY); CREATE TABLE refers (i int PRIMARY KEY, e int REFERENCES empty);
INSERT INTO refers VALUES (1, NULL), (2, NULL);
CREATE VIEW v AS SELECT 1 AS one; CREATE VIEW w AS SELECT one FROM v;
CREATE TABLE whole (i int) PARTITION BY RANGE (i); CREATE TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (9);";

/// The data-loss hazards of a dry run, as (code, object, values).
pub fn found(project: &TestProject) -> Vec<(String, String, Option<u64>)> {
    let output = project.run(&["upgrade", "head", "--dry-run", "--json"]).expect_status(0);
    let plan: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let hazards = plan["steps"][0]["statements"].as_array().unwrap().iter();
    let hazards = hazards.flat_map(|statement| statement["hazards"].as_array().unwrap());
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    hazards
        .filter(|hazard| hazard["class"] == "data-loss")
        .map(|hazard| (text(&hazard["code"]), text(&hazard["object"]), hazard["evidence"]["values"].as_u64()))
        .collect()
}

/// Expected hazards in the form of [`found`].
pub fn owned(hazards: &[(&str, &str, Option<u64>)]) -> Vec<(String, String, Option<u64>)> {
    hazards.iter().map(|(code, object, values)| ((*code).to_owned(), (*object).to_owned(), *values)).collect()
}

#[test]
fn cascaded_objects_are_counted_by_name() {
    for (statement, expected) in [
        ("DROP TABLE parent CASCADE", &[("DL101", "parent", Some(3)), ("DL124", "public.child", Some(3))][..]),
        (
            "DROP TYPE mood CASCADE",
            &[("DL109", "mood", None), ("DL124", "public.u.\"M.2\"", Some(1)), ("DL124", "public.u.m", Some(2))],
        ),
        ("TRUNCATE empty CASCADE", &[("DL102", "empty", Some(0)), ("DL124", "public.refers", Some(2))]),
        ("DROP TABLE whole CASCADE", &[("DL101", "whole", Some(0))]),
        ("DROP VIEW v CASCADE", &[("DL114", "v", None)]),
        ("DROP TABLE u CASCADE", &[("DL101", "u", Some(2))]),
    ] {
        let database = server().database();
        database.psql(TABLES);
        let project = TestProject::on(&database);
        project.script("a", "", &format!("{statement};"), "SELECT 1;");
        assert_eq!(found(&project), owned(expected), "{statement}");
    }
}

#[test]
fn dropping_an_empty_table_needs_approval_for_cascaded_tables_with_rows() {
    let database = server().database();
    database.psql(TABLES);
    let project = TestProject::on(&database);
    project.script("a", "", "TRUNCATE empty CASCADE;", "SELECT 1;");
    let refused = project.run(&["upgrade", "head"]).expect_status(3);
    assert!(refused.stderr.contains("public.refers"), "{}", refused.stderr);
    assert_eq!(database.psql("SELECT count(*) FROM refers"), "2");
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM refers"), "0");
    project.run(&["downgrade", "base"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM refers"), "2");
}

#[test]
fn an_object_that_becomes_dependent_after_the_plan_stops_the_run() {
    let database = server().database();
    database.psql("CREATE TABLE empty (i int); CREATE TABLE full_one (i int); INSERT INTO full_one VALUES (1)");
    let project = TestProject::on(&database);
    project.script("a", "", "ALTER TABLE full_one INHERIT empty;\nDROP TABLE empty CASCADE;", "SELECT 1;");
    let stopped = project.run(&["upgrade", "head"]);
    assert_ne!(stopped.status, Some(0), "{stopped:?}");
    assert_eq!(database.psql("SELECT count(*) FROM full_one"), "1");
}
