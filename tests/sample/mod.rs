//! The sample project in `migrations/`, which `cargo run` opens, works as README says.

mod scripts;

use crate::support::{TestDatabase, TestProject, repository, server};

/// All objects of the sample, one line each, without generated names.
const CATALOG: &str = "
    SELECT format('column %s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                  pg_get_expr(d.adbin, d.adrelid))
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'v', 'm') AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'
    UNION ALL
    SELECT format('constraint %s on %s %s', conname, conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND conrelid::regclass::text <> 'alembic_version'
    UNION ALL
    SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION ALL
    SELECT format('enum %s %s', enumtypid::regtype, string_agg(enumlabel, ',' ORDER BY enumsortorder)) FROM pg_enum
    GROUP BY enumtypid
    ORDER BY 1";

fn catalog(database: &TestDatabase<'_>) -> Vec<String> {
    database.query(CATALOG).into_iter().map(|mut row| row.remove(0)).collect()
}

/// A copy of the sample on a test server's database.
fn sample(database: &TestDatabase<'_>) -> TestProject {
    let mut project = TestProject::without_config();
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(repository().join("migrations"))
        .arg(project.root())
        .status()
        .unwrap();
    assert!(copied.success());
    project.set("DATABASE_URL", &database.url());
    project
}

#[test]
fn at_head_the_schema_equals_the_models_and_at_base_it_is_empty() {
    let (migrated, loaded) = (server().database(), server().database());
    let project = sample(&migrated);
    project.run(&["upgrade", "head"]).expect_status(0);
    let mut models: Vec<_> = std::fs::read_dir(repository().join("migrations/models")).unwrap().flatten().collect();
    models.sort_by_key(|file| order(&file.file_name().to_string_lossy()));
    for file in models {
        loaded.psql(&std::fs::read_to_string(file.path()).unwrap());
    }
    assert_eq!(catalog(&migrated), catalog(&loaded));
    let allow = ["--allow", "data-loss"];
    project.run(&[&["downgrade", "base"][..], &allow].concat()).expect_status(0);
    assert_eq!(catalog(&migrated), Vec::<String>::new());
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(catalog(&migrated), catalog(&loaded));
}

/// The position of a models file: a table comes after the tables that it references.
fn order(name: &str) -> usize {
    ["users.sql", "functions.sql", "jobs.sql", "executions.sql"].iter().position(|file| *file == name).unwrap_or(9)
}

#[test]
fn the_last_step_needs_approval_and_shows_what_is_lost() {
    let database = server().database();
    let project = sample(&database);
    project.run(&["upgrade", "51ab90de3c44"]).expect_status(0);
    let refused = project.run(&["upgrade", "head"]).expect_status(3);
    assert!(refused.stderr.contains("functions.legacy_code: 1,204 values in 3,310 rows"), "{}", refused.stderr);
    assert_eq!(project.run(&["current"]).expect_status(0).stdout, "51ab90de3c44 (mergepoint)\n");
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(project.run(&["current"]).expect_status(0).stdout, "9f3b6c10a7d2 (head)\n");
}

/// Every row of every table, as text.
fn rows(database: &TestDatabase<'_>) -> Vec<Vec<String>> {
    let tables = ["users", "functions", "jobs", "executions"];
    let all = tables.map(|table| format!("SELECT '{table}', to_jsonb(t)::text FROM {table} t"));
    database.query(&format!("{} ORDER BY 1, 2", all.join(" UNION ALL ")))
}

#[test]
fn data_that_the_last_step_destroys_are_restored() {
    let database = server().database();
    let project = sample(&database);
    project.run(&["upgrade", "51ab90de3c44"]).expect_status(0);
    project.run(&["upgrade", "+1"]).expect_status(0);
    let was = rows(&database);
    assert_eq!(database.psql("SELECT count(legacy_code) FROM functions"), "1204");
    let up = project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    assert!(up.stderr.contains("Kept a copy of functions.legacy_code: 1,204 values"), "{}", up.stderr);
    let down = project.run(&["downgrade", "-1"]).expect_status(0);
    assert!(down.stderr.contains("Restored functions.legacy_code: 1,204 values"), "{}", down.stderr);
    assert_eq!(rows(&database), was);
    assert_eq!(project.run(&["kept", "list", "--json"]).expect_status(0).stdout, "[]\n");
}

#[test]
fn after_a_full_downgrade_and_upgrade_the_values_of_users_are_restored() {
    let database = server().database();
    let project = sample(&database);
    project.run(&["upgrade", "e7a4136f8c09"]).expect_status(0);
    database.psql("UPDATE users SET plan = 'enterprise' WHERE id % 7 = 0");
    database.psql("UPDATE functions SET timeout_seconds = 99 WHERE id % 5 = 0; UPDATE jobs SET priority = id % 11");
    let was = rows(&database);
    project.run(&["downgrade", "base", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(database.psql("SELECT to_regclass('users') IS NULL"), "t");
    project.run(&["upgrade", "e7a4136f8c09"]).expect_status(0);
    assert_eq!(rows(&database), was);
    assert_eq!(project.run(&["kept", "list", "--json"]).expect_status(0).stdout, "[]\n");
    // Rows that a script inserts again conflict with changed rows of users, which therefore stay in the copy.
    database.psql("UPDATE users SET display_name = 'someone' WHERE id <= 3");
    project.run(&["downgrade", "base", "--allow", "data-loss"]).expect_status(0);
    let up = project.run(&["upgrade", "e7a4136f8c09"]).expect_status(0);
    assert!(up.stderr.contains("Restored users: 0 rows; 3 not restored"), "{}", up.stderr);
    let copy = database.psql("SELECT copy FROM limbeck.kept WHERE state = 'kept'");
    assert_eq!(database.psql(&format!("SELECT string_agg(v3, ',') FROM {copy}")), "someone,someone,someone");
}

#[test]
fn at_head_models_and_database_do_not_differ() {
    let database = server().database();
    let project = sample(&database);
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    project.run(&["check"]).expect_status(0);
    project.run(&["drift"]).expect_status(0);
}
