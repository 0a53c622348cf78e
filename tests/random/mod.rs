//! Random pairs of schemas with all kinds of objects and with rows: the generated statements are applied, reverted and
//! applied again.

mod constraints;
mod foreign;
mod known;
mod many_tables;
mod order;
mod partitions;
mod program;
mod render;
mod rest;
mod rows;
mod session;
mod spec;
mod tables;
mod types;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};

use crate::support::{TestDatabase, server};
use program::check_values;
use session::TestSession;
use spec::{PairSpec, Side};

/// The number of pairs: `default`, or the value of `LIMBECK_TEST_CASES`.
fn cases(default: u32) -> u32 {
    std::env::var("LIMBECK_TEST_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(default)
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

/// Tests a property with random pairs. The pairs are always the same unless `LIMBECK_TEST_CASES` is set.
fn for_pairs(default: u32, property: impl Fn(&PairSpec) -> Result<(), String>) {
    let is_search = std::env::var_os("LIMBECK_TEST_CASES").is_some();
    let shrinks = if is_search { 400 } else { 60 };
    let config =
        Config { cases: cases(default), max_shrink_iters: shrinks, failure_persistence: None, ..Config::default() };
    let message = |message: String| TestCaseError::fail(message);
    let same = TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = if is_search { TestRunner::new(config) } else { TestRunner::new_with_rng(config, same) };
    if let Err(error) = runner.run(&spec::pair_specs(), |spec| property(&spec).map_err(message)) {
        panic!("{error}");
    }
}

/// Loads SQL and returns the error if it fails.
fn load(database: &TestDatabase<'_>, what: &str, sql: &str) -> Result<(), String> {
    let output = database.try_psql(sql);
    let error = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{what}: {error}\n{sql}")) }
}

#[test]
fn random_schemas_are_valid() {
    let major = major();
    let database = server().database();
    for_pairs(12, |spec| {
        let trial = |what, sql: String| load(&database, what, &format!("BEGIN;\n{sql}ROLLBACK;"));
        trial("b", render::models(spec, Side::B, major))?;
        let (a, filling) = (render::models(spec, Side::A, major), rows::filling(spec, major));
        trial("a", format!("{a}{filling}{}", rows::shared_values(spec, major).join(";\n") + ";\n"))
    });
}

/// Applies the changes in both directions on one database with rows.
fn check_both_directions(session: &TestSession, spec: &PairSpec) -> Result<(), String> {
    let major = major();
    session.empty()?;
    session.run("b", &render::models(spec, Side::B, major))?;
    let new = session.read()?;
    session.check_no_difference(&new)?;
    session.empty()?;
    let nothing = session.read()?;
    session.convert("from nothing", &nothing, &new)?;
    session.empty()?;
    session.run("a", &render::models(spec, Side::A, major))?;
    session.run("rows", &rows::filling(spec, major))?;
    session.run("reset", "RESET ALL")?;
    let queries = rows::shared_values(spec, major);
    let (old, values) = (session.read()?, session.values(&queries)?);
    session.convert("up", &old, &new)?;
    check_values(&values, &session.values(&queries)?)?;
    session.convert("down", &new, &old)?;
    check_values(&values, &session.values(&queries)?)?;
    session.convert("up again", &old, &new)?;
    check_values(&values, &session.values(&queries)?)
}

#[test]
fn a_random_difference_upgrades_and_downgrades_and_keeps_all_values() {
    let database = server().database();
    let session = TestSession::on(&database, major());
    for_pairs(20, |spec| check_both_directions(&session, spec));
}
