//! Composite types, generated columns, rows that a script inserts itself, triggers, inheritance, and later writes.

use super::{Shape, shape};

const NONE: &str = "SELECT 1;";
const T: &str = "CREATE TABLE @t (id int PRIMARY KEY, a text, n int); INSERT INTO @t SELECT i, 'a' || i, i FROM generate_series(1, 10) i";

pub fn shapes() -> Vec<Shape> {
    [composites(), generated(), inserted(), tables(), later()].into_iter().flatten().collect()
}

fn composites() -> Vec<Shape> {
    let nested = "CREATE TYPE @addr AS (street text, gone text); CREATE TYPE @deep AS (a @addr, n int);";
    let drop = "ALTER TYPE @addr DROP ATTRIBUTE gone;";
    let add = "ALTER TYPE @addr ADD ATTRIBUTE gone text;";
    let with = |column: &str, value: &str| {
        format!(
            "{nested} CREATE TABLE @p (id int PRIMARY KEY, a {column}); INSERT INTO @p VALUES (1, {value}), (2, NULL)"
        )
    };
    vec![
        shape("an attribute", &with("@addr", "ROW('s', 'g')"), drop, add, "SELECT id, a::text FROM @p"),
        shape(
            "a nested attribute",
            &with("@deep", "ROW(ROW('s', 'g')::@addr, 1)::@deep"),
            drop,
            add,
            "SELECT id, a::text FROM @p",
        ),
        shape(
            "an attribute in an array",
            &with("@deep[]", "ARRAY[ROW(ROW('s', 'g')::@addr, 1)::@deep]"),
            drop,
            add,
            "SELECT id, a::text FROM @p",
        ),
        shape(
            "an attribute in a composite with an array",
            &format!(
                "{nested} CREATE TYPE @list AS (all_addresses @addr[]); CREATE TABLE @p (id int PRIMARY KEY, a @list);
            INSERT INTO @p VALUES (1, ROW(ARRAY[ROW('s', 'g')::@addr])::@list)"
            ),
            drop,
            add,
            "SELECT id, a::text FROM @p",
        ),
        shape(
            "an attribute in a domain",
            &format!(
                "{nested} CREATE DOMAIN @home AS @deep; CREATE TABLE @p (id int PRIMARY KEY, a @home);
            INSERT INTO @p VALUES (1, ROW(ROW('s', 'g')::@addr, 1)::@deep)"
            ),
            drop,
            add,
            "SELECT id, a::text FROM @p",
        ),
        shape(
            "two attributes",
            &with("@deep", "ROW(ROW('s', 'g')::@addr, 1)::@deep"),
            "ALTER TYPE @addr DROP ATTRIBUTE gone;\nALTER TYPE @deep DROP ATTRIBUTE n;",
            "ALTER TYPE @deep ADD ATTRIBUTE n int;\nALTER TYPE @addr ADD ATTRIBUTE gone text;",
            "SELECT id, a::text FROM @p",
        ),
        shape(
            "a type by CASCADE",
            &with("@deep", "ROW(ROW('s', 'g')::@addr, 1)::@deep"),
            "DROP TYPE @deep CASCADE;",
            "CREATE TYPE @deep AS (a @addr, n int);\nALTER TABLE @p ADD COLUMN a @deep;",
            "SELECT id, a::text FROM @p",
        ),
    ]
}

#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn generated() -> Vec<Shape> {
    let rows = "SELECT id, a, n FROM @t";
    vec![
        shape(
            "a column that becomes generated",
            T,
            "ALTER TABLE @t DROP COLUMN n;\nALTER TABLE @t ADD COLUMN n int GENERATED ALWAYS AS (id * 100) STORED;",
            "ALTER TABLE @t ALTER n DROP EXPRESSION;",
            rows,
        ),
        shape(
            "a column that becomes generated, made again",
            T,
            "ALTER TABLE @t DROP COLUMN n;\nALTER TABLE @t ADD COLUMN n int GENERATED ALWAYS AS (id * 100) STORED;",
            "ALTER TABLE @t DROP COLUMN n;\nALTER TABLE @t ADD COLUMN n int;",
            rows,
        ),
        shape(
            "rows with a generated column",
            "CREATE TABLE @t (id int PRIMARY KEY, n int, a int GENERATED ALWAYS AS (n * 2) STORED); INSERT INTO @t SELECT i, i FROM generate_series(1, 4) i",
            "DELETE FROM @t WHERE n > 2;",
            NONE,
            rows,
        ),
        shape(
            "an identity column",
            "CREATE TABLE @t (id int PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, a int); INSERT INTO @t SELECT i FROM generate_series(5, 8) i",
            "ALTER TABLE @t DROP COLUMN n;",
            "ALTER TABLE @t ADD COLUMN n int GENERATED ALWAYS AS IDENTITY;",
            rows,
        ),
        shape(
            "a column and a new one of its name",
            T,
            "ALTER TABLE @t DROP COLUMN n;\nALTER TABLE @t ADD COLUMN n text DEFAULT 'x';",
            "ALTER TABLE @t DROP COLUMN n;\nALTER TABLE @t ADD COLUMN n int;",
            rows,
        ),
        shape(
            "a renamed column",
            T,
            "UPDATE @t SET n = 0;\nALTER TABLE @t RENAME n TO m;",
            "ALTER TABLE @t RENAME m TO n;",
            rows,
        ),
        shape(
            "rows of a renamed table",
            T,
            "DELETE FROM @t WHERE n > 4;\nALTER TABLE @t RENAME TO u;",
            "ALTER TABLE @u RENAME TO t;",
            rows,
        ),
        shape(
            "rows, with a column renamed",
            T,
            "ALTER TABLE @t RENAME n TO m;\nDELETE FROM @t WHERE m > 4;",
            "ALTER TABLE @t RENAME m TO n;",
            rows,
        ),
        shape(
            "rows, with two columns added",
            T,
            "ALTER TABLE @t ADD COLUMN x int NOT NULL DEFAULT 1, ADD COLUMN y text;\nUPDATE @t SET y = 'y';\nDELETE FROM @t WHERE n > 4;",
            "ALTER TABLE @t DROP COLUMN x, DROP COLUMN y;",
            rows,
        ),
    ]
}

/// Rows that a step inserts itself must not exist twice.
fn inserted() -> Vec<Shape> {
    let nothing = "SELECT 1";
    // The number of rows, if the table exists.
    let count = "SELECT CASE WHEN to_regclass('@k') IS NOT NULL THEN
        (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM @k', false, true, '')))[1]::text END";
    vec![
        shape(
            "a table without a key, created and filled",
            nothing,
            "CREATE TABLE @k (a int, b text);\nINSERT INTO @k VALUES (1, 'x'), (1, 'x'), (2, 'y');",
            "DROP TABLE @k;",
            count,
        )
        .without_keys(),
        shape(
            "the same rows again",
            "CREATE TABLE @k (a int, b text); INSERT INTO @k VALUES (0, 'old')",
            "INSERT INTO @k VALUES (1, 'x'), (1, 'x');",
            "DELETE FROM @k WHERE a = 1;",
            "SELECT * FROM @k",
        )
        .without_keys(),
        shape(
            "rows with random keys",
            "CREATE TABLE @k (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, b text); INSERT INTO @k (b) VALUES ('old')",
            "INSERT INTO @k (b) VALUES ('x'), ('x'), ('y');",
            "DELETE FROM @k WHERE b <> 'old';",
            "SELECT b FROM @k",
        ),
        shape(
            "rows with identity keys",
            "CREATE TABLE @k (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b text); INSERT INTO @k (b) VALUES ('old')",
            "INSERT INTO @k (b) VALUES ('x'), ('y');",
            "DELETE FROM @k WHERE b <> 'old';",
            "SELECT b FROM @k",
        ),
        shape(
            "rows with serial keys",
            "CREATE TABLE @k (id serial PRIMARY KEY, b text); INSERT INTO @k (b) VALUES ('old')",
            "INSERT INTO @k (b) VALUES ('x'), ('y');",
            "DELETE FROM @k WHERE b <> 'old';",
            "SELECT b FROM @k",
        ),
        shape(
            "rows with times",
            "CREATE TABLE @k (b text, at timestamptz DEFAULT clock_timestamp()); INSERT INTO @k (b) VALUES ('old')",
            "INSERT INTO @k (b) VALUES ('x'), ('y');",
            "DELETE FROM @k WHERE b <> 'old';",
            "SELECT b FROM @k",
        )
        .without_keys(),
        shape(
            "a table with random keys and children",
            nothing,
            "CREATE TABLE @k (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, b text);\nCREATE TABLE @c (id serial PRIMARY KEY, k uuid REFERENCES @k);\nINSERT INTO @k (b) VALUES ('x'), ('y');\nINSERT INTO @c (k) SELECT id FROM @k;",
            "DROP TABLE @c;\nDROP TABLE @k;",
            count,
        ),
    ]
}

fn tables() -> Vec<Shape> {
    let trigger = format!("{T}; CREATE FUNCTION @f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := 'trigger'; RETURN NEW; END $$;
        CREATE TRIGGER x BEFORE INSERT OR UPDATE ON @t FOR EACH ROW EXECUTE FUNCTION @f(); ALTER TABLE @t ENABLE ALWAYS TRIGGER x");
    let children =
        "CREATE TABLE @p (id int PRIMARY KEY, a text); CREATE TABLE @c (PRIMARY KEY (id), b int) INHERITS (@p);
        INSERT INTO @p VALUES (1, 'p1'), (2, 'p2'); INSERT INTO @c VALUES (3, 'c3', 3), (4, 'c4', 4)";
    let child_rows = "SELECT 'p', id, a, 0 FROM ONLY @p UNION ALL SELECT 'c', id, a, b FROM @c";
    let parts = "CREATE TABLE @t (id int, a text, n int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
        CREATE TABLE @t1 PARTITION OF @t FOR VALUES FROM (0) TO (5); CREATE TABLE @t2 PARTITION OF @t DEFAULT;
        INSERT INTO @t SELECT i, 'a' || i, i FROM generate_series(1, 8) i";
    let rows = "SELECT id, a, n FROM @t";
    vec![
        shape("rows of a table with a trigger", &trigger, "DELETE FROM @t WHERE n > 5;", NONE, rows),
        shape("values of a table with a trigger", &trigger, "UPDATE @t SET n = 0;", NONE, "SELECT id, n FROM @t"),
        shape("a constraint trigger", &format!("{T}; CREATE FUNCTION @f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER x AFTER INSERT OR UPDATE ON @t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION @f()"),
            "ALTER TABLE @t DROP COLUMN n;", "ALTER TABLE @t ADD COLUMN n int;\nALTER TABLE @t ALTER n SET NOT NULL;", rows),
        shape("a deferred unique key", "CREATE TABLE @t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, a text, n int); INSERT INTO @t SELECT i, 'a' || i, i FROM generate_series(1, 4) i", "DELETE FROM @t WHERE id > 2;", NONE, rows).without_keys(),
        shape("child tables", children, "DELETE FROM @p WHERE id > 1;", NONE, child_rows),
        shape("child tables, a column", children, "ALTER TABLE @p DROP COLUMN a;", "ALTER TABLE @p ADD COLUMN a text;", child_rows),
        shape("child tables, values", children, "UPDATE @p SET a = 'new';", NONE, child_rows),
        shape("a partitioned table", parts, "DELETE FROM @t WHERE n > 3;", NONE, rows),
        shape("a column of a partitioned table", parts, "ALTER TABLE @t DROP COLUMN a;", "ALTER TABLE @t ADD COLUMN a text;", rows),
        shape("a partition dropped", parts, "DROP TABLE @t1;", "CREATE TABLE @t1 PARTITION OF @t FOR VALUES FROM (0) TO (5);", rows),
        shape("a table without columns", "CREATE TABLE @e (); INSERT INTO @e DEFAULT VALUES; INSERT INTO @e DEFAULT VALUES", "DROP TABLE @e;", "CREATE TABLE @e ();", "SELECT count(*) FROM @e").without_keys(),
        shape("names that need quotes", "CREATE TABLE @\"T \"\"x\" (\"I d\" int PRIMARY KEY, \"select\" text); INSERT INTO @\"T \"\"x\" VALUES (1, 'a'), (2, 'b')", "DELETE FROM @\"T \"\"x\" WHERE \"I d\" = 1;\nALTER TABLE @\"T \"\"x\" DROP COLUMN \"select\";", "ALTER TABLE @\"T \"\"x\" ADD COLUMN \"select\" text;", "SELECT \"I d\", \"select\" FROM @\"T \"\"x\""),
        shape("a merge", T, "MERGE INTO @t USING (VALUES (1), (2)) AS v (i) ON id = v.i WHEN MATCHED AND i = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET a = 'm';", NONE, rows),
        shape("insert or update", T, "INSERT INTO @t VALUES (1, 'new', 0) ON CONFLICT (id) DO UPDATE SET a = excluded.a;", NONE, rows),
        shape("a condition on another table", &format!("{T}; CREATE TABLE @o (k int PRIMARY KEY); INSERT INTO @o VALUES (2), (3)"), "DELETE FROM @t USING @o WHERE id = k;\nUPDATE @t SET a = 'o' FROM @o WHERE id > k;", NONE, rows),
    ]
}

/// Writes of other sessions between the upgrade and the downgrade.
fn later() -> Vec<Shape> {
    let t =
        "CREATE TABLE @t (id int PRIMARY KEY, a text); INSERT INTO @t SELECT i, 'a' || i FROM generate_series(1, 4) i";
    let rows = "SELECT id, a FROM @t";
    vec![
        shape(
            "a dropped column of changed rows",
            t,
            "ALTER TABLE @t DROP COLUMN a;",
            "ALTER TABLE @t ADD COLUMN a text;",
            rows,
        )
        .later("DELETE FROM @t WHERE id = 1; INSERT INTO @t VALUES (9)", "(2,a2) (3,a3) (4,a4) (9,)"),
        shape("deleted rows whose key is used again", t, "DELETE FROM @t WHERE id < 3;", NONE, rows)
            .later("INSERT INTO @t VALUES (1, 'new')", "(1,new) (2,a2) (3,a3) (4,a4)"),
        shape("overwritten values that were changed again", t, "UPDATE @t SET a = 'x';", NONE, rows)
            .later("UPDATE @t SET a = 'new' WHERE id = 2", "(1,a1) (2,new) (3,a3) (4,a4)"),
        shape(
            "a converted column with new values",
            t,
            "ALTER TABLE @t ALTER a TYPE varchar(1) USING left(a, 1);",
            "ALTER TABLE @t ALTER a TYPE text;",
            rows,
        )
        .later("UPDATE @t SET a = 'n' WHERE id = 2", "(1,a1) (2,n) (3,a3) (4,a4)"),
        shape("a truncated table with new rows", t, "TRUNCATE @t;", NONE, rows)
            .later("INSERT INTO @t VALUES (2, 'new'), (7, 'new')", "(1,a1) (2,new) (3,a3) (4,a4) (7,new)"),
    ]
}
