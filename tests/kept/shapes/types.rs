//! Values of many types, dropped, overwritten, converted and deleted.

use super::{Shape, shape};

/// A type, the statements that create it, and three values.
const TYPES: [(&str, &str, [&str; 3]); 18] = [
    ("numeric(9,3)", "", ["1.500", "-0.001", "NULL"]),
    ("double precision", "", ["0.1", "'NaN'", "1e-300"]),
    ("character(4)", "", ["'a'", "' b'", "NULL"]),
    ("text", "", ["''", "'it''s \"q\" \\'", "'한글'"]),
    ("boolean", "", ["true", "false", "NULL"]),
    ("timestamptz", "", ["'2026-01-02 03:04:05.678901+02'", "'infinity'", "'0044-03-15 BC'"]),
    ("interval", "", ["'1 mon -2 days 03:00:00.5'", "'0'", "'-1 year'"]),
    ("json", "", ["'{\"a\": [1, null]}'", "'null'", "NULL"]),
    ("bytea", "", ["'\\x00ff'", "''", "'\\x5c'"]),
    ("text[]", "", ["'{a,NULL,\"b,c\"}'", "'{}'", "'{{x},{y}}'"]),
    ("int4range", "", ["'[1,5)'", "'empty'", "'(,3]'"]),
    ("inet", "", ["'10.0.0.1/8'", "'::1'", "NULL"]),
    ("bit varying(9)", "", ["B'101'", "B''", "NULL"]),
    ("@mood", "CREATE TYPE @mood AS ENUM ('sad', 'so so');", ["'sad'", "'so so'", "NULL"]),
    ("@mood[]", "CREATE TYPE @mood AS ENUM ('sad', 'so so');", ["'{sad,NULL}'", "'{}'", "'{\"so so\"}'"]),
    ("@pair", "CREATE TYPE @pair AS (x int, y text);", ["'(1,\"a,b\")'", "'(,)'", "NULL"]),
    ("@size", "CREATE DOMAIN @size AS numeric(5,1) CHECK (VALUE > 0);", ["1.5", "2", "NULL"]),
    ("@pair[]", "CREATE TYPE @pair AS (x int, y text);", ["ARRAY['(1,a)'::@pair]", "'{}'", "NULL"]),
];

pub fn shapes() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (ty, create, [a, b, c]) in TYPES {
        let setup = format!(
            "{create} CREATE TABLE @t (id int PRIMARY KEY, a {ty}); INSERT INTO @t VALUES (1, {a}), (2, {b}), (3, {c})"
        );
        let add = format!("ALTER TABLE @t ADD COLUMN a {ty};");
        let table = format!("CREATE TABLE @t (id int PRIMARY KEY, a {ty});");
        let retype = format!("ALTER TABLE @t ALTER a TYPE {ty} USING NULL;");
        for (loss, upgrade, downgrade) in [
            ("drop column", "ALTER TABLE @t DROP COLUMN a;", add.as_str()),
            ("delete", "DELETE FROM @t WHERE id < 3;", "SELECT 1;"),
            ("update", "UPDATE @t SET a = NULL WHERE id > 1;", "SELECT 1;"),
            ("drop table", "DROP TABLE @t;", &table),
            ("convert", "ALTER TABLE @t ALTER a TYPE int USING id;", &retype),
        ] {
            shapes.push(shape(&format!("{loss}, type {ty}"), &setup, upgrade, downgrade, "SELECT id, a FROM @t"));
        }
    }
    shapes
}
