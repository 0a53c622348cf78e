//! Copies on the command line: limits, options, documents, and the command `kept`.

use serde_json::Value;

use super::Case;
use crate::support::{Output, TestProject};

const T: &str = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 900) i";

fn column() -> Case {
    Case::new(T, "ALTER TABLE t DROP COLUMN a;", "ALTER TABLE t ADD COLUMN a text;")
}

fn configure(project: &TestProject, line: &str) {
    let config = project.read("limbeck.toml").split("[apply]").next().unwrap().to_owned();
    project.write("limbeck.toml", &format!("{config}\n[apply]\n{line}\n"));
}

#[track_caller]
fn document(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn above_the_limit_nothing_runs_and_the_hint_names_the_choices() {
    let case = column();
    configure(&case.project, "keep_limit = \"100kB\"");
    let refused = case.project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(1);
    assert!(refused.stderr.contains("more than keep_limit = 100 kB"), "{}", refused.stderr);
    assert!(refused.stderr.contains("raise keep_limit") && refused.stderr.contains("--no-keep"), "{}", refused.stderr);
    assert_eq!(case.database.psql("SELECT count(a) FROM t"), "900");
    let asked = case.project.run(&["upgrade", "head"]).expect_status(3);
    assert!(asked.stderr.contains("keep_limit is 100 kB: limbeck will refuse to run this plan"), "{}", asked.stderr);
    configure(&case.project, "keep_limit = \"lots\"");
    let refused = case.project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(1);
    assert!(refused.stderr.contains("keep_limit = \"lots\" under [apply] is not a size"), "{}", refused.stderr);
    configure(&case.project, "keep_limit = \"100kB\"");
    case.project.run(&["upgrade", "head", "--allow", "data-loss", "--no-keep"]).expect_status(0);
    assert_eq!(case.database.psql("SELECT to_regclass('limbeck.kept') IS NULL"), "t");
}

#[test]
fn a_copy_that_exceeds_the_limit_during_the_run_rolls_everything_back() {
    let before = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 900) i";
    let up = "ALTER TABLE t RENAME TO u;\nALTER TABLE u DROP COLUMN a;";
    let case = Case::new(before, up, "ALTER TABLE u ADD COLUMN a text;\nALTER TABLE u RENAME TO t;");
    configure(&case.project, "keep_limit = \"100kB\"");
    let refused = case.project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(1);
    assert!(refused.stderr.contains("more than keep_limit = 100 kB"), "{}", refused.stderr);
    assert_eq!(case.database.psql("SELECT count(a) FROM t"), "900");
    configure(&case.project, "keep_limit = \"1GB\"");
    let was = case.rows("t");
    case.up();
    case.down();
    assert_eq!(case.rows("t"), was);
}

#[test]
fn no_keep_makes_and_restores_no_copies() {
    let case = column();
    let was = case.rows("t");
    case.up();
    case.project.run(&["downgrade", "-1", "--no-keep"]).expect_status(0);
    assert_eq!(case.database.psql("SELECT count(a) FROM t"), "0");
    assert_eq!(case.copies(), ["column t.a 900"]);
    // A later upgrade and downgrade does not restore the older copy.
    case.database.psql("UPDATE t SET a = 'now'");
    case.up();
    case.down();
    assert_eq!(case.database.psql("SELECT count(*) FROM t WHERE a = 'now'"), "900");
    let id = case.database.psql("SELECT id FROM limbeck.kept WHERE state = 'kept'");
    case.project.run(&["kept", "restore", &id]).expect_status(0);
    assert_eq!(case.rows("t"), was);
    let off = column();
    configure(&off.project, "keep = false");
    let asked = off.project.run(&["upgrade", "head"]).expect_status(3);
    assert!(asked.stderr.contains("no copy is made"), "{}", asked.stderr);
    off.up();
    assert_eq!(off.database.psql("SELECT to_regclass('limbeck.kept') IS NULL"), "t");
}

#[test]
fn documents_contain_the_copies_and_the_restored_rows() {
    let case = column();
    let plan = document(&case.project.run(&["upgrade", "head", "--dry-run", "--json"]).expect_status(0));
    assert_eq!(
        (&plan["keeping"]["wanted"], &plan["keeping"]["copies"][0]["object"]),
        (&Value::Bool(true), &"t.a".into())
    );
    assert_eq!(plan["keeping"]["copies"][0]["comes_back"], true);
    let up = document(&case.project.run(&["upgrade", "head", "--allow", "data-loss", "--json"]).expect_status(0));
    assert_eq!(up["steps"][0]["kept"], serde_json::json!([{"object": "t.a", "rows": 900}]));
    let list = document(&case.project.run(&["kept", "list", "--json"]).expect_status(0));
    let copy = &list[0];
    assert_eq!((&copy["id"], &copy["revision"], &copy["object"]), (&1.into(), &"aaaa00000002".into(), &"t.a".into()));
    assert_eq!((&copy["rows"], &copy["direction"]), (&900.into(), &"upgrade".into()));
    assert!(copy["bytes"].as_u64().unwrap() > 10_000 && copy["at"].as_str().unwrap().ends_with('Z'), "{copy}");
    let down = document(&case.project.run(&["downgrade", "-1", "--json"]).expect_status(0));
    assert_eq!(
        down["steps"][0]["restored"],
        serde_json::json!([{"object": "t.a", "rows": 900, "left": 0, "added": 0}])
    );
    assert_eq!(document(&case.project.run(&["kept", "list", "--json"]).expect_status(0)), serde_json::json!([]));
}

#[test]
fn kept_lists_restores_and_drops_copies() {
    let case = column();
    let was = case.rows("t");
    case.project.run(&["kept", "list"]).expect_status(0);
    case.project.run(&["kept", "restore", "1"]).expect_status(1);
    case.up();
    let list = case.project.run(&["kept", "list"]).expect_status(0).stdout;
    assert!(list.starts_with("ID  REVISION      LOST BY  OBJECT  ROWS  SIZE"), "{list}");
    let refused = case.project.run(&["kept", "restore", "1"]).expect_status(1);
    assert!(
        refused.stderr.contains("cannot restore the copy of t.a: the column a does not exist"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("limbeck.kept_1"), "{}", refused.stderr);
    case.database.psql("ALTER TABLE t ADD COLUMN a text");
    case.project.run(&["kept", "restore", "1"]).expect_status(0);
    assert_eq!(case.rows("t"), was);
    case.project.run(&["kept", "restore", "1"]).expect_status(1);
    let other = column();
    other.up();
    let asked = other.project.run(&["kept", "drop", "1"]).expect_status(1);
    assert!(asked.stderr.contains("dropping 1 copy needs a confirmation"), "{}", asked.stderr);
    other.project.run(&["kept", "drop", "--older-than", "30d", "--yes"]).expect_status(0);
    assert_eq!(other.copies(), ["column t.a 900"]);
    other.project.run(&["kept", "drop", "7", "--yes"]).expect_status(1);
    other.project.run(&["kept", "drop"]).expect_status(2);
    other.project.run(&["kept", "drop", "1", "--yes"]).expect_status(0);
    assert_eq!(
        other.database.psql("SELECT state, to_regclass('limbeck.kept_1') IS NULL FROM limbeck.kept"),
        "dropped|t"
    );
}

#[test]
fn a_not_null_column_without_a_default_gets_a_hint_about_three_steps() {
    let case = Case::new(T, "ALTER TABLE t DROP COLUMN a;", "ALTER TABLE t ADD COLUMN a text NOT NULL;");
    case.up();
    let failed = case.project.run(&["downgrade", "-1"]).expect_status(1);
    assert!(
        failed.stderr.contains("add the column without NOT NULL, and SET NOT NULL in a later statement"),
        "{}",
        failed.stderr
    );
    assert_eq!(case.copies(), ["column t.a 900"]);
}

#[test]
fn a_downgrade_that_cannot_restore_the_values_is_rolled_back_and_keeps_the_copy() {
    let case = Case::new(T, "ALTER TABLE t DROP COLUMN a;", "ALTER TABLE t ADD COLUMN a text CHECK (a < '3');");
    case.up();
    let failed = case.project.run(&["downgrade", "-1"]).expect_status(1);
    assert!(failed.stderr.contains("revision aaaa00000002: cannot restore the copy of t.a"), "{}", failed.stderr);
    assert!(failed.stderr.contains("--no-keep"), "{}", failed.stderr);
    assert_eq!(case.copies(), ["column t.a 900"]);
    case.project.run(&["downgrade", "-1", "--no-keep"]).expect_status(0);
    assert_eq!(case.copies(), ["column t.a 900"]);
}

#[test]
fn data_that_cannot_be_copied_are_reported_before_approval() {
    let before = format!("{T}; CREATE MATERIALIZED VIEW v AS SELECT * FROM t");
    let up = "DO $$ BEGIN EXECUTE 'ALTER TABLE t DROP ' || 'COLUMN a CASCADE'; END $$;";
    let refused = Case::new(&before, up, "SELECT 1;").project.run(&["upgrade", "head"]).expect_status(3);
    assert!(
        refused.stderr.contains("no copy is made: limbeck cannot know what it does before it runs"),
        "{}",
        refused.stderr
    );
    let refused =
        Case::new(&before, "DROP MATERIALIZED VIEW v;", "SELECT 1;").project.run(&["upgrade", "head"]).expect_status(3);
    assert!(
        refused.stderr.contains(
            "v: no copy is made: it is a materialized view, which REFRESH MATERIALIZED VIEW can compute again"
        ),
        "{}",
        refused.stderr
    );
}

#[test]
fn other_roles_cannot_read_copies_or_use_the_schema() {
    let case = column();
    let other = format!("reader_{}", case.database.name());
    case.database.psql(&format!(
        "CREATE ROLE {other}; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC, {other}; GRANT USAGE ON SCHEMA limbeck TO PUBLIC"
    ));
    case.up();
    let may = format!("SELECT has_table_privilege('{other}', 'limbeck.kept_1', 'SELECT')");
    assert_eq!(case.database.psql(&may), "f");
    case.database
        .psql(&format!("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC, {other}; DROP ROLE {other}"));
    case.project.write("models/t.sql", "CREATE TABLE t (id int PRIMARY KEY);");
    let config = case.project.read("limbeck.toml") + "[models]\nsql = [\"models/*.sql\"]\n";
    case.project.write("limbeck.toml", &config);
    case.project.run(&["check"]).expect_status(0);
}

#[test]
fn a_role_that_cannot_create_a_schema_keeps_copies_beside_the_version_table() {
    let case = column();
    let role = format!("maker_{}", case.database.name());
    case.database.psql(&format!(
        "DROP SCHEMA limbeck CASCADE; CREATE ROLE {role}; GRANT CREATE ON SCHEMA public TO {role};
         ALTER TABLE t OWNER TO {role}; ALTER TABLE alembic_version OWNER TO {role}"
    ));
    configure(&case.project, &format!("role = \"{role}\""));
    let was = case.rows("t");
    case.up();
    assert_eq!(case.database.psql("SELECT object, rows FROM limbeck_kept"), "t.a|900");
    case.down();
    assert_eq!(case.rows("t"), was);
    case.project.run(&["kept", "list", "--json"]).expect_status(0);
    case.database.psql(&format!("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}; DROP TABLE limbeck_kept"));
    let refused = case.project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(1);
    assert!(refused.stderr.contains("cannot create the table of copies"), "{}", refused.stderr);
    case.database.psql(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
}
