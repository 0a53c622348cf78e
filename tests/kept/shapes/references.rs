//! Foreign keys: cascades, SET NULL, SET DEFAULT, cycles, and the order in which rows are restored.

use super::{Shape, shape};

const NODES: &str = "CREATE TABLE @n (id int PRIMARY KEY, up int REFERENCES @n ON DELETE CASCADE, a text);
    INSERT INTO @n VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 3, 'd'), (10, NULL, 'e')";
const NONE: &str = "SELECT 1;";

pub fn shapes() -> Vec<Shape> {
    [cascades(), changes(), cycles(), columns(), later()].into_iter().flatten().collect()
}

#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn cascades() -> Vec<Shape> {
    let tree = "CREATE TABLE @p (id int PRIMARY KEY);
        CREATE TABLE @n (id int PRIMARY KEY, p int REFERENCES @p ON DELETE CASCADE, up int REFERENCES @n ON DELETE CASCADE);
        INSERT INTO @p VALUES (1), (2); INSERT INTO @n VALUES (1, 1, NULL), (2, NULL, 1), (3, NULL, 2), (4, 2, NULL)";
    let pair = "CREATE TABLE @p (id int PRIMARY KEY);
        CREATE TABLE @c (id int PRIMARY KEY, x int REFERENCES @p ON DELETE CASCADE, y int REFERENCES @p ON DELETE CASCADE);
        INSERT INTO @p VALUES (1), (2), (3); INSERT INTO @c VALUES (1, 1, 2), (2, 2, 1), (3, 3, 3), (4, 1, 1), (5, 3, 1)";
    let diamond = "CREATE TABLE @a (id int PRIMARY KEY);
        CREATE TABLE @b (id int PRIMARY KEY, a int REFERENCES @a ON DELETE CASCADE);
        CREATE TABLE @c (id int PRIMARY KEY, a int REFERENCES @a ON DELETE CASCADE, b int REFERENCES @b ON DELETE CASCADE);
        INSERT INTO @a VALUES (1), (2); INSERT INTO @b VALUES (1, 1), (2, 2);
        INSERT INTO @c VALUES (1, 1, 1), (2, 2, 1), (3, 1, 2), (4, 2, 2)";
    let diamond_rows =
        "SELECT 'a', id, 0, 0 FROM @a UNION ALL SELECT 'b', id, a, 0 FROM @b UNION ALL SELECT 'c', id, a, b FROM @c";
    let keyless =
        "CREATE TABLE @p (id int PRIMARY KEY); CREATE TABLE @tag (p int REFERENCES @p ON DELETE CASCADE, name text);
        INSERT INTO @p VALUES (1), (2); INSERT INTO @tag VALUES (1, 'a'), (1, 'a'), (1, 'b'), (2, 'a')";
    let parts = "CREATE TABLE @p (id int, r text, PRIMARY KEY (id, r)) PARTITION BY LIST (r);
        CREATE TABLE @p1 PARTITION OF @p FOR VALUES IN ('x'); CREATE TABLE @p2 PARTITION OF @p FOR VALUES IN ('y');
        CREATE TABLE @c (id int, r text, p int, PRIMARY KEY (id, r), FOREIGN KEY (p, r) REFERENCES @p ON DELETE CASCADE) PARTITION BY LIST (r);
        CREATE TABLE @c1 PARTITION OF @c FOR VALUES IN ('x'); CREATE TABLE @c2 PARTITION OF @c FOR VALUES IN ('y');
        INSERT INTO @p VALUES (1, 'x'), (2, 'y'); INSERT INTO @c VALUES (1, 'x', 1), (2, 'y', 2), (3, 'x', 1)";
    let parts_rows = "SELECT 'p', id, r, 0 FROM @p UNION ALL SELECT 'c', id, r, p FROM @c";
    let domain = "CREATE DOMAIN @code AS text; CREATE TYPE @kind AS ENUM ('a', 'b');
        CREATE TABLE @p (id @code, kind @kind, PRIMARY KEY (id, kind));
        CREATE TABLE @c (id int PRIMARY KEY, p @code, kind @kind, FOREIGN KEY (p, kind) REFERENCES @p ON DELETE CASCADE);
        INSERT INTO @p VALUES ('x', 'a'), ('x', 'b'); INSERT INTO @c VALUES (1, 'x', 'a'), (2, 'x', 'b')";
    let numeric = "CREATE TABLE @p (id numeric PRIMARY KEY); CREATE TABLE @c (id int PRIMARY KEY, p int REFERENCES @p ON DELETE CASCADE);
        INSERT INTO @p VALUES (1.0), (2.00); INSERT INTO @c VALUES (1, 1), (2, 2)";
    let c = |columns: &str| {
        format!("SELECT 'p', id::text, '' FROM @p UNION ALL SELECT 'c', id::text, ({columns})::text FROM @c")
    };
    vec![
        shape("a tree in one table", NODES, "DELETE FROM @n WHERE id = 1;", NONE, "SELECT * FROM @n"),
        shape("part of a tree", NODES, "DELETE FROM @n WHERE id = 3;", NONE, "SELECT * FROM @n"),
        shape("a tree, all rows", NODES, "DELETE FROM @n;", NONE, "SELECT * FROM @n"),
        shape("a tree truncated", NODES, "TRUNCATE @n;", NONE, "SELECT * FROM @n"),
        shape(
            "a tree dropped",
            NODES,
            "DROP TABLE @n;",
            "CREATE TABLE @n (id int PRIMARY KEY, up int REFERENCES @n ON DELETE CASCADE, a text);",
            "SELECT * FROM @n",
        ),
        shape(
            "a root into a tree",
            tree,
            "DELETE FROM @p WHERE id = 1;",
            NONE,
            "SELECT 'p', id, 0, 0 FROM @p UNION ALL SELECT 'n', id, p, up FROM @n",
        ),
        shape("two keys to one table", pair, "DELETE FROM @p WHERE id = 1;", NONE, &c("(x, y)")),
        shape(
            "two keys, two deletes",
            pair,
            "DELETE FROM @p WHERE id = 1;\nDELETE FROM @p WHERE id = 2;",
            NONE,
            &c("(x, y)"),
        ),
        shape(
            "children deleted first",
            pair,
            "DELETE FROM @c WHERE x = 1;\nDELETE FROM @p WHERE id = 1;",
            NONE,
            &c("(x, y)"),
        ),
        shape("a diamond", diamond, "DELETE FROM @a WHERE id = 1;", NONE, diamond_rows),
        shape("a diamond, all rows", diamond, "DELETE FROM @a;", NONE, diamond_rows),
        shape("a diamond truncated", diamond, "TRUNCATE @a CASCADE;", NONE, diamond_rows),
        shape(
            "both in one statement",
            diamond,
            "WITH x AS (DELETE FROM @c WHERE b = 2 RETURNING id) DELETE FROM @a WHERE id = 1;",
            NONE,
            diamond_rows,
        ),
        shape(
            "children without a key",
            keyless,
            "DELETE FROM @p WHERE id = 1;",
            NONE,
            "SELECT 'p', id, '' FROM @p UNION ALL SELECT 'tag', p, name FROM @tag",
        )
        .without_keys(),
        shape(
            "children without a key, all",
            keyless,
            "DELETE FROM @p;",
            NONE,
            "SELECT 'p', id, '' FROM @p UNION ALL SELECT 'tag', p, name FROM @tag",
        )
        .without_keys(),
        shape("partitioned tables", parts, "DELETE FROM @p WHERE id = 1;", NONE, parts_rows),
        shape("one partition", parts, "DELETE FROM @p1;", NONE, parts_rows),
        shape("a partition truncated", parts, "TRUNCATE @c1;", NONE, parts_rows),
        shape(
            "keys of domains and enums",
            domain,
            "DELETE FROM @p WHERE kind = 'a';",
            NONE,
            "SELECT 'p', 0, id::text, kind FROM @p UNION ALL SELECT 'c', id, p::text, kind FROM @c",
        ),
        shape(
            "keys of different types",
            numeric,
            "DELETE FROM @p WHERE id = 1;",
            NONE,
            "SELECT id::int, 0 FROM @p UNION ALL SELECT id, p FROM @c",
        ),
    ]
}

fn changes() -> Vec<Shape> {
    let set = |action: &str, default: &str| {
        format!(
            "CREATE TABLE @p (id int PRIMARY KEY); CREATE TABLE @c (id int PRIMARY KEY, p int {default} REFERENCES @p ON DELETE {action});
            INSERT INTO @p VALUES (1), (2), (9); INSERT INTO @c VALUES (1, 1), (2, 2), (3, NULL)"
        )
    };
    let rows = "SELECT 'p', id, 0 FROM @p UNION ALL SELECT 'c', id, p FROM @c";
    let own = "CREATE TABLE @n (id int PRIMARY KEY, up int REFERENCES @n ON DELETE SET NULL);
        INSERT INTO @n VALUES (1, NULL), (2, 1), (3, 2), (4, 2)";
    let mixed = "CREATE TABLE @p (id int PRIMARY KEY);
        CREATE TABLE @m (id int PRIMARY KEY, p int REFERENCES @p ON DELETE SET NULL);
        CREATE TABLE @c (id int PRIMARY KEY, p int REFERENCES @p ON DELETE CASCADE, m int REFERENCES @m ON DELETE SET NULL);
        INSERT INTO @p VALUES (1), (2); INSERT INTO @m VALUES (1, 1), (2, 2); INSERT INTO @c VALUES (1, 1, 1), (2, 2, 1), (3, 1, 2)";
    let mixed_rows =
        "SELECT 'p', id, 0, 0 FROM @p UNION ALL SELECT 'm', id, p, 0 FROM @m UNION ALL SELECT 'c', id, p, m FROM @c";
    vec![
        shape("SET NULL", &set("SET NULL", ""), "DELETE FROM @p WHERE id = 1;", NONE, rows),
        shape("SET NULL of all", &set("SET NULL", ""), "DELETE FROM @p;", NONE, rows),
        shape("SET DEFAULT", &set("SET DEFAULT", "DEFAULT 9"), "DELETE FROM @p WHERE id = 1;", NONE, rows),
        shape("SET NULL in one table", own, "DELETE FROM @n WHERE id = 1;", NONE, "SELECT * FROM @n"),
        shape("SET NULL in one table, two rows", own, "DELETE FROM @n WHERE id < 3;", NONE, "SELECT * FROM @n"),
        shape(
            "SET NULL, then deleted",
            &set("SET NULL", ""),
            "DELETE FROM @p WHERE id = 1;\nDELETE FROM @c WHERE p IS NULL;",
            NONE,
            rows,
        ),
        shape(
            "SET NULL by the script",
            &set("NO ACTION", ""),
            "UPDATE @c SET p = NULL WHERE p = 1;\nDELETE FROM @p WHERE id = 1;",
            NONE,
            rows,
        ),
        shape("CASCADE and SET NULL", mixed, "DELETE FROM @p WHERE id = 1;", NONE, mixed_rows),
        shape(
            "CASCADE and SET NULL, two steps",
            mixed,
            "DELETE FROM @m WHERE id = 1;\nDELETE FROM @p WHERE id = 1;",
            NONE,
            mixed_rows,
        ),
    ]
}

fn cycles() -> Vec<Shape> {
    let cycle = |x: &str, y: &str| {
        format!(
            "CREATE TABLE @x (id int PRIMARY KEY, y int); CREATE TABLE @y (id int PRIMARY KEY, x int REFERENCES @x {y});
            ALTER TABLE @x ADD FOREIGN KEY (y) REFERENCES @y {x};
            INSERT INTO @x SELECT g FROM generate_series(1, 5) g; INSERT INTO @y SELECT g, g FROM generate_series(1, 4) g;
            UPDATE @x SET y = CASE id WHEN 1 THEN 4 ELSE id - 1 END WHERE id < 5"
        )
    };
    let rows = "SELECT 'x', id, y FROM @x UNION ALL SELECT 'y', id, x FROM @y";
    let one = "DELETE FROM @x WHERE id = 2;";
    vec![
        shape("a cycle of cascades", &cycle("ON DELETE CASCADE", "ON DELETE CASCADE"), one, NONE, rows),
        shape(
            "a cycle of deferred keys",
            &cycle("ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED", "ON DELETE CASCADE DEFERRABLE"),
            one,
            NONE,
            rows,
        ),
        shape("a cycle through SET NULL", &cycle("ON DELETE SET NULL", "ON DELETE CASCADE"), one, NONE, rows),
        shape("a cycle truncated", &cycle("", ""), "TRUNCATE @x, @y;", NONE, rows),
        shape(
            "a cycle deleted in two statements",
            &cycle("DEFERRABLE INITIALLY DEFERRED", "DEFERRABLE INITIALLY DEFERRED"),
            "DELETE FROM @x;\nDELETE FROM @y;",
            NONE,
            rows,
        ),
    ]
}

fn columns() -> Vec<Shape> {
    let deferred = "CREATE TABLE @p (id int PRIMARY KEY); CREATE TABLE @c (id int PRIMARY KEY, p int NOT NULL REFERENCES @p DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO @p VALUES (1), (2); INSERT INTO @c VALUES (1, 1), (2, 2)";
    let plain = "CREATE TABLE @p (id int PRIMARY KEY); CREATE TABLE @c (id int PRIMARY KEY, p int REFERENCES @p);
        INSERT INTO @p VALUES (1), (2), (3); INSERT INTO @c VALUES (1, 1), (2, 2)";
    let rows = "SELECT 'p', id, 0 FROM @p UNION ALL SELECT 'c', id, p FROM @c";
    let drop = "ALTER TABLE @c DROP COLUMN p;";
    vec![
        shape(
            "a column with a deferred key",
            deferred,
            drop,
            "ALTER TABLE @c ADD p int REFERENCES @p DEFERRABLE INITIALLY DEFERRED;\nALTER TABLE @c ALTER p SET NOT NULL;",
            rows,
        ),
        shape(
            "a key deferred by the script",
            deferred,
            drop,
            "SET CONSTRAINTS ALL DEFERRED;\nALTER TABLE @c ADD p int REFERENCES @p DEFERRABLE INITIALLY IMMEDIATE;\nALTER TABLE @c ALTER p SET NOT NULL;",
            rows,
        ),
        shape(
            "a column, then its rows",
            plain,
            "ALTER TABLE @c DROP COLUMN p;\nDELETE FROM @p WHERE id < 3;",
            "ALTER TABLE @c ADD COLUMN p int REFERENCES @p;",
            rows,
        ),
        shape(
            "a column, then its rows, and a key of its own",
            plain,
            "ALTER TABLE @c DROP COLUMN p;\nDELETE FROM @p;",
            "ALTER TABLE @c ADD COLUMN p int;\nALTER TABLE @c ADD FOREIGN KEY (p) REFERENCES @p;",
            rows,
        ),
        shape(
            "a column, then its table",
            plain,
            "ALTER TABLE @c DROP COLUMN p;\nDROP TABLE @p;",
            "CREATE TABLE @p (id int PRIMARY KEY);\nALTER TABLE @c ADD COLUMN p int REFERENCES @p;",
            rows,
        ),
        shape(
            "two tables dropped",
            plain,
            "DROP TABLE @c;\nDROP TABLE @p;",
            "CREATE TABLE @p (id int PRIMARY KEY);\nCREATE TABLE @c (id int PRIMARY KEY, p int REFERENCES @p);",
            rows,
        ),
        shape(
            "two tables dropped by CASCADE",
            plain,
            "DROP TABLE @p CASCADE;\nDELETE FROM @c WHERE id = 1;",
            "CREATE TABLE @p (id int PRIMARY KEY);\nALTER TABLE @c ADD CONSTRAINT k FOREIGN KEY (p) REFERENCES @p NOT VALID;",
            rows,
        ),
    ]
}

/// Writes of other sessions between the upgrade and the downgrade.
fn later() -> Vec<Shape> {
    let pair = "CREATE TABLE @p (id int PRIMARY KEY, u int UNIQUE); CREATE TABLE @c (id int PRIMARY KEY, p int REFERENCES @p ON DELETE CASCADE);
        INSERT INTO @p VALUES (1, 1), (2, 2), (3, 3); INSERT INTO @c VALUES (1, 1), (2, 2), (3, 1), (4, 3)";
    let rows = "SELECT 'p', id, u FROM @p UNION ALL SELECT 'c', id, p FROM @c";
    let set_null = "CREATE TABLE @p (id int PRIMARY KEY); CREATE TABLE @c (id int PRIMARY KEY, p int REFERENCES @p ON DELETE SET NULL);
        INSERT INTO @p VALUES (1), (2), (3); INSERT INTO @c VALUES (1, 1), (2, 1), (3, 2)";
    let null_rows = "SELECT 'p', id, 0 FROM @p UNION ALL SELECT 'c', id, p FROM @c";
    let plain = "CREATE TABLE @p (id int PRIMARY KEY); CREATE TABLE @c (id int PRIMARY KEY, p int REFERENCES @p);
        INSERT INTO @p VALUES (1), (2), (3); INSERT INTO @c VALUES (1, 1), (2, 2)";
    vec![
        shape("a parent's unique value is in use", pair, "DELETE FROM @p WHERE id < 3;", NONE, rows)
            .later("INSERT INTO @p VALUES (7, 1)", "(c,2,2) (c,4,3) (p,2,2) (p,3,3) (p,7,1)"),
        shape("a child's id is in use", pair, "DELETE FROM @p WHERE id = 1;", NONE, rows)
            .later("INSERT INTO @c VALUES (1, 3)", "(c,1,3) (c,2,2) (c,3,1) (c,4,3) (p,1,1) (p,2,2) (p,3,3)"),
        shape("a value set to NULL has a new value", set_null, "DELETE FROM @p WHERE id = 1;", NONE, null_rows)
            .later("UPDATE @c SET p = 3 WHERE id = 1", "(c,1,3) (c,2,1) (c,3,2) (p,1,0) (p,2,0) (p,3,0)"),
        shape(
            "a row whose value was set to NULL is deleted",
            set_null,
            "DELETE FROM @p WHERE id = 1;",
            NONE,
            null_rows,
        )
        .later("DELETE FROM @c WHERE id = 2", "(c,1,1) (c,3,2) (p,1,0) (p,2,0) (p,3,0)"),
        shape(
            "a referenced row of dropped values is deleted",
            plain,
            "ALTER TABLE @c DROP COLUMN p;",
            "ALTER TABLE @c ADD p int REFERENCES @p;",
            null_rows,
        )
        .later("DELETE FROM @p WHERE id = 1", "(c,1,) (c,2,2) (p,2,0) (p,3,0)"),
        shape("a tree without its root", NODES, "DELETE FROM @n WHERE id = 3;", NONE, "SELECT id, up, a FROM @n")
            .later("DELETE FROM @n WHERE id = 2", "(1,,a) (10,,e)"),
    ]
}
