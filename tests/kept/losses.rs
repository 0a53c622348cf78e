//! Each kind of loss: an upgrade destroys data, the downgrade restores them.

use super::{Case, assert_restored};

const T: &str = "CREATE TABLE t (id int PRIMARY KEY, a text, n int);
    INSERT INTO t SELECT i, nullif('v' || i, 'v3'), i * 10 FROM generate_series(1, 9) i;";

#[test]
fn a_dropped_column_is_restored() {
    let (up, down) = assert_restored(T, "ALTER TABLE t DROP COLUMN n;", "ALTER TABLE t ADD COLUMN n int;", &["t"]);
    assert!(up.contains("Kept a copy of t.n: 9 values"), "{up}");
    assert!(down.contains("Restored t.n: 9 values"), "{down}");
}

#[test]
fn a_not_null_column_is_restored_with_three_steps() {
    let down = "ALTER TABLE t ADD COLUMN n int;\nUPDATE t SET n = NULL;\nALTER TABLE t ALTER COLUMN n SET NOT NULL;";
    let before = format!("{T} ALTER TABLE t ALTER n SET NOT NULL");
    assert_restored(&before, "ALTER TABLE t DROP COLUMN n;", down, &["t"]);
}

#[test]
fn restored_values_replace_the_values_that_the_script_fills_in() {
    let down =
        "ALTER TABLE t ADD COLUMN n int DEFAULT 7;\nUPDATE t SET n = 0;\nDO $$ BEGIN UPDATE t SET n = 8; END $$;";
    let before = format!("{T} UPDATE t SET n = NULL WHERE id = 4");
    assert_restored(&before, "ALTER TABLE t DROP COLUMN n;", down, &["t"]);
}

#[test]
fn a_dropped_table_is_restored_with_its_sequence() {
    let before =
        "CREATE TABLE s (id serial PRIMARY KEY, a text); INSERT INTO s (a) SELECT 'x' FROM generate_series(1, 5);
        DELETE FROM s WHERE id = 5";
    let create = "CREATE TABLE s (id serial PRIMARY KEY, a text);";
    let (up, _) = assert_restored(before, "DROP TABLE s;", create, &["s"]);
    assert!(up.contains("Kept a copy of s: 4 rows"), "{up}");
    let case = super::Case::new(before, "DROP TABLE s;", create);
    case.up();
    case.down();
    assert_eq!(case.database.psql("INSERT INTO s (a) VALUES ('y') RETURNING id"), "6");
}

#[test]
fn a_truncated_table_is_restored_with_referencing_tables() {
    let before = format!(
        "{T} CREATE TABLE c (id int PRIMARY KEY, t int REFERENCES t); INSERT INTO c SELECT i, i FROM generate_series(1, 4) i"
    );
    assert_restored(&before, "TRUNCATE t CASCADE;", "SELECT 1;", &["t", "c"]);
}

#[test]
fn only_deleted_rows_are_copied_and_restored() {
    let (up, _) = assert_restored(T, "DELETE FROM t WHERE n > 50 AND a IS NOT NULL;", "SELECT 1;", &["t"]);
    assert!(up.contains("Kept a copy of t: 4 rows"), "{up}");
    assert_restored(T, "DELETE FROM t x USING (VALUES (2), (3)) AS o (k) WHERE x.id = o.k;", "SELECT 1;", &["t"]);
    assert_restored(T, "DELETE FROM t WHERE random() < 2;", "SELECT 1;", &["t"]);
    assert_restored(
        T,
        "WITH d AS (DELETE FROM t WHERE id < 4 RETURNING id) SELECT count(*) FROM d;",
        "SELECT 1;",
        &["t"],
    );
    assert_restored(T, "DO $$ BEGIN DELETE FROM t WHERE id < 4; END $$;", "SELECT 1;", &["t"]);
}

#[test]
fn rows_changed_by_foreign_key_actions_are_restored() {
    let before = format!(
        "{T} CREATE TABLE c (id int PRIMARY KEY, t int REFERENCES t ON DELETE CASCADE);
         CREATE TABLE g (id int PRIMARY KEY, c int REFERENCES c ON DELETE CASCADE, t int REFERENCES t ON DELETE SET NULL);
         INSERT INTO c SELECT i, i FROM generate_series(1, 6) i; INSERT INTO g SELECT i, i, 10 - i FROM generate_series(1, 6) i"
    );
    assert_restored(&before, "DELETE FROM t WHERE id IN (1, 2, 9);", "SELECT 1;", &["t", "c", "g"]);
}

#[test]
fn overwritten_values_are_restored_whatever_the_downgrade_writes() {
    let (up, _) =
        assert_restored(T, "UPDATE t SET a = upper(a), n = 0 WHERE id > 3;", "UPDATE t SET a = lower(a);", &["t"]);
    assert!(up.contains("Kept a copy of t.a: 6 values"), "{up}");
    assert_restored(T, "UPDATE t SET n = o.k FROM (VALUES (2, 99)) AS o (i, k) WHERE t.id = o.i;", "SELECT 1;", &["t"]);
    assert_restored(
        T,
        "INSERT INTO t VALUES (1, 'new', 1) ON CONFLICT (id) DO UPDATE SET a = excluded.a;",
        "SELECT 1;",
        &["t"],
    );
}

#[test]
fn values_changed_by_a_cast_are_restored() {
    let before = "CREATE TABLE p (id int PRIMARY KEY, d numeric(10, 3) NOT NULL, w text);
        INSERT INTO p SELECT i, i + 0.123, ' w' || i FROM generate_series(1, 5) i";
    let up = "ALTER TABLE p ALTER COLUMN d TYPE integer;\nALTER TABLE p ALTER COLUMN w TYPE int USING length(w);";
    let down = "ALTER TABLE p ALTER COLUMN w TYPE text;\nALTER TABLE p ALTER COLUMN d TYPE numeric(10, 3);";
    assert_restored(before, up, down, &["p"]);
    let floats = "CREATE TABLE f (id int PRIMARY KEY, d float8);
        INSERT INTO f VALUES (1, 0.1 + 0.2::float8), (2, 1e300), (3, 'NaN'), (4, NULL), (5, 0.1)";
    assert_restored(floats, "ALTER TABLE f ALTER d TYPE numeric;", "ALTER TABLE f ALTER d TYPE float8;", &["f"]);
}

#[test]
fn a_dropped_schema_is_restored() {
    let before = "CREATE SCHEMA \"s.1\"; CREATE TABLE \"s.1\".\"a.b\" (\"i d\" int PRIMARY KEY, \"x\"\"y\" text);
        CREATE TABLE \"s.1\".c (id int, a int REFERENCES \"s.1\".\"a.b\");
        INSERT INTO \"s.1\".\"a.b\" VALUES (1, 'q''\"'), (2, NULL); INSERT INTO \"s.1\".c VALUES (1, 1), (1, 1), (2, 2)";
    let down = "CREATE SCHEMA \"s.1\"; CREATE TABLE \"s.1\".c (id int, a int);
        CREATE TABLE \"s.1\".\"a.b\" (\"i d\" int PRIMARY KEY, \"x\"\"y\" text);
        ALTER TABLE \"s.1\".c ADD FOREIGN KEY (a) REFERENCES \"s.1\".\"a.b\";";
    assert_restored(before, "DROP SCHEMA \"s.1\" CASCADE;", down, &["\"s.1\".\"a.b\"", "\"s.1\".c"]);
}

#[test]
fn a_type_dropped_with_its_columns_is_restored() {
    let types = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN small AS int CHECK (VALUE < 10);
        CREATE TYPE pair AS (x int, m mood);";
    let before = format!(
        "{types} CREATE TABLE m (id int PRIMARY KEY, a mood, b mood[], c small, d pair, e int4range);
         INSERT INTO m VALUES (1, 'sad', '{{ok,sad}}', 3, '(1,ok)', '[1,5)'), (2, NULL, NULL, NULL, NULL, NULL)"
    );
    let down = format!("{types} ALTER TABLE m ADD a mood, ADD b mood[], ADD c small, ADD d pair;");
    let all = ["(SELECT id, a, b, c, d, e FROM m)"];
    let up = "ALTER TABLE m DROP d; DROP TYPE pair; DROP TYPE mood CASCADE; DROP DOMAIN small CASCADE;";
    assert_restored(&before, up, &down, &all);
    // First drops an attribute of the composite type, then the column.
    let up = "DROP TYPE mood CASCADE; DROP DOMAIN small CASCADE; ALTER TABLE m DROP d; DROP TYPE pair;";
    assert_restored(&before, up, &down, &all);
    let up = "DROP TYPE mood CASCADE;";
    let down = "CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TABLE m ADD a mood, ADD b mood[]; ALTER TYPE pair ADD ATTRIBUTE m mood;";
    assert_restored(&before, up, down, &all);
    let rebuilt = "ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('fine');
        ALTER TABLE n ALTER a TYPE mood USING 'fine'; DROP TYPE mood_old;";
    assert_restored(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE n (id int PRIMARY KEY, a mood); INSERT INTO n VALUES (1, 'sad'), (2, 'ok')",
        rebuilt,
        "ALTER TYPE mood RENAME TO mood_new; CREATE TYPE mood AS ENUM ('sad', 'ok');
         ALTER TABLE n ALTER a TYPE mood USING 'ok'; DROP TYPE mood_new;",
        &["n"],
    );
}

#[test]
fn a_dropped_attribute_is_restored_in_every_value() {
    let before = "CREATE TYPE pair AS (x int, y text); CREATE TABLE q (id int PRIMARY KEY, p pair, l pair[]);
        INSERT INTO q VALUES (1, '(1,a)', '{\"(2,b)\"}'), (2, NULL, NULL)";
    assert_restored(before, "ALTER TYPE pair DROP ATTRIBUTE y;", "ALTER TYPE pair ADD ATTRIBUTE y text;", &["q"]);
}

#[test]
fn sequences_and_identity_columns_continue_at_their_old_value() {
    let before = "CREATE SEQUENCE s; SELECT nextval('s') FROM generate_series(1, 7);
        CREATE TABLE i (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int);
        INSERT INTO i (a) SELECT x FROM generate_series(1, 3) x";
    let case = super::Case::new(
        before,
        "DROP SEQUENCE s; ALTER TABLE i ALTER id DROP IDENTITY;",
        "CREATE SEQUENCE s; ALTER TABLE i ALTER id ADD GENERATED ALWAYS AS IDENTITY;",
    );
    case.up();
    assert_eq!(case.copies(), ["sequence s 1", "sequence i_id_seq 1"]);
    case.down();
    assert_eq!(case.database.psql("SELECT nextval('s')"), "8");
    assert_eq!(case.database.psql("INSERT INTO i (a) VALUES (1) RETURNING id"), "4");
}

#[test]
fn data_lost_by_a_downgrade_are_restored_by_the_upgrade() {
    let case = super::Case::new(
        T,
        "ALTER TABLE t ADD COLUMN z int;\nUPDATE t SET z = 1 WHERE z IS NULL;",
        "ALTER TABLE t DROP COLUMN z;",
    );
    case.up();
    case.database.psql("UPDATE t SET z = id * 2");
    let was = case.rows("t");
    case.down();
    let up = case.up();
    assert_eq!(case.rows("t"), was, "{}", up.stderr);
    assert_eq!(case.copies(), [""; 0]);
}

#[test]
fn several_losses_of_one_table_are_restored_in_reverse_order() {
    let up =
        "UPDATE t SET a = 'x';\nDELETE FROM t WHERE id = 2;\nALTER TABLE t DROP COLUMN n;\nDELETE FROM t WHERE id > 6;
        ALTER TABLE t ALTER COLUMN a TYPE char(1);\nUPDATE t SET a = 'y';\nDROP TABLE t;";
    let down = "CREATE TABLE t (id int PRIMARY KEY, a char(1));\nALTER TABLE t ALTER COLUMN a TYPE text;
        ALTER TABLE t ADD COLUMN n int;";
    assert_restored(T, up, down, &["(SELECT id, a, n FROM t)"]);
}

#[test]
fn nulls_that_an_update_filled_are_null_again() {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x'), (2, NULL)";
    let case = Case::new(table, "UPDATE t SET a = 'new' WHERE id = 2;", "SELECT 1;");
    let was = case.rows("t");
    // No value is lost, so no approval is needed.
    case.project.run(&["upgrade", "head"]).expect_status(0);
    assert_ne!(case.rows("t"), was);
    case.down();
    assert_eq!(case.rows("t"), was);
}

#[test]
fn filling_a_column_without_values_copies_nothing() {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT g FROM generate_series(1, 500) g";
    let case = Case::new(table, "UPDATE t SET a = 'new' WHERE id > 1;", "SELECT 1;");
    let dry = case.project.run(&["upgrade", "head", "--dry-run"]).expect_status(0).stdout;
    assert!(dry.contains("0 values in 500 rows") && !dry.contains("copy"), "{dry}");
    case.project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(case.copies(), Vec::<String>::new());
}
