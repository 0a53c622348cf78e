//! Random pairs of schemas over every kind of object, with rows: what is generated from one to the other is applied,
//! taken back and applied again.

mod bench;
mod constraints;
mod known;
mod program;
mod render;
mod rest;
mod rows;
mod tables;
mod thousand;
mod types;
mod world;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};

use crate::support::{TestDatabase, server};
use bench::Bench;
use program::kept;
use world::{At, World};

/// How many pairs: few, or what `LIMBECK_TEST_CASES` says.
fn cases(few: u32) -> u32 {
    std::env::var("LIMBECK_TEST_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(few)
}

/// The server's major version.
fn major() -> u32 {
    static MAJOR: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *MAJOR.get_or_init(|| {
        let database = server().database();
        database.psql("DO $$ BEGIN CREATE ROLE random_reader; EXCEPTION WHEN duplicate_object THEN END $$");
        database.psql("SHOW server_version_num").parse::<u32>().unwrap() / 10000
    })
}

/// Runs a property on worlds: always the same ones, or other ones every time where `LIMBECK_TEST_CASES` says how many.
fn for_worlds(few: u32, property: impl Fn(&World) -> Result<(), String>) {
    let is_search = std::env::var_os("LIMBECK_TEST_CASES").is_some();
    let shrinks = if is_search { 400 } else { 60 };
    let config =
        Config { cases: cases(few), max_shrink_iters: shrinks, failure_persistence: None, ..Config::default() };
    let told = |message: String| TestCaseError::fail(message);
    let same = TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = if is_search { TestRunner::new(config) } else { TestRunner::new_with_rng(config, same) };
    if let Err(error) = runner.run(&world::worlds(), |world| property(&world).map_err(told)) {
        panic!("{error}");
    }
}

/// Loads SQL, as a test that may fail.
fn load(database: &TestDatabase<'_>, what: &str, sql: &str) -> Result<(), String> {
    let output = database.try_psql(sql);
    let error = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{what}: {error}\n{sql}")) }
}

#[test]
fn what_is_drawn_is_valid() {
    let major = major();
    let database = server().database();
    for_worlds(12, |world| {
        let trial = |what, sql: String| load(&database, what, &format!("BEGIN;\n{sql}ROLLBACK;"));
        trial("b", render::models(world, At::B, major))?;
        let (a, filling) = (render::models(world, At::A, major), rows::filling(world, major));
        trial("a", format!("{a}{filling}{}", rows::shared_values(world, major).join(";\n") + ";\n"))
    });
}

/// Both ways on one database, with rows.
fn there_and_back(bench: &Bench, world: &World) -> Result<(), String> {
    let major = major();
    bench.empty()?;
    bench.run("b", &render::models(world, At::B, major))?;
    let new = bench.read()?;
    bench.is_still(&new)?;
    bench.empty()?;
    let nothing = bench.read()?;
    bench.turn("from nothing", &nothing, &new)?;
    bench.empty()?;
    bench.run("a", &render::models(world, At::A, major))?;
    bench.run("rows", &rows::filling(world, major))?;
    bench.run("reset", "RESET ALL")?;
    let queries = rows::shared_values(world, major);
    let (old, values) = (bench.read()?, bench.values(&queries)?);
    bench.turn("up", &old, &new)?;
    kept(&values, &bench.values(&queries)?)?;
    bench.turn("down", &new, &old)?;
    kept(&values, &bench.values(&queries)?)?;
    bench.turn("up again", &old, &new)?;
    kept(&values, &bench.values(&queries)?)
}

#[test]
fn a_random_difference_goes_there_and_back_and_keeps_all_values() {
    let database = server().database();
    let bench = Bench::on(&database, major());
    for_worlds(20, |world| there_and_back(&bench, world));
}
