//! `check` does not read an unchanged database again, and detects every change.

use super::with_models;
use crate::support::{Server, ServerOptions, TestProject};

const MODELS: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE a (i int PRIMARY KEY, m mood DEFAULT 'ok', t text);
CREATE VIEW v AS SELECT i FROM a;
CREATE SEQUENCE s;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
";

/// Whether a check without differences reads the database.
#[track_caller]
fn reads_database(project: &TestProject) -> bool {
    project.run(&["check", "-v"]).expect_status(0).stderr.contains("Reading the database")
}

#[test]
fn an_unchanged_database_is_read_only_once() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql(MODELS);
    let project = with_models(&database, MODELS);
    assert!(reads_database(&project));
    assert!(!reads_database(&project));
    database.psql("INSERT INTO a VALUES (1); SELECT nextval('s'); ANALYZE");
    database.psql("CREATE DATABASE beside_it");
    database.psql("DROP DATABASE beside_it");
    assert!(!reads_database(&project), "rows are not part of the schema");
    project.write("models/schema.sql", &format!("{MODELS}-- and a word\n"));
    assert!(reads_database(&project), "the models have changed");
}

#[test]
fn every_change_is_detected_and_so_is_its_reversal() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql(MODELS);
    let project = with_models(&database, MODELS);
    reads_database(&project);
    let changes = [
        ("ALTER TABLE a ADD COLUMN more int", "ALTER TABLE a DROP COLUMN more"),
        ("ALTER TABLE a ALTER COLUMN t SET NOT NULL", "ALTER TABLE a ALTER COLUMN t DROP NOT NULL"),
        ("ALTER TABLE a ALTER COLUMN m SET DEFAULT 'sad'", "ALTER TABLE a ALTER COLUMN m SET DEFAULT 'ok'"),
        ("COMMENT ON TABLE a IS 'x'", "COMMENT ON TABLE a IS NULL"),
        ("GRANT SELECT ON a TO PUBLIC", "REVOKE ALL ON a FROM PUBLIC"),
        ("ALTER SEQUENCE s INCREMENT 5", "ALTER SEQUENCE s INCREMENT 1"),
        ("ALTER TYPE mood RENAME VALUE 'sad' TO 'low'", "ALTER TYPE mood RENAME VALUE 'low' TO 'sad'"),
        ("ALTER FUNCTION f() STABLE", "ALTER FUNCTION f() VOLATILE"),
        ("CREATE INDEX x ON a (t)", "DROP INDEX x"),
        ("ALTER VIEW v SET (security_barrier)", "ALTER VIEW v RESET (security_barrier)"),
        ("ALTER TABLE a ENABLE ROW LEVEL SECURITY", "ALTER TABLE a DISABLE ROW LEVEL SECURITY"),
        ("CREATE COLLATION c FROM \"C\"", "DROP COLLATION c"),
    ];
    for (there, back) in changes {
        database.psql(there);
        let found = project.run(&["check"]);
        assert_eq!(found.status, Some(4), "{there}: {found:?}");
        database.psql(back);
        let found = project.run(&["check"]);
        assert_eq!(found.status, Some(0), "{back}: {found:?}");
        assert!(!reads_database(&project), "{back}");
    }
}

#[test]
fn the_database_is_read_again_after_a_restart() {
    let server = Server::start(&ServerOptions::default());
    let url = server.url("postgres");
    let project = TestProject::new(&format!("[database]\nurl = \"{url}\"\n"));
    project.write("models/schema.sql", "");
    assert!(reads_database(&project));
    assert!(!reads_database(&project));
    server.restart();
    assert!(reads_database(&project));
}
