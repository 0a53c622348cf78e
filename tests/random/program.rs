//! The same test with the limbeck program: generate, prove, upgrade, check, downgrade, upgrade again.

use limbeck::core::schema::{Schema, Scope};

use super::session::{TestSession, check_equal};
use super::spec::{PairSpec, Side};
use super::{for_pairs, load, major, many_tables, render, rows};
use crate::support::{Output, Server, ServerOptions, TestDatabase, TestProject, server};

/// Reads the catalog without limbeck's version table.
fn read_without_version_table(session: &TestSession) -> Result<Schema, String> {
    session.read_in(&Scope::default().without(None, "alembic_version"))
}

fn run(project: &TestProject, arguments: &[&str], status: i32) -> Result<Output, String> {
    let output = project.run(arguments);
    if output.status == Some(status) {
        return Ok(output);
    }
    let script =
        std::fs::read_dir(project.path("versions")).into_iter().chain(std::fs::read_dir(project.path("drafts")));
    let text: String =
        script.flatten().flatten().filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
    Err(format!("{arguments:?}: {:?}\n{}\n{}\n--- with\n{text}", output.status, output.stdout, output.stderr))
}

fn trip(spec: &PairSpec) -> Result<(), String> {
    let database: TestDatabase<'_> = server().database();
    let session = TestSession::on(&database, major());
    load(&database, "a", &render::models(spec, Side::A, major()))?;
    load(&database, "rows", &rows::filling(spec, major()))?;
    let queries = rows::shared_values(spec, major());
    let (before, values) = (read_without_version_table(&session)?, session.values(&queries)?);
    let project = TestProject::on(&database);
    let schemas = "\n[models]\nschemas = [\"public\", \"app\", \"extra\"]\n";
    project.write("limbeck.toml", &format!("[database]\nurl = \"{}\"{schemas}", database.url()));
    project.write("models/all.sql", &render::models(spec, Side::B, major()));
    run(&project, &["revision", "--autogenerate", "-m", "random"], 0)?;
    run(&project, &["upgrade", "head", "--allow", "all"], 0)?;
    run(&project, &["check"], 0)?;
    check_values(&values, &session.values(&queries)?)?;
    run(&project, &["downgrade", "base", "--allow", "all"], 0)?;
    check_equal("after the downgrade", &read_without_version_table(&session)?, &before)?;
    check_values(&values, &session.values(&queries)?)?;
    run(&project, &["upgrade", "head", "--allow", "all"], 0)?;
    run(&project, &["check"], 0)?;
    check_values(&values, &session.values(&queries)?)
}

/// Checks that the values are unchanged.
pub fn check_values(before: &[String], after: &[String]) -> Result<(), String> {
    let lost: Vec<_> = before.iter().filter(|row| !after.contains(row)).collect();
    if before.len() == after.len() && lost.is_empty() {
        return Ok(());
    }
    Err(format!("values are lost:\n{lost:#?}\nof\n{after:#?}"))
}

#[test]
fn a_random_difference_upgrades_and_downgrades_with_the_program() {
    for_pairs(4, trip);
}

/// The number of tables is the value of `LIMBECK_TEST_TABLES`, or 100.
#[test]
fn many_tables_with_all_kinds_of_objects_are_generated_and_proved() {
    let tables = std::env::var("LIMBECK_TEST_TABLES").ok().and_then(|count| count.parse().ok()).unwrap_or(100);
    let models = many_tables::sql(tables);
    // The downgrade needs a lock for every table, index and sequence.
    let settings = vec![format!("max_locks_per_transaction = {}", (tables / 4).max(64))];
    let server = Server::start(&ServerOptions { settings, ..ServerOptions::default() });
    let (database, like) = (server.database(), server.database());
    database.psql("CREATE ROLE random_reader");
    like.psql(&models);
    let project = TestProject::on(&database);
    project.write("models/all.sql", &models);
    let go = |arguments: &[&str]| {
        let output = project.run_within(tables as u64 + 60, arguments);
        assert_eq!(output.status, Some(0), "{arguments:?}\n{}\n{}", output.stdout, output.stderr);
    };
    let before = read_without_version_table(&TestSession::on(&database, major())).unwrap();
    go(&["revision", "--autogenerate", "-m", "all"]);
    go(&["upgrade", "head", "--allow", "all"]);
    go(&["check"]);
    let (session, wanted) = (TestSession::on(&database, major()), TestSession::on(&like, major()));
    check_equal("after the upgrade", &read_without_version_table(&session).unwrap(), &wanted.read().unwrap()).unwrap();
    go(&["downgrade", "base", "--allow", "all"]);
    check_equal("after the downgrade", &read_without_version_table(&session).unwrap(), &before).unwrap();
    go(&["upgrade", "head", "--allow", "all"]);
    go(&["check"]);
}
