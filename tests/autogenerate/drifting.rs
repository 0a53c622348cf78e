//! The database against its own history.

use super::{document, scratch};
use crate::support::{Server, ServerOptions, TestProject, server};

#[test]
fn what_was_done_by_hand_is_found() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    project.script("0001aaaa0000", "", "CREATE TABLE a (id int PRIMARY KEY, t text);", "DROP TABLE a;");
    project.script("0002aaaa0000", "0001aaaa0000", "CREATE TABLE later (i int);", "DROP TABLE later;");
    let calm = project.run(&["drift"]).expect_status(0);
    assert_eq!(calm.stdout, "The database is what its history says.\n");
    project.run(&["upgrade", "0001aaaa0000"]).expect_status(0);
    project.run(&["drift"]).expect_status(0);
    database.psql("ALTER TABLE a ADD COLUMN by_hand int, ALTER COLUMN t SET NOT NULL");
    let drifted = project.run(&["drift"]).expect_status(4);
    assert!(drifted.stdout.starts_with("The database is not what its history says:\n"), "{}", drifted.stdout);
    assert!(drifted.stdout.contains("by_hand"), "{}", drifted.stdout);
    let found = document(&project.run(&["drift", "--json"]).expect_status(4));
    let statements: Vec<&str> =
        found["operations"].as_array().unwrap().iter().map(|operation| operation["sql"].as_str().unwrap()).collect();
    assert!(statements.iter().any(|sql| sql.contains("DROP COLUMN by_hand")), "{found:#}");
    assert!(statements.iter().any(|sql| sql.contains("DROP NOT NULL")), "{found:#}");
    assert!(scratch(&database).is_empty());
}

#[test]
fn a_revision_whose_file_is_gone_counts_with_the_text_that_ran() {
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
