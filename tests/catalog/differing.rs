//! What counts as a difference, and how it is reported.

use limbeck::core::schema::{Scope, differences};

use super::{RICH, loaded, read, schema_of};

const TABLE: &str = "CREATE TABLE t (a int, b text, CONSTRAINT c CHECK (a > 0));";

/// The differences between a table and the same table after more SQL, as text.
fn after(sql: &str) -> Vec<String> {
    let changed = schema_of(&format!("{TABLE}{sql}"));
    differences(&schema_of(TABLE), &changed).iter().map(ToString::to_string).collect()
}

#[test]
fn databases_created_alike_have_no_differences() {
    let databases = [loaded(RICH), loaded(RICH)];
    let [one, two] = databases.each_ref().map(|database| read(database, &Scope::default()));
    assert_eq!(differences(&one, &two), []);
    assert_eq!(one, two);
}

#[test]
fn a_difference_names_its_attribute() {
    for (sql, expected) in [
        ("ALTER TABLE t ALTER a TYPE bigint", "table public.t: column a: type is integer, not bigint"),
        ("ALTER TABLE t ALTER a SET DEFAULT 1", "table public.t: column a: default is nothing, not 1"),
        ("ALTER TABLE t ADD d text", "table public.t: column d is nothing, not text"),
        ("ALTER TABLE t DROP CONSTRAINT c", "table public.t: constraint c is CHECK ((a > 0)), not nothing"),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "table public.t: row security is off, not on"),
        ("ALTER TABLE t SET (fillfactor = 50)", "table public.t: options is nothing, not fillfactor=50"),
        ("CREATE PUBLICATION p", "publication p: only on the right"),
        ("CREATE INDEX i ON t (a)", "index public.i: only on the right"),
        ("COMMENT ON COLUMN t.a IS 'x'", "column public.t.a: comment is nothing, not x"),
        ("GRANT SELECT ON t TO public", "table public.t: grants is nothing, not SELECT to public"),
        ("CREATE VIEW v AS SELECT 1 AS x; COMMENT ON COLUMN v.x IS 'y'", "view public.v: only on the right"),
    ] {
        assert_eq!(after(sql), [expected], "{sql}");
    }
}

#[test]
fn the_order_of_columns_and_the_owner_are_not_compared() {
    let dropped = "ALTER TABLE t DROP a CASCADE; ALTER TABLE t ADD a int CONSTRAINT c CHECK (a > 0)";
    assert_eq!(after(dropped), [""; 0]);
    let owned =
        "DO $$ BEGIN CREATE ROLE catalog_owner; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;
        ALTER TABLE t OWNER TO catalog_owner";
    assert_eq!(after(owned), [""; 0]);
}

#[test]
fn objects_on_one_side_are_reported_with_the_side() {
    let (one, two) = (schema_of("CREATE TABLE a (x int)"), schema_of("CREATE TABLE b (x int)"));
    let found: Vec<String> = differences(&one, &two).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["table public.a: only on the left", "table public.b: only on the right"]);
}
