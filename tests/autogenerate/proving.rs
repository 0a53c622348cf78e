//! Scripts that cannot be proved, and what is copied to prove one.

use super::{document, generate, scratch, scripts, section, with_models};
use crate::support::server;

/// A view that stands on an operator, which autogenerate cannot write.
const OPERATOR: &str = "CREATE FUNCTION same(a int, b int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT a = b';
    CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = same);\n";
const VIEW: &str = "CREATE VIEW v AS SELECT 1 === 2 AS same;";

#[test]
fn what_cannot_be_proved_is_kept_as_a_draft() {
    let server = crate::support::Server::start(&crate::support::ServerOptions::default());
    let database = server.database();
    let project = with_models(&database, &format!("{OPERATOR}{VIEW}"));
    let output = project.run(&["revision", "--autogenerate", "-m", "same"]).expect_status(1);
    assert!(output.stderr.contains("operator public.===(integer,integer) is in the models only"), "{}", output.stderr);
    assert!(output.stderr.contains("the script could not be proved"), "{}", output.stderr);
    assert!(scripts(&project, "versions").is_empty());
    let [draft] = &scripts(&project, "drafts")[..] else { panic!("{output:?}") };
    assert!(std::fs::read_to_string(draft).unwrap().starts_with("-- UNPROVED: the upgrade does not make"));
    // No later command takes it for a revision.
    assert_eq!(project.run(&["heads"]).expect_status(0).stdout, "");
    let output = project.run(&["revision", "--autogenerate", "-m", "same", "--json"]).expect_status(1);
    assert_eq!(document(&output)["proof"]["up"], false);
    assert!(scratch(&database).is_empty());
}

#[test]
fn what_the_difference_cannot_write_is_copied_by_pg_dump() {
    let database = server().database();
    database.psql(OPERATOR);
    let project = with_models(&database, &format!("{OPERATOR}{VIEW}"));
    let script = generate(&project, &["-m", "view"]);
    assert!(section(&script, "-- @upgrade").starts_with("CREATE VIEW v AS"), "{script}");
    project.run(&["upgrade", "head"]).expect_status(0);
    project.run(&["check"]).expect_status(0);
}

#[test]
fn what_stands_outside_the_managed_schemas_is_there_when_a_script_is_proved() {
    let database = server().database();
    database.psql("CREATE SCHEMA other; CREATE TABLE other.parents (id int PRIMARY KEY)");
    let project = with_models(
        &database,
        "CREATE SCHEMA other; CREATE TABLE other.parents (id int PRIMARY KEY);
         CREATE TABLE public.children (id int REFERENCES other.parents);",
    );
    project.write(
        "limbeck.toml",
        &format!("[database]\nurl = \"{}\"\n[models]\nschemas = [\"public\"]\n", database.url()),
    );
    let script = generate(&project, &["-m", "children"]);
    assert!(script.contains("REFERENCES other.parents"), "{script}");
}
