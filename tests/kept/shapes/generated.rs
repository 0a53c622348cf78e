//! Every kind of loss with every kind of key.

use super::{Shape, shape};

/// The columns of the key, its constraint, and the values of the key for row `i`.
const KEYS: [(&str, &str, &str, &str); 9] = [
    ("integer", "id int", ", PRIMARY KEY (id)", "i"),
    ("bigserial", "id bigserial", ", PRIMARY KEY (id)", "i"),
    ("identity", "id int GENERATED ALWAYS AS IDENTITY", ", PRIMARY KEY (id)", "i"),
    ("uuid", "id uuid DEFAULT gen_random_uuid()", ", PRIMARY KEY (id)", "md5(i::text)::uuid"),
    ("composite", "id int, part text COLLATE \"C\"", ", PRIMARY KEY (part, id)", "i, 'p' || i % 2"),
    ("unique", "id text NOT NULL", ", UNIQUE (id)", "'k' || i"),
    ("domain", "id @code", ", PRIMARY KEY (id)", "i"),
    ("enum", "id int, kind @kind", ", PRIMARY KEY (id, kind)", "i, (ARRAY['x', 'y']::@kind[])[i % 2 + 1]"),
    ("none", "id int", "", "i"),
];

/// A kind of loss: the upgrade, the downgrade, and whether values are assigned to their rows, which requires a key.
/// `#` stands for the definition of the table.
const LOSSES: [(&str, &str, &str, bool); 13] = [
    ("drop column", "ALTER TABLE @t DROP COLUMN a;", "ALTER TABLE @t ADD COLUMN a text;", true),
    (
        "drop NOT NULL column",
        "ALTER TABLE @t DROP COLUMN n;",
        "ALTER TABLE @t ADD COLUMN n int;\nUPDATE @t SET n = 0;\nALTER TABLE @t ALTER n SET NOT NULL;",
        true,
    ),
    (
        "drop two columns",
        "ALTER TABLE @t DROP COLUMN a, DROP COLUMN n;",
        "ALTER TABLE @t ADD COLUMN a text, ADD COLUMN n int;",
        true,
    ),
    ("delete some", "DELETE FROM @t WHERE n > 2;", "SELECT 1;", false),
    ("delete all", "DELETE FROM @t;", "SELECT 1;", false),
    ("truncate", "TRUNCATE @t;", "SELECT 1;", false),
    ("update some", "UPDATE @t SET a = 'new' WHERE n < 3;", "SELECT 1;", true),
    ("update twice", "UPDATE @t SET n = n + 1;\nUPDATE @t SET n = n * 2 WHERE n > 2;", "SELECT 1;", true),
    ("update, then delete", "UPDATE @t SET a = 'new', n = 9;\nDELETE FROM @t WHERE a = 'new';", "SELECT 1;", true),
    (
        "narrow a type",
        "ALTER TABLE @t ALTER a TYPE varchar(1) USING left(a, 1);",
        "ALTER TABLE @t ALTER a TYPE text;",
        true,
    ),
    ("drop table", "DROP TABLE @t;", "CREATE TABLE @t (#);", false),
    (
        "delete, and add a column",
        "ALTER TABLE @t ADD COLUMN c int DEFAULT 5;\nDELETE FROM @t WHERE n = 3;",
        "ALTER TABLE @t DROP COLUMN c;",
        false,
    ),
    (
        "delete, and drop a column",
        "DELETE FROM @t WHERE n > 3;\nALTER TABLE @t DROP COLUMN a;",
        "ALTER TABLE @t ADD COLUMN a text;",
        true,
    ),
];

pub fn shapes() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (key, columns, constraint, values) in KEYS {
        for (loss, upgrade, downgrade, needs_key) in LOSSES {
            if needs_key && key == "none" {
                continue;
            }
            let definition = format!("{columns}, a text, n int NOT NULL{constraint}");
            let setup = format!(
                "CREATE DOMAIN @code AS int; CREATE TYPE @kind AS ENUM ('x', 'y'); CREATE TABLE @t ({definition});
                INSERT INTO @t OVERRIDING SYSTEM VALUE SELECT {values}, nullif('value ' || i, 'value 2'), i FROM generate_series(1, 5) i"
            );
            let name = format!("{loss}, key {key}");
            let probe = if key == "composite" { "SELECT id, part, a, n FROM @t" } else { "SELECT id, a, n FROM @t" };
            let made = shape(&name, &setup, upgrade, &downgrade.replace('#', &definition), probe);
            let has_key = !["none", "unique"].contains(&key);
            shapes.push(if has_key { made } else { made.without_keys() });
        }
    }
    shapes
}
