//! Counts other than the rows of a table, checked in the plan that the program prints.

use serde_json::Value;

use crate::support::{TestDatabase, TestProject, server};

/// The target: five rows with every kind of problem.
const TABLES: &str = "
    CREATE TABLE others (id int PRIMARY KEY, \"Code\" text UNIQUE);
    INSERT INTO others VALUES (1, 'a'), (2, 'b');
    CREATE TABLE t (id int, n numeric(10,2), b bigint, w varchar(10), s text, d timestamp, other int, code text, j jsonb);
    INSERT INTO t VALUES
        (1, 1.00, 1, 'a', '1', '2020-01-01', 1, 'a', '1'),
        (2, 1.50, 3000000000, 'abcdef', 'x', '2020-01-01 10:00', 1, 'z', '2'),
        (2, 2.00, -5, 'abc   ', ' 7 ', NULL, 9, 'b', '3'),
        (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (NULL, 7.25, 2, 'abcd', '9999999999', '2020-02-02', 2, 'a', NULL);
    ALTER TABLE t ADD CONSTRAINT positive CHECK (b > 0) NOT VALID;
    ALTER TABLE t ADD CONSTRAINT known FOREIGN KEY (code) REFERENCES others (\"Code\") NOT VALID;
    CREATE TABLE none (a int, b text);";

/// Statements, and for some codes the counted values and rows: `-` means no hazard, `?` means not counted.
const CASES: &[(&str, &str)] = &[
    // Casts, from the type of the column on the target.
    ("ALTER TABLE t ALTER id TYPE bigint", "DL115 - FA208 -"),
    ("ALTER TABLE t ALTER w TYPE varchar(20)", "DL115 - FA208 -"),
    ("ALTER TABLE t ALTER n TYPE numeric(12,2)", "DL115 - FA208 -"),
    ("ALTER TABLE t ALTER id TYPE bigint USING id::bigint", "DL115 - FA208 -"),
    ("ALTER TABLE t ALTER n TYPE integer", "DL115 2/5 FA208 0/5"),
    ("ALTER TABLE t ALTER b TYPE integer", "DL115 - FA208 1/5"),
    ("ALTER TABLE t ALTER w TYPE varchar(3)", "DL115 3/5 FA208 2/5"),
    ("ALTER TABLE t ALTER w TYPE varchar(3) USING w::varchar(3)", "DL115 3/5 FA208 0/5"),
    ("ALTER TABLE t ALTER s TYPE integer USING s::integer", "DL115 3/5 FA208 2/5"),
    ("ALTER TABLE t ALTER s TYPE integer USING (s)::text::bigint", "DL115 3/5 FA208 2/5"),
    ("ALTER TABLE t ALTER d TYPE date", "DL115 1/5 FA208 -"),
    ("ALTER TABLE t ALTER id TYPE bigint USING b", "DL115 4/5"),
    ("ALTER TABLE t ALTER s TYPE text USING upper(s)", "DL115 4/5 FA208 ?"),
    ("ALTER TABLE none ALTER a TYPE smallint", "DL115 - FA208 -"),
    ("ALTER TABLE none ALTER a TYPE real", "DL115 0/0 FA208 -"),
    // An earlier statement changed the column, so the target does not show its state.
    ("UPDATE t SET n = 1; ALTER TABLE t ALTER n TYPE integer", "DL115 4/5 FA208 ?"),
    ("ALTER TABLE t RENAME b TO b2; ALTER TABLE t RENAME n TO b; ALTER TABLE t ALTER b TYPE bigint", "DL115 4/5"),
    // NULLs.
    ("ALTER TABLE t ALTER id SET NOT NULL", "FA201 1/5"),
    ("ALTER TABLE t ALTER d SET NOT NULL, ALTER j SET NOT NULL", "FA201 2/5 FA201 2/5"),
    ("ALTER TABLE none ALTER a SET NOT NULL", "FA201 -"),
    ("UPDATE t SET id = 0 WHERE id IS NULL; ALTER TABLE t ALTER id SET NOT NULL", "FA201 ?"),
    ("ALTER TABLE t ADD c int NOT NULL", "FA202 5/5"),
    ("ALTER TABLE none ADD c int NOT NULL", "FA202 -"),
    ("INSERT INTO none VALUES (1); ALTER TABLE none ADD c int NOT NULL", "FA202 0/0"),
    // Adding a NOT NULL column in three steps.
    ("ALTER TABLE t ADD c int; UPDATE t SET c = NULL; ALTER TABLE t ALTER c SET NOT NULL", "DL107 0/0 FA201 5/5"),
    ("ALTER TABLE t ADD c int; UPDATE t SET c = NULL::int; ALTER TABLE t ALTER COLUMN c SET NOT NULL", "FA201 5/5"),
    (
        "ALTER TABLE none ADD c int; UPDATE none SET c = NULL; ALTER TABLE none ALTER c SET NOT NULL",
        "DL107 0/0 FA201 -",
    ),
    ("ALTER TABLE t ADD c int; UPDATE t SET c = id; ALTER TABLE t ALTER c SET NOT NULL", "DL107 0/0 FA201 ?"),
    ("ALTER TABLE t ADD c int DEFAULT 1; ALTER TABLE t ALTER c SET NOT NULL", "FA201 ?"),
    // Duplicates.
    ("ALTER TABLE t ADD UNIQUE (id)", "FA204 1/5"),
    ("ALTER TABLE t ADD PRIMARY KEY (id)", "FA204 2/5"),
    ("ALTER TABLE t ADD UNIQUE (id, n)", "FA204 0/5"),
    ("CREATE UNIQUE INDEX ON t (lower(code)) WHERE id > 1", "FA204 0/5"),
    ("CREATE UNIQUE INDEX ON t (other)", "FA204 1/5"),
    ("CREATE UNIQUE INDEX ON none (b)", "FA204 -"),
    // Orphaned rows.
    ("ALTER TABLE t ADD FOREIGN KEY (other) REFERENCES others", "FA205 1/5"),
    ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (code) REFERENCES others (\"Code\")", "FA205 1/5"),
    ("ALTER TABLE t ADD FOREIGN KEY (other) REFERENCES gone", "FA205 ?"),
    // Check constraints, new and existing.
    ("ALTER TABLE t ADD CHECK (b > 1 AND t.id IS NOT NULL)", "FA203 3/5"),
    ("ALTER TABLE t ADD CHECK (1 / (id - 1) > 0)", "FA203 ?"),
    ("ALTER TABLE t VALIDATE CONSTRAINT positive", "FA207 1/5"),
    ("ALTER TABLE t VALIDATE CONSTRAINT known", "FA207 1/5"),
    ("ALTER TABLE t VALIDATE CONSTRAINT nowhere", "FA207 ?"),
];

fn planned(database: &TestDatabase<'_>, sql: &str) -> Value {
    let project = TestProject::on(database);
    project.script("0001aaaa0000", "", &format!("{sql};"), "SELECT 1;");
    let output = project.run(&["upgrade", "head", "--dry-run", "--json"]).expect_status(0);
    serde_json::from_str(&output.stdout).unwrap()
}

/// All values of `hazards` in a document, in order.
fn hazards(document: &Value, found: &mut Vec<Value>) {
    match document {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match (name.as_str(), value) {
            ("hazards", Value::Array(list)) => found.extend(list.iter().cloned()),
            _ => hazards(value, found),
        }),
        Value::Array(list) => list.iter().for_each(|value| hazards(value, found)),
        _ => {}
    }
}

fn words(hazard: &Value) -> String {
    let evidence = &hazard["evidence"];
    let counted = match evidence.is_null() {
        true => "?".to_owned(),
        false if evidence["exact"] == true => format!("{}/{}", evidence["values"], evidence["rows"]),
        false => format!("about {evidence}"),
    };
    format!("{} {counted}", hazard["code"].as_str().unwrap())
}

#[test]
fn each_kind_of_hazard_counts_the_affected_rows() {
    let database = server().database();
    database.psql(TABLES);
    let mut wrong = Vec::new();
    for (sql, expected) in CASES {
        let mut found = Vec::new();
        hazards(&planned(&database, sql), &mut found);
        let parts: Vec<&str> = expected.split(' ').collect();
        let codes: Vec<&str> = parts.chunks(2).map(|pair| pair[0]).collect();
        let of_interest = found.iter().filter(|hazard| codes.contains(&hazard["code"].as_str().unwrap()));
        let found: Vec<String> = of_interest.map(words).collect();
        let wanted: Vec<String> =
            parts.chunks(2).filter(|pair| pair[1] != "-").map(|pair| format!("{} {}", pair[0], pair[1])).collect();
        if found != wanted {
            wrong.push(format!("{sql}\n    wanted {wanted:?}\n    found  {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn a_cast_that_keeps_every_value_needs_no_approval() {
    let database = server().database();
    database.psql(TABLES);
    let project = TestProject::on(&database);
    let safe = "ALTER TABLE t ALTER id TYPE bigint, ALTER w TYPE varchar(20);
                ALTER TABLE none ADD c int; UPDATE none SET c = NULL; UPDATE none SET c = 2;
                ALTER TABLE none ALTER c SET NOT NULL; ALTER TABLE none ALTER a TYPE real;";
    project.script("0001aaaa0000", "", safe, "SELECT 1;");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("SELECT pg_typeof(id) FROM t LIMIT 1"), "bigint");
    project.script("0002aaaa0000", "0001aaaa0000", "ALTER TABLE t ALTER n TYPE integer;", "SELECT 1;");
    let refused = project.run(&["upgrade", "head"]).expect_status(3);
    assert!(refused.stderr.contains("changes column type t.n: 2 values in 5 rows"), "{}", refused.stderr);
}

#[test]
fn three_steps_without_a_value_are_predicted_to_fail_and_fail() {
    let database = server().database();
    database.psql(TABLES);
    let project = TestProject::on(&database);
    let three = "ALTER TABLE t ADD COLUMN c int;\nUPDATE t SET c = NULL;\nALTER TABLE t ALTER COLUMN c SET NOT NULL;";
    project.script("0001aaaa0000", "", three, "ALTER TABLE t DROP COLUMN c;");
    let plan = project.run(&["upgrade", "head", "--dry-run"]).expect_status(0);
    assert!(plan.stdout.contains("fails FA201: fails on NULLs t.c: 5 NULLs in 5 rows"), "{}", plan.stdout);
    project.run(&["upgrade", "head"]).expect_status(1);
    database.psql("TRUNCATE t");
    let plan = project.run(&["upgrade", "head", "--dry-run"]).expect_status(0);
    assert!(!plan.stdout.contains("FA201"), "{}", plan.stdout);
    project.run(&["upgrade", "head"]).expect_status(0);
}

#[test]
fn a_value_inserted_after_the_count_stops_the_run() {
    let database = server().database();
    database.psql("CREATE TABLE t (n numeric(10,2)); INSERT INTO t VALUES (1.00)");
    let project = TestProject::on(&database);
    // The first revision plays the part of another session that writes between plan and run.
    project.script(
        "0001aaaa0000",
        "",
        "DO $$ BEGIN EXECUTE 'INSERT INTO ' || 't' || ' VALUES (1.5)'; END $$;",
        "SELECT 1;",
    );
    project.script("0002aaaa0000", "0001aaaa0000", "ALTER TABLE t ALTER n TYPE integer;", "SELECT 1;");
    project.run(&["upgrade", "0001aaaa0000", "--allow", "data-loss"]).expect_status(0);
    database.psql(
        "TRUNCATE t; INSERT INTO t VALUES (2.00); CREATE TABLE u (n int);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO t VALUES (1.5); RETURN NULL; END';
        CREATE TRIGGER f AFTER INSERT ON u EXECUTE FUNCTION f()",
    );
    project.script(
        "0002aaaa0000",
        "0001aaaa0000",
        "INSERT INTO u VALUES (1); ALTER TABLE t ALTER n TYPE integer;",
        "SELECT 1;",
    );
    let output = project.run(&["upgrade", "head"]).expect_status(1);
    assert!(
        output.stderr.contains("t.n was empty when the plan was made, and now contains 1 value"),
        "{}",
        output.stderr
    );
    assert_eq!(database.psql("SELECT string_agg(n::text, ',') FROM t"), "2.00");
}

#[test]
fn lock_hazards_show_the_size_of_the_table_and_the_number_of_lock_holders() {
    let database = server().database();
    database.psql(
        "CREATE TABLE big (i int PRIMARY KEY, t text); INSERT INTO big SELECT g, repeat('x', 100) FROM generate_series(1, 5000) g;
         CREATE TABLE whole (i int) PARTITION BY RANGE (i); CREATE TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (9);
         INSERT INTO whole VALUES (1)",
    );
    let project = TestProject::on(&database);
    project.script(
        "a",
        "",
        "ALTER TABLE big ALTER i TYPE bigint;\nCREATE INDEX ON whole (i);\nALTER TABLE big ALTER t SET NOT NULL;",
        "SELECT 1;",
    );
    let weighed = |code: &str| {
        let plan = project.run(&["upgrade", "head", "--dry-run", "--json"]).expect_status(0).stdout;
        let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
        let statements = plan["steps"][0]["statements"].as_array().unwrap().clone();
        let mut hazards = statements.iter().flat_map(|statement| statement["hazards"].as_array().unwrap());
        let evidence = hazards.find(|hazard| hazard["code"] == code).unwrap()["evidence"].clone();
        (evidence["bytes"].as_u64().unwrap(), evidence["sessions"].as_u64().unwrap())
    };
    let size: u64 = database.psql("SELECT pg_total_relation_size('big')").parse().unwrap();
    assert_eq!(weighed("LK301"), (size, 0));
    assert!(size > 500_000, "{size}");
    let holder = "BEGIN; LOCK TABLE big IN ACCESS SHARE MODE; SELECT pg_sleep(60)";
    let mut held = std::process::Command::new(crate::support::program("psql"));
    let mut held = held.args(["-X", "-c", holder]).arg(database.url()).env_clear().spawn().unwrap();
    crate::support::eventually("the lock is granted", 20, || {
        database.psql("SELECT count(*) FROM pg_locks WHERE relation = 'big'::regclass AND granted") == "1"
    });
    assert_eq!(weighed("LK301"), (size, 1));
    let text = project.run(&["upgrade", "head", "--dry-run"]).expect_status(0).stdout;
    assert!(text.contains("kB, 1 session holds locks on it"), "{text}");
    held.kill().unwrap();
    held.wait().unwrap();
}
