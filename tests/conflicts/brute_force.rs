//! Pairs of branches whose verdict must equal that of running both orders with psql on two databases.

use super::{BASE, BASE_DOWN, document};
use crate::support::{Server, ServerOptions, TestDatabase, TestProject, psql_at};

/// The changes. Each pair of them is compared.
const CHANGES: [&str; 21] = [
    "ALTER TABLE users ADD plan text;",
    "ALTER TABLE users ADD plan int DEFAULT 3;",
    "ALTER TABLE users ADD quota int;\nUPDATE users SET quota = level;",
    "ALTER TABLE users DROP COLUMN level;",
    "ALTER TABLE users RENAME COLUMN name TO label;",
    "ALTER TABLE users DROP COLUMN name;",
    "UPDATE users SET level = level * 2 + id;",
    "UPDATE users SET level = level + 1;",
    "UPDATE users SET level = level * 3;",
    "UPDATE users SET name = upper(name);",
    "INSERT INTO users VALUES (3, 'eve');",
    "INSERT INTO users VALUES (3, 'eve', 1) ON CONFLICT DO NOTHING;",
    "DELETE FROM jobs;\nDELETE FROM users WHERE level > 1;",
    "CREATE INDEX ON users (name);",
    "CREATE INDEX users_name_idx ON users (level);",
    "CREATE VIEW people AS SELECT * FROM users;",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';",
    "ALTER TYPE mood ADD VALUE 'sad';",
    "ALTER TYPE mood ADD VALUE 'glad';",
    "ALTER TABLE users ADD CHECK (level < 100);\nCOMMENT ON TABLE users IS 'people';",
];

/// All objects, definitions and rows, independent of the position of columns.
const STATE: &str = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || coalesce(column_default, '') AS line
        FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint ' || conname || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'view ' || viewname || definition FROM pg_views WHERE schemaname = 'public'
    UNION ALL SELECT 'function ' || proname || prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'label ' || row_number() OVER (ORDER BY enumsortorder) || enumlabel FROM pg_enum
    UNION ALL SELECT 'comment ' || description FROM pg_description WHERE objoid = 'users'::regclass
    UNION ALL SELECT 'user ' || to_jsonb(users)::text FROM users
    UNION ALL SELECT 'job ' || to_jsonb(jobs)::text FROM jobs) lines";

/// The changes that are compared unless `LIMBECK_TEST_CASES` is set: all then.
const QUICK: [usize; 10] = [0, 1, 3, 4, 6, 7, 8, 9, 16, 17];

/// The changes to compare.
fn changes() -> Vec<&'static str> {
    match std::env::var_os("LIMBECK_TEST_CASES") {
        Some(_) => CHANGES.to_vec(),
        None => QUICK.iter().map(|index| CHANGES[*index]).collect(),
    }
}

/// Runs two scripts on a copy of the template. Returns the state, or `None` if one fails.
fn run(admin: &TestDatabase<'_>, name: &str, template: &str, scripts: [&str; 2]) -> Option<String> {
    admin.psql(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
    let output = psql_at(&admin.server().url(name), &format!("{}\n{}\n{STATE}", scripts[0], scripts[1]));
    admin.psql(&format!("DROP DATABASE {name}"));
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// The verdict for each pair of changes, in the order of the pairs.
fn brute_force(server: &Server) -> Vec<(usize, usize, &'static str)> {
    let (admin, template) = (server.database(), server.database());
    template.psql(BASE);
    let mut found = Vec::new();
    let changes = changes();
    for (index, left) in changes.iter().enumerate() {
        for (other, right) in changes.iter().enumerate().skip(index + 1) {
            let one = run(&admin, "one_order", template.name(), [left, right]);
            let two = run(&admin, "other_order", template.name(), [right, left]);
            let verdict = match (one, two) {
                (Some(one), Some(two)) if one == two => "commute",
                (Some(_), Some(_)) => "differ",
                _ => "fail",
            };
            found.push((index, other, verdict));
        }
    }
    found
}

/// The id of a change. Ids have the order of the changes.
fn id(index: usize) -> String {
    format!("aa{index:02}")
}

#[test]
fn the_verdict_equals_brute_force() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    project.script("cc01", "", BASE, BASE_DOWN);
    let changes = changes();
    for (index, change) in changes.iter().enumerate() {
        project.script(&id(index), "cc01", change, "");
    }
    let (expected, output) = std::thread::scope(|scope| {
        let expected = scope.spawn(|| brute_force(&server));
        let output = project.run_within(1200, &["conflicts", "--json", "-q"]);
        (expected.join().unwrap(), output.expect_status(4))
    });
    let found = document(&output);
    let pairs = found["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), expected.len());
    let mut counts = std::collections::BTreeMap::new();
    for (pair, (left, right, verdict)) in pairs.iter().zip(expected) {
        assert_eq!(pair["heads"], serde_json::json!([id(left), id(right)]));
        assert_eq!(pair["verdict"], verdict, "{}\n{}\n{pair:#}", changes[left], changes[right]);
        *counts.entry(verdict).or_insert(0) += 1;
    }
    assert!(counts.len() == 3 && counts.values().all(|count| *count * 12 >= pairs.len()), "{counts:?}");
}
