//! Runs that are killed between the copy and the loss: either both happen or neither, also outside a transaction.

use std::process::Command;

use super::Case;
use crate::support::{end_of, eventually};

const T: &str = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'a'), (2, 'b');";

/// Pauses at the beginning of every ALTER TABLE, after the copy was made.
const PAUSE: &str =
    "CREATE FUNCTION pause() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); END $$;
    CREATE EVENT TRIGGER pause ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION pause();";

const AT_WORK: &str = "FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE t DROP%' AND wait_event = 'PgSleep'
    AND datname = current_database() AND pid <> pg_backend_pid()";

/// Kills the client after the statement has begun, then its server process.
fn kill(case: &Case) {
    case.database.psql(PAUSE);
    let mut run = case.project.spawn(&["upgrade", "head", "--allow", "data-loss"]);
    eventually("the statement runs", 30, || case.database.psql(&format!("SELECT count(*) {AT_WORK}")) != "0");
    assert!(Command::new("kill").args(["-KILL", &run.id().to_string()]).status().unwrap().success());
    assert_eq!(end_of(&mut run, 20).unwrap().code(), None);
    case.database.psql(&format!("SELECT pg_terminate_backend(pid) {AT_WORK}"));
    eventually("its server process has ended", 30, || case.database.psql(&format!("SELECT count(*) {AT_WORK}")) == "0");
    case.database.psql("DROP EVENT TRIGGER pause");
}

#[test]
fn a_kill_between_copy_and_drop_rolls_both_back() {
    let case = Case::new(T, "ALTER TABLE t DROP COLUMN a;", "ALTER TABLE t ADD COLUMN a text;");
    kill(&case);
    assert_eq!(case.rows("t"), ["(1,a)", "(2,b)"]);
    assert_eq!(case.database.psql("SELECT count(*) FROM limbeck.kept"), "0");
    assert_eq!(case.database.psql("SELECT to_regclass('limbeck.kept_1') IS NULL"), "t");
    case.up();
    case.down();
    assert_eq!(case.rows("t"), ["(1,a)", "(2,b)"]);
}

#[test]
fn outside_a_transaction_the_copy_and_the_loss_have_a_transaction_of_their_own() {
    let case = Case::new(T, "SELECT 1;", "SELECT 1;");
    let script = case.project.read("versions/aaaa00000002_script.sql");
    let script = script.replace("-- @upgrade\nSELECT 1;", "-- @upgrade transaction=off\nALTER TABLE t DROP COLUMN a;");
    let script = script.replace(
        "-- @downgrade\nSELECT 1;",
        "-- @downgrade transaction=off\nALTER TABLE t ADD COLUMN a text;\nVACUUM t;",
    );
    case.project.write("versions/aaaa00000002_script.sql", &script);
    kill(&case);
    assert_eq!(case.rows("t"), ["(1,a)", "(2,b)"]);
    assert_eq!(case.database.psql("SELECT count(*) FROM limbeck.kept"), "0");
    case.project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(case.copies(), ["column t.a 2"]);
    assert_eq!(case.database.psql("SELECT count(*) FROM limbeck.kept"), "1");
    case.down();
    assert_eq!(case.rows("t"), ["(1,a)", "(2,b)"]);
    assert_eq!(case.copies(), [""; 0]);
}

#[test]
fn a_step_that_fails_later_leaves_no_copy() {
    let case = Case::new(T, "ALTER TABLE t DROP COLUMN a;\nSELECT 1 / 0;", "SELECT 1;");
    case.project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(1);
    assert_eq!(case.rows("t"), ["(1,a)", "(2,b)"]);
    assert_eq!(case.database.psql("SELECT count(*) FROM limbeck.kept"), "0");
}
