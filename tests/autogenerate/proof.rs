//! Scripts whose proof fails, and the objects that are copied for the proof.

use super::{document, generate, scratch, scripts, section, with_models};
use crate::support::server;

/// A view that depends on an operator. Autogenerate does not support operators.
const OPERATOR: &str = "CREATE FUNCTION same(a int, b int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT a = b';
    CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = same);\n";
const VIEW: &str = "CREATE VIEW v AS SELECT 1 === 2 AS same;";

#[test]
fn a_script_whose_proof_fails_is_saved_as_a_draft() {
    let server = crate::support::Server::start(&crate::support::ServerOptions::default());
    let database = server.database();
    let project = with_models(&database, &format!("{OPERATOR}{VIEW}"));
    let output = project.run(&["revision", "--autogenerate", "-m", "same"]).expect_status(1);
    assert!(
        output.stderr.contains("operator public.===(integer,integer) exists only in the models"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("the proof of the script failed"), "{}", output.stderr);
    assert!(scripts(&project, "versions").is_empty());
    let [draft] = &scripts(&project, "drafts")[..] else { panic!("{output:?}") };
    assert!(std::fs::read_to_string(draft).unwrap().starts_with("-- UNPROVED: the upgrade does not create"));
    // The draft is not part of the history.
    assert_eq!(project.run(&["heads"]).expect_status(0).stdout, "");
    let output = project.run(&["revision", "--autogenerate", "-m", "same", "--json"]).expect_status(1);
    assert_eq!(document(&output)["proof"]["up"], false);
    assert!(scratch(&database).is_empty());
}

#[test]
fn unsupported_objects_are_copied_with_pg_dump() {
    let database = server().database();
    database.psql(OPERATOR);
    let project = with_models(&database, &format!("{OPERATOR}{VIEW}"));
    let script = generate(&project, &["-m", "view"]);
    assert!(section(&script, "-- @upgrade").starts_with("CREATE VIEW v AS"), "{script}");
    project.run(&["upgrade", "head"]).expect_status(0);
    project.run(&["check"]).expect_status(0);
}

#[test]
fn objects_outside_the_managed_schemas_exist_during_the_proof() {
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
