//! The same through the real program: generated, proved, applied, checked, taken back and applied again.

use limbeck::core::schema::{Schema, Scope};

use super::bench::{Bench, same};
use super::world::{At, World};
use super::{for_worlds, load, major, render, rows, thousand};
use crate::support::{Output, Server, ServerOptions, TestDatabase, TestProject, server};

/// What is limbeck's own in a database that it has migrated.
fn without_own(bench: &Bench) -> Result<Schema, String> {
    bench.read_in(&Scope::default().without(None, "alembic_version"))
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

fn trip(world: &World) -> Result<(), String> {
    let database: TestDatabase<'_> = server().database();
    let bench = Bench::on(&database, major());
    load(&database, "a", &render::models(world, At::A, major()))?;
    load(&database, "rows", &rows::filling(world, major()))?;
    let queries = rows::shared_values(world, major());
    let (before, values) = (without_own(&bench)?, bench.values(&queries)?);
    let project = TestProject::on(&database);
    let schemas = "\n[models]\nschemas = [\"public\", \"app\", \"extra\"]\n";
    project.write("limbeck.toml", &format!("[database]\nurl = \"{}\"{schemas}", database.url()));
    project.write("models/all.sql", &render::models(world, At::B, major()));
    run(&project, &["revision", "--autogenerate", "-m", "random"], 0)?;
    run(&project, &["upgrade", "head", "--allow", "all"], 0)?;
    run(&project, &["check"], 0)?;
    kept(&values, &bench.values(&queries)?)?;
    run(&project, &["downgrade", "base", "--allow", "all"], 0)?;
    same("after the downgrade", &without_own(&bench)?, &before)?;
    kept(&values, &bench.values(&queries)?)?;
    run(&project, &["upgrade", "head", "--allow", "all"], 0)?;
    run(&project, &["check"], 0)?;
    kept(&values, &bench.values(&queries)?)
}

/// Whether values are what they were.
pub fn kept(before: &[String], after: &[String]) -> Result<(), String> {
    let lost: Vec<_> = before.iter().filter(|row| !after.contains(row)).collect();
    if before.len() == after.len() && lost.is_empty() {
        return Ok(());
    }
    Err(format!("values are lost:\n{lost:#?}\nof\n{after:#?}"))
}

#[test]
fn a_random_difference_goes_there_and_back_through_the_program() {
    for_worlds(4, trip);
}

/// As many tables as `LIMBECK_TEST_TABLES` says.
#[test]
fn many_tables_with_every_kind_of_object_are_generated_and_proved() {
    let tables = std::env::var("LIMBECK_TEST_TABLES").ok().and_then(|count| count.parse().ok()).unwrap_or(100);
    let models = thousand::sql(tables);
    // A transaction that drops it all needs a lock for every table, index and sequence.
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
    let before = without_own(&Bench::on(&database, major())).unwrap();
    go(&["revision", "--autogenerate", "-m", "all"]);
    go(&["upgrade", "head", "--allow", "all"]);
    go(&["check"]);
    let (bench, wanted) = (Bench::on(&database, major()), Bench::on(&like, major()));
    same("after the upgrade", &without_own(&bench).unwrap(), &wanted.read().unwrap()).unwrap();
    go(&["downgrade", "base", "--allow", "all"]);
    same("after the downgrade", &without_own(&bench).unwrap(), &before).unwrap();
    go(&["upgrade", "head", "--allow", "all"]);
    go(&["check"]);
}
