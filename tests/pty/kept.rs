//! Destroying data needs a typed word; the destroyed values are kept and can be restored.

use super::{Program, sample};
use crate::support::{TestDatabase, TestProject, eventually, server};

/// The values of the sample that would be lost.
fn legacy(database: &TestDatabase<'_>) -> String {
    database.psql("SELECT string_agg(id || ':' || legacy_code, ' ' ORDER BY id) FROM functions")
}

fn has_column(database: &TestDatabase<'_>) -> bool {
    let query = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'functions'::regclass AND attname = 'legacy_code'";
    database.psql(query) == "1"
}

#[test]
fn only_the_right_word_destroys_and_the_downgrade_restores_the_values() {
    let database = server().database();
    let project = sample(&database);
    project.run(&["upgrade", "e7a4136f8c09"]).expect_status(0);
    let was = legacy(&database);
    let mut program = Program::start(&project, &[], (120, 36));
    program.wait_for(&["1 pending"]);
    program.send("u");
    program.wait_for(&["Plan: upgrade", "DROP COLUMN legacy_code", "data-loss"]);
    // Typed before the question is visible.
    program.send("\rlegacy_code\r");
    program.wait_for_question("Type legacy_code to continue");
    program.wait_for(&["1,204 values in 3,310 rows (exact)", "is made first"]);
    assert!(has_column(&database));
    // Enter alone is Cancel.
    program.send("\r");
    program.wait_until("the question is gone", |screen| !screen.contents().contains("Type legacy_code"));
    assert!(has_column(&database));
    program.send("\r");
    program.wait_for_question("Type legacy_code to continue");
    program.send("legacy\r");
    program.wait_for(&["'legacy' is not 'legacy_code'"]);
    assert!(has_column(&database));
    program.send("_code\r");
    program.wait_for(&["at 9f3b6c10", "done in"]);
    assert!(!has_column(&database));
    program.send("\x1b");
    program.wait_for(&["1 History", "nothing pending"]);
    program.send("d");
    program.wait_for(&["Plan: downgrade"]);
    program.send("\r");
    eventually("the column is back", 60, || has_column(&database) && legacy(&database) == was);
    program.wait_for(&["done in"]);
    program.send("\x1b");
    program.wait_for(&["q quit"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
}

#[test]
fn copies_are_listed_restored_and_dropped() {
    let database = server().database();
    database.psql("CREATE TABLE t (i int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, NULL)");
    let project = TestProject::on(&database);
    project.script("1975ea83b712", "", "DELETE FROM t WHERE i > 1;\nALTER TABLE t DROP COLUMN a;", "SELECT 1;");
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["1 pending"]);
    program.send("K");
    program.wait_for(&["No copies are kept on this database."]);
    program.send("\x1b");
    program.wait_for(&["1 History"]);
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    program.send("K");
    program.wait_for(&["2 copies", "t.a  1 value", "t  2 rows"]);
    // The newest copy is the first: the column, which does not exist now.
    program.send("r");
    program.wait_for(&["Restore the copy"]);
    program.send("\t\r");
    program.wait_for(&["the column a does not exist"]);
    program.send("\x1b");
    program.wait_until("the error is closed", |screen| !screen.contents().contains("Esc close"));
    database.psql("ALTER TABLE t ADD a text");
    program.send("jjjjr");
    program.wait_for(&["Restore the copy", "t  2 rows"]);
    program.send("\t\r");
    program.wait_for(&["restored t: 2 rows", "t.a  1 value"]);
    assert_eq!(database.psql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t"), "1 2 3");
    program.send("gxa\r");
    program.wait_for_question("Type a to continue");
    assert_eq!(database.psql("SELECT count(*) FROM limbeck.kept WHERE state = 'kept'"), "1");
    program.send("a\r");
    program.wait_for(&["No copies are kept on this database.", "dropped the copy of t.a"]);
    assert_eq!(database.psql("SELECT count(*) FROM limbeck.kept WHERE state = 'dropped'"), "1");
    program.send("\x1b");
    program.wait_for(&["q quit"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
}

#[test]
fn a_plan_whose_copies_are_too_large_runs_only_without_copies() {
    let database = server().database();
    database.psql("CREATE TABLE t (i int PRIMARY KEY, a text); INSERT INTO t SELECT g, repeat('x', 200) FROM generate_series(1, 500) g");
    let project = TestProject::on(&database);
    let config = project.read("limbeck.toml") + "\n[apply]\nkeep_limit = \"1kB\"\n";
    project.write("limbeck.toml", &config);
    project.script("1975ea83b712", "", "DROP TABLE t;", "SELECT 1;");
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["1 pending"]);
    program.send("u");
    program.wait_for(&["Plan: upgrade"]);
    program.send("\r");
    program.wait_for_question("Type t to continue");
    program.wait_for(&["keep_limit is 1 kB", "^k"]);
    program.send("t\r");
    program.wait_for(&["the copies are larger than keep_limit"]);
    assert_eq!(database.psql("SELECT count(*) FROM t"), "500");
    program.send("\x0b");
    program.wait_for(&["no copy is made"]);
    program.send("t\r");
    program.wait_for(&["done in"]);
    assert_eq!(database.psql("SELECT to_regclass('t') IS NULL, to_regclass('limbeck.kept') IS NULL"), "t|t");
    program.send("\x1b");
    program.wait_for(&["q quit"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
}
