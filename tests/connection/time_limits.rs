//! Timeouts of the role and the database.

use crate::support::{TestDatabase, TestProject, server};

fn set(database: &TestDatabase<'_>, setting: &str, value: &str) {
    let alter = format!("ALTER DATABASE {} SET {setting} = '{value}'", database.name());
    // Version 13 has no idle_session_timeout.
    let done = database.try_psql(&alter).status.success();
    assert!(done || setting == "idle_session_timeout", "{alter}");
}

#[test]
fn idle_timeouts_do_not_end_limbecks_sessions() {
    let database = server().database();
    let project = TestProject::on(&database);
    let sleep = "SELECT pg_sleep(0.6);";
    let create = format!("CREATE TABLE t (id int PRIMARY KEY, a text);\nINSERT INTO t VALUES (1, 'x');\n{sleep}");
    project.script("0001aaaa0000", "", &create, "DROP TABLE t;");
    // This plan is replayed on a scratch database while its own session is idle.
    let rename = format!("ALTER TABLE t RENAME TO u;\n{sleep}\nDROP TABLE u CASCADE;");
    project.script("0002aaaa0000", "0001aaaa0000", &rename, "CREATE TABLE t (id int PRIMARY KEY, a text);");
    project.script("0003aaaa0000", "0002aaaa0000", &format!("{sleep}\nVACUUM;"), "SELECT 1;");
    for setting in ["idle_session_timeout", "idle_in_transaction_session_timeout"] {
        set(&database, setting, "200ms");
    }
    project.run(&["upgrade", "+1"]).expect_status(0);
    for line in
        ["upgrade head --dry-run", "upgrade head --allow data-loss", "drift", "verify", "downgrade -2", "kept list"]
    {
        project.run(&line.split(' ').collect::<Vec<_>>()).expect_status(0);
    }
    assert_eq!(database.psql("SELECT count(*) FROM pg_tables WHERE tablename = 't'"), "1");
}

#[test]
fn a_statement_timeout_is_mentioned_and_can_be_overridden() {
    let database = server().database();
    let project = TestProject::on(&database);
    let config = project.read("limbeck.toml");
    project.script("0001aaaa0000", "", "CREATE TABLE t (id int);\nSELECT pg_sleep(1.5);", "DROP TABLE t;");
    set(&database, "statement_timeout", "1s");
    let note = format!("note: statement_timeout is 1s for the database {}", database.name());
    let plan = project.run(&["upgrade", "head", "--dry-run"]).expect_status(0);
    assert!(plan.stdout.contains(&note), "{}", plan.stdout);
    let failed = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(failed.stderr.contains(&note), "{}", failed.stderr);
    assert!(failed.stderr.contains("hint: set statement_timeout under [apply]"), "{}", failed.stderr);
    project.write("limbeck.toml", &(config.clone() + "[apply]\nstatement_timeout = \"soon\"\n"));
    let invalid = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(invalid.stderr.contains("hint: correct statement_timeout under [apply]"), "{}", invalid.stderr);
    for (limit, status) in [("900ms", 1), ("0", 0)] {
        project.write("limbeck.toml", &format!("{config}[apply]\nstatement_timeout = \"{limit}\"\n"));
        let output = project.run(&["upgrade", "head"]).expect_status(status);
        assert!(!output.stderr.contains("note: statement_timeout"), "{}", output.stderr);
    }
}
