//! `drift`: the database compared with its own history.

use super::{document, scratch};
use crate::support::{Server, ServerOptions, TestProject, server};

#[test]
fn manual_changes_are_found() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    project.script("0001aaaa0000", "", "CREATE TABLE a (id int PRIMARY KEY, t text);", "DROP TABLE a;");
    project.script("0002aaaa0000", "0001aaaa0000", "CREATE TABLE later (i int);", "DROP TABLE later;");
    let unchanged = project.run(&["drift"]).expect_status(0);
    assert_eq!(unchanged.stdout, "The database equals the schema of its history.\n");
    project.run(&["upgrade", "0001aaaa0000"]).expect_status(0);
    project.run(&["drift"]).expect_status(0);
    database.psql("ALTER TABLE a ADD COLUMN by_hand int, ALTER COLUMN t SET NOT NULL");
    let drifted = project.run(&["drift"]).expect_status(4);
    assert!(drifted.stdout.starts_with("The database differs from the schema of its history:\n"), "{}", drifted.stdout);
    assert!(drifted.stdout.contains("by_hand"), "{}", drifted.stdout);
    let found = document(&project.run(&["drift", "--json"]).expect_status(4));
    let statements: Vec<&str> =
        found["operations"].as_array().unwrap().iter().map(|operation| operation["sql"].as_str().unwrap()).collect();
    assert!(statements.iter().any(|sql| sql.contains("DROP COLUMN by_hand")), "{found:#}");
    assert!(statements.iter().any(|sql| sql.contains("DROP NOT NULL")), "{found:#}");
    assert!(scratch(&database).is_empty());
}

#[test]
fn a_revision_without_a_file_is_replayed_from_the_ledger() {
    let database = server().database();
    let project = TestProject::on(&database);
    let path = project.script("0001aaaa0000", "", "CREATE TABLE a (i int);", "DROP TABLE a;");
    project.run(&["upgrade", "head"]).expect_status(0);
    std::fs::remove_file(path).unwrap();
    project.run(&["drift"]).expect_status(0);
    project.script("0001aaaa0000", "", "CREATE TABLE a (i int, j int);", "DROP TABLE a;");
    let edited = project.run(&["drift"]).expect_status(4);
    assert!(edited.stderr.contains("revision 0001aaaa0000 was edited after it ran"), "{}", edited.stderr);
}
