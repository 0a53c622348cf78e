//! Random tables, rows and losses: after an upgrade and a downgrade, every row and value is the same.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};

use super::Case;

/// Types with values, as SQL.
const TYPES: [(&str, [&str; 3]); 14] = [
    ("integer", ["0", "-7", "2147483647"]),
    ("bigint", ["9007199254740993", "0", "-1"]),
    ("numeric(9, 3)", ["1.500", "-0.001", "123456.789"]),
    ("double precision", ["0.1", "'NaN'", "1e-300"]),
    ("text", ["''", "'it''s \"q\" \\'", "'한글'"]),
    ("character(4)", ["'a'", "' b'", "'cccc'"]),
    ("boolean", ["true", "false", "true"]),
    ("timestamptz", ["'2026-01-02 03:04:05.678901+02'", "'infinity'", "'0044-03-15 BC'"]),
    ("interval", ["'1 mon -2 days 03:00:00.5'", "'0'", "'-1 year'"]),
    ("jsonb", ["'{\"a\": [1, null]}'", "'null'", "'\"x\"'"]),
    ("bytea", ["'\\x00ff'", "''", "'\\x5c'"]),
    ("text[]", ["'{a,NULL,\"b,c\"}'", "'{}'", "'{{x},{y}}'"]),
    ("mood", ["'sad'", "'so so'", "'ok'"]),
    ("pair", ["'(1,\"a,b\")'", "'(,)'", "'(2,)'"]),
];

/// What one statement destroys.
#[derive(Debug, Clone)]
enum Loss {
    DropColumn(usize),
    Delete(u8),
    DeleteAll,
    Truncate,
    Update(usize, Option<u8>),
    Retype(usize),
    DropTable,
}

#[derive(Debug, Clone)]
struct World {
    types: Vec<usize>,
    /// Each value as its index in [`TYPES`], or NULL.
    rows: Vec<Vec<Option<usize>>>,
    composite: bool,
    partitioned: bool,
    losses: Vec<Loss>,
}

fn worlds() -> impl Strategy<Value = World> {
    let loss = prop_oneof![
        3 => (0..6_usize).prop_map(Loss::DropColumn),
        2 => (0..4_u8).prop_map(Loss::Delete),
        1 => Just(Loss::DeleteAll),
        1 => Just(Loss::Truncate),
        3 => (0..6_usize, proptest::option::of(0..4_u8)).prop_map(|(column, part)| Loss::Update(column, part)),
        3 => (0..6_usize).prop_map(Loss::Retype),
        1 => Just(Loss::DropTable),
    ];
    let types = proptest::collection::vec(0..TYPES.len(), 1..7);
    let value = proptest::option::weighted(0.8, 0..3_usize);
    let rows = proptest::collection::vec(proptest::collection::vec(value, 7), 1..10);
    let losses = proptest::collection::vec(loss, 1..6);
    (types, rows, any::<bool>(), any::<bool>(), losses).prop_map(|(types, mut rows, composite, partitioned, losses)| {
        // A column without values cannot lose data, and a value written later is not restored.
        for value in rows.first_mut().into_iter().flatten() {
            value.get_or_insert(1);
        }
        World { types, rows, composite, partitioned, losses }
    })
}

impl World {
    fn create(&self, columns: &[(usize, &str)]) -> String {
        let columns: Vec<String> = columns.iter().map(|(place, ty)| format!("\"c.{place}\" {ty}")).collect();
        let key = if self.composite { "id, part" } else { "part" };
        let shape = if self.partitioned { " PARTITION BY HASH (part)" } else { "" };
        let first = ["id int NOT NULL".to_owned(), "part bigint NOT NULL".to_owned()];
        let columns: Vec<String> = first.into_iter().chain(columns).chain([format!("PRIMARY KEY ({key})")]).collect();
        let parts = if self.partitioned {
            "CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
             CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
        } else {
            ""
        };
        format!("CREATE TABLE t ({}){shape};\n{parts}", columns.join(", "))
    }

    fn filling(&self) -> String {
        let rows = self.rows.iter().enumerate().map(|(number, values)| {
            let values = self.types.iter().zip(values).map(|(ty, value)| {
                let (ty, values) = TYPES[*ty];
                value.map_or_else(|| "NULL".to_owned(), |value| format!("{}::{ty}", values[value]))
            });
            let values: Vec<String> = values.collect();
            format!("INSERT INTO t VALUES ({number}, {}, {});\n", number * 3, values.join(", "))
        });
        rows.collect()
    }

    /// The statements of upgrade and downgrade, and the columns after each.
    fn scripts(&self) -> (String, String) {
        let mut there: Vec<(usize, &str)> = self.types.iter().map(|ty| TYPES[*ty].0).enumerate().collect();
        let (mut up, mut down) = (Vec::new(), Vec::new());
        for loss in &self.losses {
            match loss {
                Loss::DropColumn(place) if !there.is_empty() => {
                    let (column, ty) = there.remove(place % there.len());
                    up.push(format!("ALTER TABLE t DROP COLUMN \"c.{column}\";"));
                    down.push(format!("ALTER TABLE t ADD COLUMN \"c.{column}\" {ty};"));
                }
                Loss::Delete(part) => up.push(format!("DELETE FROM t WHERE id % 4 = {part};")),
                Loss::DeleteAll => up.push("DO $$ BEGIN DELETE FROM t; END $$;".to_owned()),
                Loss::Truncate => up.push("TRUNCATE t;".to_owned()),
                Loss::Update(place, part) if !there.is_empty() => {
                    let (column, ty) = there[place % there.len()];
                    let known = TYPES.iter().find(|(known, _)| *known == ty);
                    let value = known.map_or("'new'", |(_, values)| values[2]);
                    let condition = part.map_or_else(String::new, |part| format!(" WHERE id % 4 = {part}"));
                    up.push(format!("UPDATE t SET \"c.{column}\" = {value}{condition};"));
                }
                Loss::Retype(place) if !there.is_empty() => {
                    let place = place % there.len();
                    let (column, ty) = there[place];
                    up.push(format!(
                        "ALTER TABLE t ALTER COLUMN \"c.{column}\" TYPE varchar(3) USING left(\"c.{column}\"::text, 3);"
                    ));
                    down.push(format!("ALTER TABLE t ALTER COLUMN \"c.{column}\" TYPE {ty} USING NULL;"));
                    there[place] = (column, "varchar(3)");
                }
                Loss::DropTable => {
                    up.push("DROP TABLE t;".to_owned());
                    down.push(self.create(&there));
                    break;
                }
                _ => {}
            }
        }
        down.reverse();
        if up.is_empty() {
            up.push("DELETE FROM t;".to_owned());
        }
        down.push("SELECT 1;".to_owned());
        (up.join("\n"), down.join("\n"))
    }
}

fn trip(world: &World) -> Result<(), String> {
    let all: Vec<(usize, &str)> = world.types.iter().map(|ty| TYPES[*ty].0).enumerate().collect();
    let types = "CREATE TYPE mood AS ENUM ('sad', 'so so', 'ok'); CREATE TYPE pair AS (x int, y text);";
    let before = format!("{types}\n{}\n{}", world.create(&all), world.filling());
    let (up, down) = world.scripts();
    let case = Case::new(&before, &up, &down);
    let names: Vec<String> = all.iter().map(|(place, _)| format!("\"c.{place}\"")).collect();
    let rows = format!("(SELECT id, part, {} FROM t)", names.join(", "));
    let was = case.rows(&rows);
    let allow = ["--allow", "data-loss"];
    let up = case.project.run(&[&["upgrade", "head"][..], &allow].concat());
    if up.status != Some(0) {
        return Err(format!("up: {}", up.stderr));
    }
    let down = case.project.run(&[&["downgrade", "-1"][..], &allow].concat());
    if down.status != Some(0) {
        return Err(format!("down: {}\n{}", up.stderr, down.stderr));
    }
    let is = case.rows(&rows);
    if is != was {
        return Err(format!("was {was:#?}\nis {is:#?}\n{}\n{}", up.stderr, down.stderr));
    }
    Ok(())
}

/// A few fixed cases; with `LIMBECK_TEST_CASES`, that many new random cases.
#[test]
fn random_losses_are_restored_completely() {
    let many = std::env::var("LIMBECK_TEST_CASES").ok().and_then(|count| count.parse().ok());
    let config =
        Config { cases: many.unwrap_or(8), max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let same = TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = if many.is_some() { TestRunner::new(config) } else { TestRunner::new_with_rng(config, same) };
    if let Err(error) = runner.run(&worlds(), |world| trip(&world).map_err(TestCaseError::fail)) {
        panic!("{error}");
    }
}
