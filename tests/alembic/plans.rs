//! The plan of Python scripts: their statements with hazards, and whether they depend on the data.

use serde_json::Value;

use crate::support::{Driver, FIRST_LINE, Output, SCRIPTS, SEEDED, Shop, script_id};

pub fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", output.stdout, output.stderr))
}

/// The statements of a step that contain a text.
fn statements_with<'a>(step: &'a Value, text: &str) -> Vec<&'a Value> {
    let statements = step["statements"].as_array().unwrap_or_else(|| panic!("no statements: {step}"));
    statements.iter().filter(|statement| statement["sql"].as_str().unwrap().contains(text)).collect()
}

#[test]
fn a_dry_run_shows_the_statements_of_each_script_with_their_lines() {
    let shop = Shop::new(Driver::Psycopg2);
    let document = json(&shop.limbeck("upgrade head --yes --dry-run --json").expect_status(0));
    assert_eq!(document["from"], serde_json::json!([]));
    assert_eq!(document["to"], serde_json::json!([SCRIPTS[17]]));
    let steps = document["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 18);
    let step = |number: usize| steps.iter().find(|step| step["revision"] == SCRIPTS[number - 1]).unwrap();
    for step in steps {
        assert_eq!(step["direction"], "upgrade");
        // The statements of Alembic and of the drivers are no part of a script.
        for text in ["alembic_version", "pg_advisory_lock", "SET lock_timeout", "version()", "BEGIN", "COMMIT"] {
            assert!(statements_with(step, text).is_empty(), "{text}: {step}");
        }
    }
    for (number, sql, line) in [
        (1, "CREATE TYPE order_status", 28),
        (1, "CREATE TABLE users", 21),
        (2, "ADD COLUMN email", 14),
        (4, "ALTER COLUMN account_id SET NOT NULL", 36),
        (8, "CREATE INDEX CONCURRENTLY", 21),
        (12, "INSERT INTO preferences", 27),
        (17, "ADD COLUMN actor VARCHAR(60) NOT NULL", 18),
        (18, "DROP COLUMN nickname", 20),
    ] {
        let found = statements_with(step(number), sql);
        assert!(!found.is_empty(), "{sql}: {}", step(number));
        assert_eq!(found[0]["line"], line, "{sql}: {}", found[0]);
    }
    assert!(step(16)["statements"].as_array().unwrap().is_empty(), "{}", step(16));
    // Script 9 reads only how many rows its UPDATE has changed.
    for number in [4, 5, 6, 10] {
        assert_eq!(step(number)["depends_on_data"], true, "script {number}");
    }
    for number in [1, 2, 3, 11, 12, 13, 14, 15, 16, 17, 18] {
        assert_ne!(step(number)["depends_on_data"], true, "script {number}");
    }
    // Nothing ran on the target.
    assert_eq!(shop.database.psql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
}

#[test]
fn hazards_are_counted_on_the_rows_of_the_target() {
    let shop = Shop::new(Driver::Psycopg2);
    for number in SEEDED {
        shop.limbeck(&format!("upgrade {} --yes --allow all", SCRIPTS[number - 1])).expect_status(0);
        shop.seed(number);
    }
    let document = json(&shop.limbeck("upgrade head --dry-run --json").expect_status(0));
    let steps = document["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    let drop = statements_with(&steps[1], "DROP COLUMN nickname")[0];
    let hazards = drop["hazards"].as_array().unwrap();
    let loss = hazards.iter().find(|hazard| hazard["class"] == "data-loss").unwrap_or_else(|| panic!("{drop}"));
    assert!(loss["object"].as_str().unwrap().contains("users.nickname"), "{loss}");
    assert_eq!((&loss["evidence"]["values"], &loss["evidence"]["exact"]), (&2.into(), &true.into()), "{loss}");
    let add = statements_with(&steps[0], "ADD COLUMN actor")[0];
    let fails = add["hazards"].as_array().unwrap().iter().any(|hazard| hazard["class"] == "fails");
    assert!(fails, "{add}");
    let text = shop.limbeck("upgrade head --dry-run").expect_status(0).stdout;
    assert!(text.contains("users.nickname") && text.contains("ADD COLUMN actor"), "{text}");
}

#[test]
fn a_downgrade_is_planned_in_the_same_way() {
    let shop = Shop::new(Driver::Psycopg2);
    shop.limbeck("upgrade 3d94e1f06b7a --yes").expect_status(0);
    shop.seed(3);
    let document = json(&shop.limbeck("downgrade base --dry-run --json").expect_status(0));
    let steps = document["steps"].as_array().unwrap();
    let revisions: Vec<&str> = steps.iter().map(|step| step["revision"].as_str().unwrap()).collect();
    assert_eq!(revisions, [SCRIPTS[2], SCRIPTS[1], SCRIPTS[0]]);
    let drop = statements_with(&steps[2], "DROP TABLE orders")[0];
    assert_eq!(drop["hazards"][0]["class"], "data-loss", "{drop}");
    shop.limbeck("downgrade base").expect_status(3);
    assert_eq!(shop.heads(), [SCRIPTS[2]]);
    assert_eq!(shop.database.psql("SELECT count(*) FROM orders"), "1");
}

#[test]
fn a_script_that_reads_is_marked_in_the_text_too() {
    let shop = Shop::without_scripts(Driver::Psycopg);
    shop.script(1, "op.create_table('items', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('items')");
    shop.script(2, "op.get_bind().execute(text('SELECT count(*) FROM items')).scalar()", "pass");
    shop.script(3, "sa.inspect(op.get_bind()).get_columns('items')", "pass");
    let output = shop.limbeck("upgrade head --yes --dry-run").expect_status(0).stdout;
    assert!(output.matches("depends on data").count() >= 2, "{output}");
    let document = json(&shop.limbeck("upgrade head --dry-run --json").expect_status(0));
    let marked: Vec<bool> =
        document["steps"].as_array().unwrap().iter().map(|step| step["depends_on_data"] == true).collect();
    assert_eq!(marked, [false, true, true], "{document}");
    let create = statements_with(&document["steps"][0], "CREATE TABLE items")[0];
    assert_eq!(create["line"], FIRST_LINE);
}

#[test]
fn a_rehearsal_leaves_no_changes() {
    let shop = Shop::new(Driver::Psycopg2);
    shop.limbeck("upgrade 3d94e1f06b7a --yes").expect_status(0);
    shop.seed(3);
    let before = shop.contents();
    shop.limbeck("upgrade 7f5d2e9b3c81 --rehearse").expect_status(0);
    assert_eq!(shop.contents(), before);
    shop.limbeck("upgrade 7f5d2e9b3c81").expect_status(0);
    assert_eq!(shop.heads(), [SCRIPTS[6]]);
}

#[test]
fn the_ledger_records_the_steps_and_the_text_of_the_scripts() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    shop.script(1, "op.execute('CREATE TABLE items (id int)')", "op.execute('DROP TABLE items')");
    shop.limbeck("upgrade head --yes").expect_status(0);
    shop.limbeck("downgrade base").expect_status(0);
    let steps = "SELECT string_agg(revision || ' ' || direction || ' ' || state, ', ' ORDER BY id) FROM limbeck.log";
    let id = script_id(1);
    assert_eq!(shop.database.psql(steps), format!("{id} upgrade done, {id} downgrade done"));
    let texts = "SELECT count(*) FROM limbeck.log l WHERE l::text LIKE '%CREATE TABLE items%'";
    assert_ne!(shop.database.psql(texts), "0");
}

#[test]
fn a_script_with_many_lines_does_not_wait_for_limbeck() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    // Each line is sent to limbeck, which need not hold any of these statements.
    shop.script(1, &"op.execute('SELECT 1')\n".repeat(800), "pass");
    shop.limbeck("upgrade head --yes").expect_status(0);
    assert_eq!(shop.heads(), [script_id(1)]);
}
