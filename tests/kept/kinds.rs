//! Kinds of tables, keys and rows: what a downgrade restores and what stays in the copy.

use super::{Case, assert_restored};

#[test]
fn without_a_key_rows_are_restored_but_not_values_and_the_plan_says_so() {
    let before = "CREATE TABLE k (a int, b text); INSERT INTO k SELECT i % 3, 'b' || i FROM generate_series(1, 6) i";
    assert_restored(before, "DROP TABLE k;", "CREATE TABLE k (a int, b text);", &["k"]);
    assert_restored(before, "DELETE FROM k;", "SELECT 1;", &["k"]);
    assert_restored(before, "TRUNCATE k;", "SELECT 1;", &["k"]);
    let case = Case::new(before, "ALTER TABLE k DROP COLUMN b;", "ALTER TABLE k ADD COLUMN b text;");
    let refused = case.project.run(&["upgrade", "head"]).expect_status(3);
    assert!(
        refused.stderr.contains("k.b: its copy is not restored automatically: the table has no primary key"),
        "{}",
        refused.stderr
    );
    case.up();
    let down = case.down();
    assert!(down.stderr.contains("The copy of k.b was not restored: the table has no primary key"), "{}", down.stderr);
    assert_eq!(case.copies(), ["column k.b 6"]);
    assert_eq!(case.database.psql("SELECT string_agg(v1, ',' ORDER BY v1) FROM limbeck.kept_1"), "b1,b2,b3,b4,b5,b6");
    assert_restored(before, "DELETE FROM k WHERE a = 1;", "SELECT 1;", &["k"]);
    // Outside a transaction, the statement runs in a transaction of its own with its copy.
    let outside = Case::new(before, "DELETE FROM k WHERE a = 1;", "SELECT 1;");
    let rows = outside.rows("k");
    let script = outside.project.script("aaaa00000002", "aaaa00000001", "DELETE FROM k WHERE a = 1;", "SELECT 1;");
    let text = std::fs::read_to_string(&script).unwrap();
    std::fs::write(&script, text.replace("-- @upgrade", "-- @upgrade transaction=off")).unwrap();
    outside.up();
    assert_eq!(outside.copies(), ["rows k 2"]);
    outside.down();
    assert_eq!(outside.rows("k"), rows);
}

#[test]
fn composite_text_and_unique_keys_identify_rows() {
    let before = "CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE k (m mood, s text COLLATE \"C\", x int, u int NOT NULL UNIQUE, PRIMARY KEY (m, s));
        INSERT INTO k VALUES ('sad', 'a', 1, 10), ('ok', 'a', 2, 20), ('ok', 'b', 3, 30)";
    assert_restored(
        before,
        "ALTER TABLE k DROP COLUMN x;",
        "ALTER TABLE k ADD COLUMN x int;",
        &["(SELECT m, s, x, u FROM k)"],
    );
    assert_restored(before, "DELETE FROM k WHERE x > 1;", "SELECT 1;", &["k"]);
    // The primary key itself changes; the unique key identifies the row.
    assert_restored(before, "UPDATE k SET s = s || '!';", "SELECT 1;", &["k"]);
    let primary = "ALTER TABLE k DROP COLUMN s;";
    let down =
        "ALTER TABLE k ADD COLUMN s text COLLATE \"C\"; UPDATE k SET s = x; ALTER TABLE k ADD PRIMARY KEY (m, s);";
    assert_restored(before, primary, down, &["(SELECT m, s, x, u FROM k)"]);
}

#[test]
fn rows_added_after_the_copy_stay_unchanged_and_are_counted() {
    let before = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')";
    let case = Case::new(before, "ALTER TABLE t DROP COLUMN a;", "ALTER TABLE t ADD COLUMN a text DEFAULT 'new';");
    case.up();
    case.database.psql("DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (4), (5)");
    let down = case.down();
    assert_eq!(case.rows("t"), ["(2,b)", "(3,c)", "(4,new)", "(5,new)"]);
    assert!(
        down.stderr.contains(
            "Restored t.a: 2 values; 1 not restored because of later changes; 2 rows added since then left unchanged"
        ),
        "{}",
        down.stderr
    );
    let rows = Case::new(before, "DELETE FROM t WHERE id < 3;", "SELECT 1;");
    rows.up();
    rows.database.psql("INSERT INTO t VALUES (2, 'other'), (9, 'z')");
    let down = rows.down();
    assert_eq!(rows.rows("t"), ["(1,a)", "(2,other)", "(3,c)", "(9,z)"]);
    assert!(down.stderr.contains("Restored t: 1 row; 1 not restored"), "{}", down.stderr);
    assert_eq!(rows.copies(), ["rows t 1"], "the row that conflicts stays in the copy");
}

#[test]
fn values_changed_after_the_copy_stay_changed() {
    let before = "CREATE TABLE t (id int PRIMARY KEY, a numeric); INSERT INTO t VALUES (1, 1.5), (2, 2.5), (3, 3.5)";
    let case = Case::new(before, "ALTER TABLE t ALTER a TYPE int;", "ALTER TABLE t ALTER a TYPE numeric;");
    case.up();
    case.database.psql("UPDATE t SET a = 77 WHERE id = 2");
    case.down();
    assert_eq!(case.rows("t"), ["(1,1.5)", "(2,77)", "(3,3.5)"]);
    let updated = Case::new(before, "UPDATE t SET a = 0;", "UPDATE t SET a = a + 1;");
    updated.up();
    updated.database.psql("UPDATE t SET a = 77 WHERE id = 2");
    updated.down();
    assert_eq!(updated.rows("t"), ["(1,1.5)", "(2,78)", "(3,3.5)"]);
}

#[test]
fn rows_whose_referenced_row_is_missing_stay_in_the_copy() {
    let before = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p);
        INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1, 1), (2, 2), (3, NULL)";
    let case = Case::new(before, "DELETE FROM c;", "SELECT 1;");
    case.up();
    case.database.psql("DELETE FROM p WHERE id = 2");
    case.down();
    assert_eq!(case.rows("c"), ["(1,1)", "(3,)"]);
    assert_eq!(case.copies(), ["rows c 1"]);
}

#[test]
fn generated_columns_are_computed_by_the_server() {
    let before = "CREATE TABLE g (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int,
            d int GENERATED ALWAYS AS (a * 2) STORED, i int GENERATED ALWAYS AS IDENTITY (START 100));
        INSERT INTO g (a) SELECT x FROM generate_series(1, 4) x; DELETE FROM g WHERE id = 2";
    let create = "CREATE TABLE g (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int,
            d int GENERATED ALWAYS AS (a * 2) STORED, i int GENERATED ALWAYS AS IDENTITY (START 100));";
    assert_restored(before, "DROP TABLE g;", create, &["g"]);
    assert_restored(before, "DELETE FROM g WHERE a > 2;", "SELECT 1;", &["g"]);
    assert_restored(
        before,
        "ALTER TABLE g DROP COLUMN i;",
        "ALTER TABLE g ADD COLUMN i int GENERATED ALWAYS AS IDENTITY (START 100);",
        &["g"],
    );
}

const PARTITIONED: &str = "CREATE TABLE p (id int, at date, a text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
    CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');";

#[test]
fn partitioned_tables_are_restored_through_their_root() {
    let before = format!(
        "{PARTITIONED} INSERT INTO p SELECT i, date '2026-01-01' + i * 30, 'a' || i FROM generate_series(1, 11) i"
    );
    assert_restored(&before, "ALTER TABLE p DROP COLUMN a;", "ALTER TABLE p ADD COLUMN a text;", &["p"]);
    assert_restored(&before, "DROP TABLE p;", PARTITIONED, &["p", "p1"]);
    assert_restored(&before, "DELETE FROM p WHERE id > 4;", "SELECT 1;", &["p", "p2"]);
    assert_restored(&before, "UPDATE p SET a = NULL;", "SELECT 1;", &["p"]);
    assert_restored(&before, "TRUNCATE p;", "SELECT 1;", &["p"]);
    let part = "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');";
    assert_restored(&before, "DROP TABLE p2;", part, &["p"]);
    assert_restored(&before, "ALTER TABLE p DETACH PARTITION p2; DROP TABLE p2;", part, &["p"]);
}

#[test]
fn inherited_tables_have_their_own_copies() {
    let before =
        "CREATE TABLE base (id int PRIMARY KEY, a text); CREATE TABLE heir (b int, PRIMARY KEY (id)) INHERITS (base);
        INSERT INTO base VALUES (1, 'a'), (2, 'b'); INSERT INTO heir VALUES (1, 'c', 7), (3, 'd', 8)";
    let all = ["(SELECT id, a FROM ONLY base)", "(SELECT id, a, b FROM heir)"];
    assert_restored(before, "ALTER TABLE base DROP COLUMN a;", "ALTER TABLE base ADD COLUMN a text;", &all);
    assert_restored(before, "DELETE FROM base WHERE id = 1;", "SELECT 1;", &all);
    assert_restored(before, "UPDATE base SET a = 'x';", "SELECT 1;", &all);
    assert_restored(before, "TRUNCATE base;", "SELECT 1;", &all);
    let create =
        "CREATE TABLE base (id int PRIMARY KEY, a text); CREATE TABLE heir (b int, PRIMARY KEY (id)) INHERITS (base);";
    assert_restored(before, "DROP TABLE base CASCADE;", create, &all);
}

#[test]
fn tables_that_reference_each_other_are_restored_together() {
    let create = "CREATE TABLE a (id int PRIMARY KEY, b int, up int REFERENCES a);
        CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
        ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b;";
    let before = format!(
        "{create} INSERT INTO a VALUES (1, NULL, NULL), (2, NULL, 1); INSERT INTO b VALUES (1, 1), (2, 2); UPDATE a SET b = 3 - id"
    );
    assert_restored(&before, "DROP TABLE a, b;", create, &["a", "b"]);
    let deferrable = "SELECT bool_or(condeferrable) FROM pg_constraint WHERE contype = 'f'";
    let case = Case::new(&before, "DROP TABLE b, a CASCADE;", create);
    case.up();
    case.down();
    assert_eq!(case.database.psql(deferrable), "f");
    let parent = "CREATE TABLE z (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, z int REFERENCES z);";
    let before = format!("{parent} INSERT INTO z VALUES (1), (2); INSERT INTO c VALUES (1, 2)");
    assert_restored(&before, "DROP TABLE c; DROP TABLE z;", parent, &["z", "c"]);
}

#[test]
fn a_restore_fires_no_triggers_and_ignores_row_security() {
    let before = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'a'), (2, 'b');
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := 'fired'; RETURN NEW; END $$;
        CREATE TRIGGER g BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
        CREATE TRIGGER off BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER off;
        CREATE TRIGGER always BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER always;
        ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY";
    assert_restored(before, "DELETE FROM t;", "SELECT 1;", &["t"]);
    let case = Case::new(before, "ALTER TABLE t DROP COLUMN a;", "ALTER TABLE t ADD COLUMN a text;");
    case.up();
    case.down();
    assert_eq!(case.rows("t"), ["(1,a)", "(2,b)"]);
    let states =
        "SELECT string_agg(tgname || tgenabled::text, ',' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal";
    assert_eq!(case.database.psql(states), "alwaysA,gO,offD");
}

#[test]
fn a_copy_depends_on_no_type_or_collation() {
    let before = "CREATE COLLATION mine (provider = libc, locale = 'C'); CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE t (id int PRIMARY KEY, a text COLLATE mine, m mood); INSERT INTO t VALUES (1, 'a', 'ok'), (2, 'b', 'sad')";
    let up = "DROP TABLE t; DROP TYPE mood; DROP COLLATION mine;";
    let down = "CREATE COLLATION mine (provider = libc, locale = 'C'); CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE t (id int PRIMARY KEY, a text COLLATE mine, m mood);";
    assert_restored(before, up, down, &["t"]);
    assert_restored(
        before,
        "DROP COLLATION mine CASCADE;",
        "CREATE COLLATION mine (provider = libc, locale = 'C'); ALTER TABLE t ADD a text COLLATE mine;",
        &["(SELECT id, a, m FROM t)"],
    );
}

#[test]
fn the_settings_of_the_script_are_kept_after_a_copy() {
    let before = "CREATE SCHEMA app; CREATE TABLE app.t (id int PRIMARY KEY, a timestamptz, d interval);
        INSERT INTO app.t VALUES (1, '2026-01-02 03:04:05.678+00', '1 mon 2 days 03:04:05'), (2, 'infinity', NULL)";
    let up = "SET LOCAL search_path = app; SET LOCAL datestyle = 'SQL, DMY'; SET LOCAL intervalstyle = 'sql_standard';
        ALTER TABLE t DROP COLUMN a; DELETE FROM t WHERE id = 2; CREATE TABLE here (a text DEFAULT current_setting('datestyle'));
        INSERT INTO here DEFAULT VALUES; UPDATE t SET d = NULL;";
    let down = "SET LOCAL search_path = app; DROP TABLE here; ALTER TABLE t ADD COLUMN a timestamptz;";
    assert_restored(before, up, down, &["(SELECT id, a, d FROM app.t)"]);
    let case = Case::new(before, up, down);
    case.up();
    assert_eq!(case.database.psql("SELECT a FROM app.here"), "SQL, DMY");
}

#[test]
fn values_that_do_not_fit_the_column_stay_in_the_copy() {
    let before = "CREATE TABLE t (id int PRIMARY KEY, a numeric(9, 3), d timestamptz, w text);
        INSERT INTO t VALUES (1, 1.234, '2026-01-02 03:04:05+00', 'long'), (2, 2, NULL, 'a')";
    let up = "ALTER TABLE t DROP COLUMN a, DROP COLUMN d, DROP COLUMN w;";
    let case =
        Case::new(before, up, "ALTER TABLE t ADD COLUMN a numeric(9, 1), ADD COLUMN d date, ADD COLUMN w varchar(9);");
    case.up();
    let down = case.down();
    assert!(
        down.stderr
            .contains("The copy of t.a was not restored: the type of a was numeric(9,3), and numeric(9,1) cannot"),
        "{}",
        down.stderr
    );
    assert_eq!(case.copies(), ["column t.a 2", "column t.d 1"]);
    assert_eq!(case.database.psql("SELECT string_agg(w, ',' ORDER BY id) FROM t"), "long,a");
}

#[test]
fn rows_that_the_step_inserts_again_are_not_duplicated() {
    let before = "CREATE TABLE seeds (id serial PRIMARY KEY, name text); INSERT INTO seeds (name) VALUES ('other')";
    let (up, down) = ("INSERT INTO seeds (name) VALUES ('x'), ('y');", "DELETE FROM seeds WHERE name <> 'other';");
    let case = Case::new(before, up, down);
    case.up();
    case.database.psql("UPDATE seeds SET name = 'z' WHERE name = 'y'");
    case.down();
    assert_eq!(case.rows("seeds"), ["(1,other)"]);
    let up = case.up();
    assert_eq!(case.rows("(SELECT name FROM seeds)"), ["(other)", "(x)", "(y)"]);
    assert!(up.stderr.contains("Restored seeds: 0 rows; 1 not restored"), "{}", up.stderr);
    assert_eq!(case.copies(), ["rows seeds 1"]);
}
