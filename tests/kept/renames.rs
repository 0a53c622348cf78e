//! Renames in the same step do not affect what is restored.

use super::{Case, assert_restored};

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, a text, n int);
INSERT INTO t VALUES (1, '1.5', 7), (2, '2', NULL), (3, NULL, 9);";

#[test]
fn values_are_restored_after_a_column_or_table_was_renamed() {
    for (upgrade, downgrade) in [
        // A cast and a rename, in both orders.
        (
            "ALTER TABLE t ALTER a TYPE int USING a::numeric::int; ALTER TABLE t RENAME a TO b;",
            "ALTER TABLE t RENAME b TO a; ALTER TABLE t ALTER a TYPE text;",
        ),
        (
            "ALTER TABLE t RENAME a TO b; ALTER TABLE t ALTER b TYPE int USING b::numeric::int;",
            "ALTER TABLE t ALTER b TYPE text; ALTER TABLE t RENAME b TO a;",
        ),
        (
            "ALTER TABLE t RENAME TO u; ALTER TABLE u ALTER a TYPE int USING a::numeric::int;",
            "ALTER TABLE u ALTER a TYPE text; ALTER TABLE u RENAME TO t;",
        ),
        // Overwritten values.
        ("UPDATE t SET a = 'x'; ALTER TABLE t RENAME a TO b;", "ALTER TABLE t RENAME b TO a;"),
        ("ALTER TABLE t RENAME a TO b; UPDATE t SET b = 'x';", "ALTER TABLE t RENAME b TO a;"),
        ("ALTER TABLE t RENAME id TO key; UPDATE t SET a = 'x', n = 1;", "ALTER TABLE t RENAME key TO id;"),
        (
            "UPDATE t SET a = 'x'; ALTER TABLE t RENAME a TO b; ALTER TABLE t RENAME n TO a;",
            "ALTER TABLE t RENAME a TO n; ALTER TABLE t RENAME b TO a;",
        ),
        // Deleted rows and dropped columns.
        ("DELETE FROM t WHERE id < 3; ALTER TABLE t RENAME id TO key;", "ALTER TABLE t RENAME key TO id;"),
        ("ALTER TABLE t RENAME TO u; DELETE FROM u WHERE id < 3;", "ALTER TABLE u RENAME TO t;"),
        (
            "TRUNCATE t; ALTER TABLE t RENAME TO u; CREATE TABLE t (id int PRIMARY KEY);",
            "DROP TABLE t; ALTER TABLE u RENAME TO t;",
        ),
        (
            "ALTER TABLE t DROP COLUMN n; ALTER TABLE t RENAME TO u;",
            "ALTER TABLE u RENAME TO t; ALTER TABLE t ADD n int;",
        ),
        (
            "ALTER TABLE t RENAME TO u; ALTER TABLE u DROP COLUMN n;",
            "ALTER TABLE u ADD n int; ALTER TABLE u RENAME TO t;",
        ),
        (
            "ALTER TABLE t RENAME n TO m; ALTER TABLE t DROP COLUMN m;",
            "ALTER TABLE t ADD m int; ALTER TABLE t RENAME m TO n;",
        ),
        (
            "CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s; DELETE FROM s.t;",
            "ALTER TABLE s.t SET SCHEMA public; DROP SCHEMA s;",
        ),
        (
            "ALTER TABLE t RENAME TO u; DROP TABLE u;",
            "CREATE TABLE u (id int PRIMARY KEY, a text, n int); ALTER TABLE u RENAME TO t;",
        ),
    ] {
        let (_, down) = assert_restored(TABLE, upgrade, downgrade, &["t"]);
        assert!(!down.contains("was not restored"), "{upgrade}: {down}");
    }
}

#[test]
fn values_are_restored_if_a_new_column_has_the_old_name() {
    let case = Case::new(
        TABLE,
        "ALTER TABLE t RENAME a TO old; ALTER TABLE t ADD a int; UPDATE t SET a = old::numeric::int; ALTER TABLE t DROP COLUMN old;",
        "ALTER TABLE t ADD old text; UPDATE t SET old = a::text; ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME old TO a;",
    );
    let values = "SELECT string_agg(id || coalesce(a::text, '-'), ' ' ORDER BY id) FROM t";
    let was = case.database.psql(values);
    case.up();
    assert_ne!(case.database.psql(values), was);
    let down = case.down();
    assert_eq!(case.database.psql(values), was, "{}", down.stderr);
    assert!(!down.stderr.contains("does not exist"), "{}", down.stderr);
}

#[test]
fn values_changed_later_under_the_new_name_stay_unchanged() {
    let case = Case::new(TABLE, "UPDATE t SET a = 'x'; ALTER TABLE t RENAME a TO b;", "ALTER TABLE t RENAME b TO a;");
    case.up();
    case.database.psql("UPDATE t SET b = 'mine' WHERE id = 2");
    case.down();
    assert_eq!(case.rows("t"), ["(1,1.5,7)", "(2,mine,)", "(3,,9)"]);
}

#[test]
fn rows_are_restored_after_their_composite_column_became_text() {
    assert_restored(
        "CREATE TYPE pair AS (a int, b text); CREATE TABLE t (id int PRIMARY KEY, p pair);
         INSERT INTO t VALUES (1, '(1,x)'), (2, '(,)'), (3, NULL)",
        "ALTER TABLE t ALTER p TYPE text USING 'lost'; DELETE FROM t;",
        "ALTER TABLE t ALTER p TYPE pair USING NULL;",
        &["t"],
    );
}
