//! Rehearsals: a plan runs on the target, is measured, and leaves no changes.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{fresh, heads};
use crate::support::{Output, TestDatabase, TestProject, end_of, eventually, program};

/// The whole database (catalog, rows, sequences) as `pg_dump` writes it, without the random key that newer versions of
/// `pg_dump` add.
fn dump(database: &TestDatabase<'_>) -> String {
    let output = Command::new(program("pg_dump")).arg(database.url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.contains("restrict")).collect::<Vec<_>>().join("\n")
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", output.stdout))
}

const TABLE: &str = "CREATE TABLE t (id bigserial PRIMARY KEY, note text);\nINSERT INTO t (note) VALUES ('a'), ('b');";

#[test]
fn a_rehearsal_leaves_no_changes_and_measures_every_statement() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "DROP TABLE t;");
    project.run(&["upgrade", "head"]).expect_status(0);
    let sql = "ALTER TABLE t DROP COLUMN note;\nTRUNCATE t RESTART IDENTITY;\nSELECT pg_sleep(0.2);\nCREATE TABLE u (a int);\n\
        CREATE SCHEMA other;\nCREATE ROLE limbeck_rehearsed;\nCOPY u FROM stdin;\n1\n2\n\\.\nNOTIFY somebody;";
    project.script("aaaa00000002", "aaaa00000001", sql, "");
    let before = dump(&database);
    // A rehearsal needs no approval: no data are lost.
    let run = project.run(&["upgrade", "head", "--rehearse", "--json"]).expect_status(0);
    assert_eq!(dump(&database), before);
    assert_eq!(database.psql("SELECT count(*) FROM pg_roles WHERE rolname = 'limbeck_rehearsed'"), "0");
    let document = json(&run);
    assert_eq!(document["rehearsed"], true);
    let step = &document["steps"][0];
    assert_eq!((&step["revision"], &step["direction"]), (&"aaaa00000002".into(), &"upgrade".into()));
    let statements = step["statements"].as_array().unwrap();
    assert_eq!(statements.len(), 8, "{step}");
    assert!(statements.iter().all(|statement| statement["seconds"].as_f64().is_some()), "{step}");
    assert!(statements[2]["seconds"].as_f64().unwrap() >= 0.2, "{step}");
    assert_eq!(statements[6]["rows"], 2);
    assert_eq!(statements[0]["line"], 8);
    assert!(step["seconds"].as_f64().unwrap() >= 0.2);
    assert_eq!(step["left_out"].as_array().unwrap().len(), 0);

    let run = project.run(&["upgrade", "head", "--rehearse"]).expect_status(0);
    let slow = run.stdout.lines().find(|line| line.contains("pg_sleep")).unwrap();
    assert!(slow.contains("0.2") && slow.ends_with("<- slowest"), "{}", run.stdout);
    assert!(run.stdout.contains("Rehearsed 8 statements in "), "{}", run.stdout);
    project.run(&["downgrade", "base", "--rehearse"]).expect_status(0);
    assert_eq!(dump(&database), before);
}

#[test]
fn a_rehearsal_creates_no_tables_of_limbeck() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    let before = dump(&database);
    project.run(&["upgrade", "head", "--rehearse"]).expect_status(0);
    assert_eq!(dump(&database), before);
    assert_eq!(
        database.psql("SELECT to_regclass('alembic_version') IS NULL, to_regnamespace('limbeck') IS NULL"),
        "t|t"
    );
}

#[test]
fn an_error_is_reported_as_in_a_real_run() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    project.script("aaaa00000002", "aaaa00000001", "CREATE TABLE u (a int);\nALTER TABLE t ADD CHECK (nope > 0);", "");
    let before = dump(&database);
    let run = project.run(&["upgrade", "head", "--rehearse"]).expect_status(1);
    assert!(run.stderr.contains("revision aaaa00000002: column \"nope\" does not exist"), "{}", run.stderr);
    assert!(run.stderr.contains("aaaa00000002_script.sql:9:") && run.stderr.contains('^'), "{}", run.stderr);
    assert!(run.stderr.contains("SQLSTATE 42703"), "{}", run.stderr);
    assert!(run.stderr.contains("the rehearsal was rolled back; the database is at base, as before"), "{}", run.stderr);
    let run = project.run(&["upgrade", "head", "--rehearse", "--json"]).expect_status(1);
    assert_eq!(json(&run)["error"]["line"], 9);
    assert_eq!(dump(&database), before);
}

#[test]
fn deferred_constraints_are_checked_at_the_end_of_each_revision() {
    let (database, project) = fresh();
    let sql = "CREATE TABLE t (id int PRIMARY KEY);\n\
        CREATE TABLE u (t int REFERENCES t DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO u VALUES (1);";
    project.script("aaaa00000001", "", sql, "");
    let run = project.run(&["upgrade", "head", "--rehearse"]).expect_status(1);
    assert!(run.stderr.contains("a deferred constraint failed at the end of the transaction"), "{}", run.stderr);
    // In the next revision, constraints are deferred again.
    let sql = format!("{sql}\nINSERT INTO t VALUES (1);");
    project.script("aaaa00000001", "", &sql, "");
    project.script(
        "aaaa00000002",
        "aaaa00000001",
        "INSERT INTO u VALUES (2);\nINSERT INTO t VALUES (2);\n\
        ALTER TABLE t ADD note text;",
        "",
    );
    project.run(&["upgrade", "aaaa00000001", "--rehearse"]).expect_status(0);
    let run = project.run(&["upgrade", "head", "--rehearse"]);
    let real = project.run(&["upgrade", "head"]);
    assert_eq!(run.status, real.status, "{}\n{}", run.stderr, real.stderr);
    drop(database);
}

#[test]
fn non_transactional_statements_are_reported_and_left_out() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    project.run(&["upgrade", "head"]).expect_status(0);
    let sql = "INSERT INTO t (note) VALUES ('c');\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (note);\nVACUUM t;\n\
        INSERT INTO t (note) VALUES ('a') ON CONFLICT (note) DO NOTHING;\nCREATE TABLE u (a int);";
    project.script("aaaa00000002", "aaaa00000001", sql, "");
    let rows = database.psql("SELECT count(*) FROM t");
    let run = project.run(&["upgrade", "head", "--rehearse", "--json"]).expect_status(0);
    let step = &json(&run)["steps"][0];
    let lines = |list: &Value| -> Vec<u64> {
        list.as_array().unwrap().iter().map(|entry| entry["line"].as_u64().unwrap()).collect()
    };
    assert_eq!(lines(&step["statements"]), [8, 12]);
    assert_eq!(lines(&step["left_out"]), [9, 10, 11]);
    let reason = |number: usize| step["left_out"][number]["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason(0), "CREATE INDEX CONCURRENTLY cannot run in a transaction");
    // A statement that fails only because the index is missing is not a failure of the plan.
    assert!(reason(2).starts_with("not rehearsed: it fails without an omitted statement (line 9, "), "{}", reason(2));
    assert_eq!(step["left_out"][2]["tried"], true);
    let text = project.run(&["upgrade", "head", "--rehearse"]).expect_status(0).stdout;
    assert!(text.contains("2 statements") && text.contains("3 not rehearsed"), "{text}");
    assert_eq!(database.psql("SELECT count(*) FROM t"), rows);
    assert_eq!(database.psql("SELECT to_regclass('i') IS NULL"), "t");
    // A failure for another reason is a failure of the plan.
    project.script("aaaa00000002", "aaaa00000001", "VACUUM t;\nSELECT 1 / 0;", "");
    let run = project.run(&["upgrade", "head", "--rehearse"]).expect_status(1);
    assert!(run.stderr.contains("division by zero"), "{}", run.stderr);
}

#[test]
fn an_enum_value_from_an_earlier_revision_is_not_a_failure_of_the_plan() {
    let (_database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE p (m mood);", "");
    project.run(&["upgrade", "head"]).expect_status(0);
    project.script("aaaa00000002", "aaaa00000001", "ALTER TYPE mood ADD VALUE 'ok';", "");
    project.script("aaaa00000003", "aaaa00000002", "INSERT INTO p VALUES ('ok');\nINSERT INTO p VALUES ('sad');", "");
    let run = project.run(&["upgrade", "head", "--rehearse"]).expect_status(0);
    assert!(run.stdout.contains("not rehearsed: it needs the commit of an earlier revision"), "{}", run.stdout);
    assert!(run.stdout.contains("1 not rehearsed"), "{}", run.stdout);
    project.run(&["upgrade", "head"]).expect_status(0);
}

#[test]
fn sequences_are_never_set_by_a_rehearsal() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    project.run(&["upgrade", "head"]).expect_status(0);
    database.psql("CREATE FUNCTION inner_one() RETURNS void LANGUAGE sql AS 'SELECT setval(''t_id_seq'', 900)'");
    database.psql("CREATE FUNCTION outer_one() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM inner_one(); END'");
    database.psql(
        "CREATE FUNCTION on_audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM outer_one(); RETURN NEW; END'",
    );
    database.psql("CREATE TABLE audit (a int)");
    database.psql("CREATE TRIGGER x BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION on_audit()");
    let sql = "SELECT setval('t_id_seq', 500);\nDO $$ BEGIN PERFORM setval('t_id_seq', 600); END $$;\n\
        SELECT outer_one();\nINSERT INTO audit VALUES (1);\n\
        CREATE FUNCTION own() RETURNS void LANGUAGE sql AS $$ SELECT setval('t_id_seq', 1) $$;\nSELECT own();\n\
        ALTER SEQUENCE t_id_seq RESTART WITH 7000;";
    project.script("aaaa00000002", "aaaa00000001", sql, "");
    let before = dump(&database);
    let run = project.run(&["upgrade", "head", "--rehearse", "--json"]).expect_status(0);
    assert_eq!(dump(&database), before);
    let step = &json(&run)["steps"][0];
    assert_eq!(step["left_out"].as_array().unwrap().len(), 5, "{step}");
    assert_eq!(step["left_out"][0]["reason"], "a rollback does not undo setval");
    assert_eq!(step["statements"].as_array().unwrap().len(), 2, "{step}");

    // A rollback does not reset sequences; the rehearsal reports this.
    project.script("aaaa00000002", "aaaa00000001", "INSERT INTO t (note) VALUES ('c');", "");
    let run = project.run(&["upgrade", "head", "--rehearse", "--json"]).expect_status(0);
    let moved = &json(&run)["sequences"][0];
    assert_eq!((&moved["sequence"], &moved["from"], &moved["to"]), (&"public.t_id_seq".into(), &2.into(), &3.into()));
    // If a hidden setval makes the sequence go backwards, the rehearsal restores the sequence.
    let hidden = "DO $$ BEGIN EXECUTE 'SELECT set' || 'val(''t_id_seq'', 1)'; END $$;";
    project.script("aaaa00000002", "aaaa00000001", hidden, "");
    project.run(&["upgrade", "head", "--rehearse"]).expect_status(0);
    assert_eq!(database.psql("SELECT last_value, is_called FROM t_id_seq"), "3|t");
}

#[test]
fn a_lock_timeout_names_the_lock_holder() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    project.run(&["upgrade", "head"]).expect_status(0);
    project.script("aaaa00000002", "aaaa00000001", "ALTER TABLE t ADD x int;", "");
    let config = project.read("limbeck.toml");
    project.write("limbeck.toml", &format!("{config}[apply]\nlock_timeout = '1500ms'\n"));
    let mut holder = Command::new(program("psql"))
        .args(["-X", "-q", &database.url()])
        .env_clear()
        .env("PGAPPNAME", "in the way")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(holder.stdin.as_mut().unwrap(), "BEGIN; LOCK TABLE t; SELECT 'held';").unwrap();
    eventually("the table is locked", 20, || {
        database.psql("SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND mode = 'AccessExclusiveLock'")
            == "1"
    });
    let run = project.run(&["upgrade", "head", "--rehearse"]).expect_status(1);
    assert!(run.stderr.contains("SQLSTATE 55P03"), "{}", run.stderr);
    assert!(run.stderr.contains("Waiting for a lock held by") && run.stderr.contains("in the way"), "{}", run.stderr);
    // If the lock is granted in time, the wait is reported with its statement.
    project.write("limbeck.toml", &format!("{config}[apply]\nlock_timeout = '30s'\n"));
    let waiting = project.spawn(&["upgrade", "head", "--rehearse", "--json"]);
    let mut waiting = waiting;
    let mut output = Vec::new();
    let stderr = waiting.stderr.as_mut().unwrap();
    while !String::from_utf8_lossy(&output).contains("in the way") {
        let mut byte = [0];
        assert_eq!(stderr.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&output));
        output.extend(byte);
    }
    writeln!(holder.stdin.as_mut().unwrap(), "COMMIT;").unwrap();
    let mut document = String::new();
    waiting.stdout.take().unwrap().read_to_string(&mut document).unwrap();
    assert!(end_of(&mut waiting, 60).unwrap().success());
    let document: Value = serde_json::from_str(&document).unwrap();
    let waited = &document["steps"][0]["statements"][0]["waited_for"][0];
    assert_eq!(waited["application"], "in the way", "{document}");
    holder.kill().unwrap();
    holder.wait().unwrap();
}

#[test]
fn a_cancelled_rehearsal_ends_on_the_server() {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE t (a int);\nSELECT pg_sleep(600);", "");
    let sleeping =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let mut child = project.spawn(&["upgrade", "head", "--rehearse"]);
    eventually("the statement sleeps", 60, || database.psql(sleeping) == "1");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let status = end_of(&mut child, 60).expect("the process ends");
    let mut output = String::new();
    child.stderr.take().unwrap().read_to_string(&mut output).unwrap();
    assert_eq!(status.code(), Some(130), "{output}");
    assert!(output.contains("the rehearsal was rolled back"), "{output}");
    assert_eq!(database.psql(sleeping), "0");
    assert_eq!(database.psql("SELECT to_regclass('t') IS NULL"), "t");
}

#[test]
fn one_migrator_at_a_time_and_a_protected_environment_is_confirmed() {
    let (database, project) = fresh();
    let url = database.url();
    project.write(
        "limbeck.toml",
        &format!("[database]\nurl = \"{url}\"\n[environments.production]\nurl = \"{url}\"\nprotected = true\n"),
    );
    project.script("aaaa00000001", "", TABLE, "");
    project.run(&["upgrade", "head"]).expect_status(0);
    project.script("aaaa00000002", "aaaa00000001", "DROP TABLE t;", "");
    let run = project.run(&["-e", "production", "upgrade", "head", "--rehearse"]).expect_status(3);
    assert!(run.stderr.contains("hint: add --confirm production"), "{}", run.stderr);
    project.run(&["-e", "production", "upgrade", "head", "--rehearse", "--confirm", "staging"]).expect_status(3);
    project.run(&["-e", "production", "upgrade", "head", "--rehearse", "--confirm", "production"]).expect_status(0);
    assert_eq!(heads(&database), "aaaa00000001");

    project.script("aaaa00000002", "aaaa00000001", "SELECT pg_sleep(600);", "");
    let mut first = project.spawn(&["upgrade", "head", "--rehearse"]);
    let sleeping =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    eventually("the statement sleeps", 60, || database.psql(sleeping) == "1");
    project.run(&["upgrade", "head", "--rehearse", "--no-wait"]).expect_status(5);
    kill_process(Pid::from_child(&first), Signal::INT).unwrap();
    assert_eq!(end_of(&mut first, 60).unwrap().code(), Some(130));
}

#[test]
fn rehearse_conflicts_with_the_other_modes() {
    let project = TestProject::new("");
    for other in ["--sql", "--dry-run", "--allow=data-loss"] {
        project.run(&["upgrade", "head", "--rehearse", other]).expect_status(2);
    }
}
