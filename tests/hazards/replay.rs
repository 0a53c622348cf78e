//! Objects that earlier statements of the plan create, rename or fill: only data from before the plan can be lost.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use super::cascade::found;
use crate::support::{TestDatabase, TestProject, end_of, eventually, program, server};

const TABLES: &str = "CREATE TABLE t (i int PRIMARY KEY, a text, c int, \"Big One\" int);
INSERT INTO t VALUES (1, 'a', NULL, 5), (2, 'b', NULL, NULL), (3, NULL, NULL, NULL);
CREATE TABLE empty (i int);
CREATE TABLE \"Full One\" (i int); INSERT INTO \"Full One\" VALUES (1), (2);
CREATE SCHEMA s; CREATE TABLE s.t (i int);
CREATE TABLE whole (i int) PARTITION BY RANGE (i);
CREATE TABLE loose (i int); INSERT INTO loose VALUES (1), (2), (3), (4);
CREATE TABLE seen (i int PRIMARY KEY, t int REFERENCES t); INSERT INTO seen VALUES (1, 1);
CREATE FUNCTION swap() RETURNS void LANGUAGE sql AS 'ALTER TABLE empty RENAME TO gone'";

/// Statements of one script, the data-loss hazards of the last statement as `code object values`, and whether the plan
/// needs no approval.
const CASES: &[(&str, &[&str], bool)] = &[
    // Created by the plan itself.
    ("CREATE TABLE n AS SELECT * FROM t; DROP TABLE n", &["DL101 n 0"], true),
    ("CREATE TABLE n (i int); INSERT INTO n VALUES (1); DELETE FROM n WHERE i > 0", &["DL106 n 0"], true),
    ("CREATE TABLE n (i int); INSERT INTO n VALUES (1); TRUNCATE n", &["DL102 n 0"], true),
    ("ALTER TABLE t ADD x int; UPDATE t SET x = 1; ALTER TABLE t DROP COLUMN x", &["DL103 t.x 0"], true),
    ("DO $$ BEGIN CREATE TABLE n AS SELECT 1 AS i; END $$; DROP TABLE n", &["DL101 n 0"], true),
    ("SELECT i INTO n FROM t; DROP TABLE n", &["DL101 n 0"], true),
    // Renamed by the plan.
    ("ALTER TABLE t RENAME TO u; DROP TABLE u CASCADE", &["DL101 u 3"], false),
    ("ALTER TABLE t RENAME a TO b; ALTER TABLE t DROP COLUMN b", &["DL103 t.b 2"], false),
    ("ALTER TABLE \"Full One\" RENAME TO t2; DROP TABLE t2", &["DL101 t2 2"], false),
    ("ALTER TABLE t RENAME \"Big One\" TO small; UPDATE t SET small = 1", &["DL107 t.small 1"], false),
    ("ALTER TABLE empty RENAME TO x; ALTER TABLE t RENAME TO empty; DROP TABLE x", &["DL101 x 0"], true),
    ("ALTER TABLE empty RENAME TO x; ALTER TABLE loose RENAME TO empty; DROP TABLE empty", &["DL101 empty 4"], false),
    ("ALTER TABLE loose RENAME TO x; CREATE TABLE loose (i int); DROP TABLE loose", &["DL101 loose 0"], true),
    ("ALTER TABLE loose SET SCHEMA s; DROP TABLE s.loose", &["DL101 s.loose 4"], false),
    ("SET search_path = s; DROP TABLE t", &["DL101 t 0"], true),
    ("SELECT swap(); DROP TABLE gone", &["DL101 gone 0"], true),
    ("DO $$ BEGIN ALTER TABLE loose RENAME TO x; END $$; DROP TABLE x", &["DL101 x 4"], false),
    (
        "ALTER TABLE t DROP COLUMN c; ALTER TABLE t ADD c int DEFAULT 1; ALTER TABLE t DROP COLUMN c",
        &["DL103 t.c 0"],
        true,
    ),
    // Filled by the plan.
    ("INSERT INTO empty VALUES (1); DROP TABLE empty", &["DL101 empty 0"], true),
    ("INSERT INTO empty VALUES (1); DELETE FROM empty", &["DL106 empty 0"], true),
    ("UPDATE t SET c = i; ALTER TABLE t DROP COLUMN c", &["DL103 t.c 0"], true),
    (
        "DO $$ BEGIN INSERT INTO empty VALUES (1); EXCEPTION WHEN others THEN NULL; END $$; DROP TABLE empty",
        &["DL101 empty 0"],
        true,
    ),
    // A table with rows that becomes dependent is dropped by CASCADE.
    (
        "ALTER TABLE whole ATTACH PARTITION loose FOR VALUES FROM (0) TO (9); DROP TABLE whole",
        &["DL101 whole ?"],
        false,
    ),
    (
        "ALTER TABLE \"Full One\" INHERIT empty; DROP TABLE empty CASCADE",
        &["DL120 \"Full One\" 2", "DL101 empty ?", "DL124 public.\"Full One\" 2"],
        false,
    ),
    // Objects that do not exist cannot be lost.
    ("DROP TABLE IF EXISTS nosuch", &["DL101 nosuch 0"], true),
    ("ALTER TABLE t DROP COLUMN IF EXISTS nosuch", &["DL103 t.nosuch 0"], true),
    ("DROP TABLE IF EXISTS nosuch, empty", &["DL101 nosuch 0", "DL101 empty 0"], true),
    // Conditions select rows.
    ("DELETE FROM t WHERE i = 2", &["DL106 t 1"], false),
    ("DELETE FROM t WHERE i > 100", &["DL106 t 0"], true),
    ("DELETE FROM ONLY T AS x USING \"Full One\" f WHERE x.i = f.i AND x.i = 2", &["DL106 t 1"], false),
    ("DELETE FROM public.t WHERE t.i IN (SELECT i FROM \"Full One\") AND i > 1 -- why", &["DL106 public.t 1"], false),
    ("UPDATE t SET a = 'x' WHERE i <> 1", &["DL107 t.a 1"], false),
    ("UPDATE t SET a = 'x' WHERE i = 3", &["DL107 t.a 0"], true),
    ("UPDATE t AS x SET a = 'x', \"Big One\" = 1 WHERE x.a = 'a'", &["DL107 t.a 1", "DL107 t.\"Big One\" 1"], false),
    // A condition on values that the plan changes may select every row.
    ("INSERT INTO empty VALUES (2); DELETE FROM t WHERE i IN (SELECT i FROM empty)", &["DL106 t 3"], false),
    ("UPDATE seen SET i = 3; DELETE FROM t WHERE i = (SELECT max(i) FROM seen)", &["DL106 t 3"], false),
    ("DELETE FROM loose WHERE random() < 0", &["DL106 loose 4"], false),
];

#[test]
fn only_data_from_before_the_plan_can_be_lost() {
    let mut wrong = Vec::new();
    for (statements, expected, free) in CASES {
        let database = server().database();
        database.psql(TABLES);
        let project = TestProject::on(&database);
        project.script("a", "", &format!("{statements};"), "SELECT 1;");
        let hazards = found(&project).into_iter().map(|(code, object, values)| {
            format!("{code} {object} {}", values.map_or_else(|| "?".to_owned(), |values| values.to_string()))
        });
        let hazards: Vec<String> = hazards.collect();
        let last = &hazards[hazards.len().saturating_sub(expected.len())..];
        if last != *expected {
            wrong.push(format!("{statements}: {hazards:?}"));
        }
        let ran = project.run(&["upgrade", "head"]);
        if ran.status != Some(if *free { 0 } else { 3 }) {
            wrong.push(format!("{statements}: {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A psql in an open transaction, which [`commit`](Self::commit) commits.
struct Open(std::process::Child);

impl Open {
    fn on(database: &TestDatabase<'_>, sql: &str) -> Self {
        let mut child = Command::new(program("psql"))
            .args(["-X", "-q", &database.url()])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "BEGIN; {sql};\n\\echo done").unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "done\n");
        Self(child)
    }

    fn commit(mut self) {
        drop(writeln!(self.0.stdin.take().unwrap(), "COMMIT;"));
        assert!(self.0.wait().unwrap().success());
    }
}

#[test]
fn rows_of_another_session_stop_the_plan() {
    let database = server().database();
    database.psql("CREATE TABLE empty (i int)");
    let project = TestProject::on(&database);
    project.script("a", "", "INSERT INTO empty VALUES (1);\nDROP TABLE empty;", "SELECT 1;");
    let other = Open::on(&database, "INSERT INTO empty VALUES (9)");
    let mut run = project.command(&["upgrade", "head"]).stderr(Stdio::piped()).spawn().unwrap();
    eventually("the run waits", 20, || {
        database.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
               AND query LIKE '%LOCK TABLE%empty%'",
        ) != "0"
    });
    other.commit();
    assert_eq!(end_of(&mut run, 60).unwrap().code(), Some(1));
    let mut output = String::new();
    run.stderr.take().unwrap().read_to_string(&mut output).unwrap();
    assert!(output.contains("empty was empty when the plan was made, and now contains 1 row"), "{output}");
    assert_eq!(database.psql("SELECT string_agg(i::text, ',') FROM empty"), "9");
}

#[test]
fn rows_inserted_by_an_earlier_revision_need_no_approval_in_both_transaction_modes() {
    for mode in ["each", "all"] {
        let database = server().database();
        database.psql("CREATE TABLE empty (i int); CREATE TABLE other (i int, j int); INSERT INTO other VALUES (1)");
        let project = TestProject::on(&database);
        let config = project.read("limbeck.toml") + &format!("\n[apply]\ntransaction = \"{mode}\"\n");
        project.write("limbeck.toml", &config);
        let steps = [
            "INSERT INTO empty VALUES (1);",
            "UPDATE other SET j = 1;",
            "DROP TABLE empty;",
            "ALTER TABLE other DROP COLUMN j;",
            "CREATE TABLE made AS SELECT * FROM other;",
            "DROP TABLE made;",
        ];
        for (number, step) in steps.iter().enumerate() {
            let before = number.checked_sub(1).map_or_else(String::new, |before| format!("r{before}"));
            project.script(&format!("r{number}"), &before, step, "SELECT 1;");
        }
        project.run(&["upgrade", "head"]).expect_status(0);
    }
}

#[test]
fn replaying_the_plan_changes_only_the_scratch_database() {
    let database = server().database();
    database.psql(TABLES);
    let project = TestProject::on(&database);
    let role = format!("role_of_{}", database.name());
    let sql = format!("CREATE ROLE {role};\nALTER TABLE t RENAME TO u;\nDROP TABLE u CASCADE;");
    project.script("a", "", &sql, "SELECT 1;");
    assert_eq!(found(&project), [("DL101".to_owned(), "u".to_owned(), None)]);
    // If the replay fails, the table is not called empty.
    let sql = format!(
        "CREATE ROLE {role};\nALTER TABLE empty RENAME TO x;\nALTER TABLE loose RENAME TO empty;\nDROP TABLE empty;"
    );
    project.script("a", "", &sql, "SELECT 1;");
    assert_eq!(found(&project), [("DL101".to_owned(), "empty".to_owned(), None)]);
    assert_eq!(database.psql(&format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}'")), "0");
    assert_eq!(database.psql("SELECT count(*) FROM t"), "3");
}

#[test]
fn a_count_that_waits_for_a_lock_says_so() {
    let database = server().database();
    database.psql("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 50); ANALYZE t");
    let project = TestProject::on(&database);
    project.script("a", "", "DROP TABLE t;", "SELECT 1;");
    let other = Open::on(&database, "LOCK TABLE t");
    let output = project.run(&["upgrade", "head", "--dry-run"]).expect_status(0).stdout;
    other.commit();
    assert!(output.contains("drops table t: about 50 rows (the table is locked)"), "{output}");
}

#[test]
fn a_history_that_deletes_its_own_rows_runs_on_a_new_database() {
    let database = server().database();
    let project = TestProject::on(&database);
    let first = "CREATE TABLE t (i int PRIMARY KEY, a int);\nINSERT INTO t SELECT g FROM generate_series(1, 9) g;";
    project.script("a", "", first, "DROP TABLE t;");
    project.script("b", "a", "DELETE FROM t WHERE i > 5;\nUPDATE t SET a = i WHERE i < 3;", "SELECT 1;");
    project.script(
        "c",
        "b",
        "UPDATE t SET a = 0 WHERE a > 1;\nALTER TABLE t DROP COLUMN a;",
        "ALTER TABLE t ADD a int;",
    );
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM t"), "5");
}

#[test]
fn a_plan_without_hazards_is_not_counted_again() {
    let database = server().database();
    database.psql("CREATE TABLE t (i int); CREATE TABLE u (i int); INSERT INTO u VALUES (1)");
    let project = TestProject::on(&database);
    let config = project.read("limbeck.toml") + "\n[apply]\nconfirm = []\n";
    project.write("limbeck.toml", &config);
    project.script("a", "", "DELETE FROM u WHERE i > 1;", "SELECT 1;");
    let other = Open::on(&database, "LOCK TABLE u IN EXCLUSIVE MODE; INSERT INTO u VALUES (7)");
    let mut run = project.command(&["upgrade", "head"]).spawn().unwrap();
    eventually("the run waits", 20, || {
        database.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
               AND query LIKE '%DELETE FROM u%' AND query NOT LIKE '%pg_stat_activity%'",
        ) != "0"
    });
    other.commit();
    assert_eq!(end_of(&mut run, 60).unwrap().code(), Some(0));
    assert_eq!(database.psql("SELECT count(*) FROM u"), "1");
}
