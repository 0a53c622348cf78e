//! Other losses: MERGE, one transaction for all revisions, changed keys, objects owned by a role.

use super::{Case, assert_restored};
use crate::pty::Program;
use crate::support::{TestProject, server};

const T: &str = "CREATE TABLE t (id int PRIMARY KEY, a text, n int);
    INSERT INTO t SELECT i, nullif('v' || i, 'v3'), i * 10 FROM generate_series(1, 9) i;";

#[test]
fn rows_deleted_or_overwritten_by_merge_are_restored() {
    const MERGE: &str = "MERGE INTO t USING (VALUES (1), (2), (3)) AS s (id) ON t.id = s.id
         WHEN MATCHED AND t.id = 2 THEN DELETE WHEN MATCHED THEN UPDATE SET a = 'merged', n = 0;";
    let database = server().database();
    let version: u32 = database.psql("SHOW server_version_num").parse().unwrap();
    if version >= 150_000 {
        assert_restored(T, MERGE, "SELECT 1;", &["t"]);
    } else {
        // Older servers do not know MERGE: the upgrade fails and loses nothing.
        database.psql(T);
        let project = TestProject::on(&database);
        project.script("a1", "", MERGE, "SELECT 1;");
        let failed = project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(1);
        assert!(failed.stderr.contains("syntax error"), "{}", failed.stderr);
        assert_eq!(database.psql("SELECT count(*), count(a), sum(n) FROM t"), "9|8|450");
    }
}

#[test]
fn in_one_transaction_for_all_copies_and_losses_are_atomic() {
    let database = server().database();
    database.psql(T);
    let project = TestProject::on(&database);
    let config = project.read("limbeck.toml") + "\n[apply]\ntransaction = \"all\"\n";
    project.write("limbeck.toml", &config);
    project.script("a1", "", "DELETE FROM t WHERE id < 4;", "SELECT 1;");
    project.script("a2", "a1", "ALTER TABLE t DROP COLUMN n;", "ALTER TABLE t ADD n int;");
    project.script("a3", "a2", "SELECT 1 / (SELECT count(*) FROM t WHERE id > 100);", "SELECT 1;");
    let all = "SELECT string_agg(id || coalesce(a, '-') || n, ' ' ORDER BY id) FROM t";
    let was = database.psql(all);
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(1);
    assert_eq!(database.psql(all), was);
    assert_eq!(database.psql("SELECT count(*) FROM limbeck.kept"), "0");
    project.run(&["upgrade", "a2", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM t"), "6");
    project.run(&["downgrade", "base"]).expect_status(0);
    assert_eq!(database.psql(all), was);
}

#[test]
fn the_plan_says_that_an_overwritten_key_cannot_be_restored() {
    let database = server().database();
    database.psql(
        "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
         CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p ON UPDATE CASCADE); INSERT INTO c VALUES (1, 1)",
    );
    let project = TestProject::on(&database);
    project.script("a1", "", "UPDATE p SET id = id + 10 WHERE id = 1;", "UPDATE p SET id = id - 10 WHERE id > 10;");
    let refused = project.run(&["upgrade", "head"]).expect_status(3).stderr;
    assert!(refused.contains("p.id: its copy is not restored automatically"), "{refused}");
    assert!(refused.contains("public.c.p: 1 value in 1 row"), "{refused}");
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(database.psql("SELECT p FROM c"), "11");
    project.run(&["downgrade", "base", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(database.psql("SELECT p FROM c"), "1");
}

#[test]
fn tables_dropped_by_drop_owned_are_restored() {
    let database = server().database();
    let role = format!("owner_of_{}", database.name());
    database.psql(&format!("CREATE ROLE {role}; CREATE SCHEMA s AUTHORIZATION {role}"));
    database.psql(&format!("{T} ALTER TABLE t SET SCHEMA s; ALTER TABLE s.t OWNER TO {role}"));
    let project = TestProject::on(&database);
    let back = "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY, a text, n int);";
    project.script("a1", "", &format!("DROP OWNED BY {role};"), back);
    let all = "SELECT string_agg(t::text, ' ' ORDER BY id) FROM s.t";
    let was = database.psql(all);
    let refused = project.run(&["upgrade", "head"]).expect_status(3).stderr;
    assert!(refused.contains("data-loss"), "{refused}");
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    project.run(&["downgrade", "base"]).expect_status(0);
    assert_eq!(database.psql(all), was);
    database.psql(&format!("DROP ROLE {role}"));
}

#[test]
fn on_a_terminal_dropping_copies_asks_for_confirmation() {
    let case = Case::new(T, "DELETE FROM t WHERE id = 1;", "SELECT 1;");
    case.up();
    let mut program = Program::start(&case.project, &["kept", "drop", "--all"], (80, 24));
    program.wait_for(&["t: 1 row", "[y/N]"]);
    program.send("\r");
    assert_eq!(program.end().exit_code(), 3);
    assert_eq!(case.copies().len(), 1);
    let mut program = Program::start(&case.project, &["kept", "drop", "--all"], (80, 24));
    program.wait_for(&["[y/N]"]);
    program.send("y\r");
    assert_eq!(program.end().exit_code(), 0);
    assert_eq!(case.copies(), Vec::<String>::new());
}
