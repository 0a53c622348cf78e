//! The sample project does with the real Alembic what the other tests rely on, and limbeck reads all of it.

use super::compared::compare;
use crate::support::{Driver, SCRIPTS, SEEDED, Shop};

/// Runs Alembic and returns its standard error.
#[track_caller]
fn alembic(shop: &Shop, line: &str) -> String {
    let output = shop.alembic(line);
    assert_eq!(output.status, Some(0), "{} {line}: {}{}", shop.driver.name(), output.stdout, output.stderr);
    output.stderr
}

#[track_caller]
fn alembic_fails(shop: &Shop, line: &str, message: &str) {
    let output = shop.alembic(line);
    assert_eq!(output.status, Some(1), "{} {line}: {}", shop.driver.name(), output.stdout);
    assert!(output.stderr.contains(message), "{} {line}: {}", shop.driver.name(), output.stderr);
}

/// Upgrades a database to script 16, with new rows at each of [`SEEDED`].
fn upgrade_with_rows(shop: &Shop) {
    for number in SEEDED {
        alembic(shop, &format!("upgrade {}", SCRIPTS[number - 1]));
        shop.seed(number);
    }
}

/// From base to head and from script 16 to base, with rows and without.
fn check_up_and_down(driver: Driver) {
    let shop = Shop::new(driver);
    alembic(&shop, "upgrade head");
    assert_eq!(shop.heads(), [SCRIPTS[17]]);
    alembic_fails(&shop, "downgrade -1", "has no attribute 'downgrade'");
    let shop = Shop::new(driver);
    upgrade_with_rows(&shop);
    let rows = "SELECT name, is_closed, is_returnable, search_name, total, currency, level, owner = name
        FROM users u JOIN orders o ON o.user_id = u.id JOIN accounts a ON a.id = account_id ORDER BY u.id";
    assert_eq!(
        shop.database.psql(rows),
        "Ada Byron|t|t|ada byron|0.75|EUR|basic|t\nBob O'Neill|f|t|bob o'neill|1.00|EUR|gold|f\n\
         Cleo|f|t|cleo|12.50|USD|basic|t"
    );
    let label = "SELECT label FROM preferences WHERE key = 'reminder'";
    assert_eq!(shop.database.psql(label), "A \"reminder\" at :time, 50%% earlier %(never)s");
    alembic_fails(&shop, "upgrade head", "contains null values");
    assert_eq!(shop.heads(), [SCRIPTS[15]]);
    alembic(&shop, "downgrade base");
    assert_eq!(shop.heads(), [""; 0]);
    let tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    assert_eq!(shop.database.psql(tables), "alembic_version");
}

#[test]
fn alembic_runs_the_sample_with_psycopg2() {
    check_up_and_down(Driver::Psycopg2);
}

#[test]
fn alembic_runs_the_sample_with_psycopg() {
    check_up_and_down(Driver::Psycopg);
}

#[test]
fn alembic_runs_the_sample_with_asyncpg() {
    check_up_and_down(Driver::Asyncpg);
}

#[test]
fn alembic_runs_the_sample_with_pg8000() {
    check_up_and_down(Driver::Pg8000);
}

#[test]
fn at_head_the_models_and_the_database_are_equal_except_for_the_module_that_nothing_imports() {
    let shop = Shop::new(Driver::Psycopg2);
    alembic(&shop, "upgrade head");
    let output = shop.alembic("check");
    assert!(output.stderr.contains("('remove_table', Table('audit_entries'"), "{}", output.stderr);
    let models = shop.project.read("app/models/__init__.py");
    shop.project.write("app/models/__init__.py", &format!("from app.models.audit import AuditEntry\n{models}"));
    alembic(&shop, "check");
    alembic(&shop, "-n audit upgrade head");
    assert_eq!(shop.database.psql("SELECT version_num FROM audit_version"), "a0d17e000002");
    alembic(&shop, "check");
}

#[test]
fn alembic_cannot_render_the_sample_offline() {
    let shop = Shop::new(Driver::Psycopg2);
    alembic_fails(&shop, "upgrade head --sql", "'NoneType' object has no attribute 'fetchall'");
    // Script 5 asks the database, too, but `--sql` omits its UPDATE without a word.
    let output = shop.alembic(&format!("upgrade {}:{} --sql", SCRIPTS[3], SCRIPTS[4]));
    assert!(output.stdout.contains("ADD COLUMN is_closed") && !output.stdout.contains("SET is_closed"));
    assert_eq!(output.status, Some(0), "{}", output.stderr);
}

#[test]
fn limbeck_lists_the_sample_without_python_as_alembic_does() {
    let mut shop = Shop::new(Driver::Psycopg2);
    for line in ["heads", "heads -v", "history", "history -v", "branches", "show audit@head", "-n audit history -v"] {
        compare(&shop.project, line);
    }
    for number in [2, 3, 14, 16, 18] {
        compare(&shop.project, &format!("show {}", SCRIPTS[number - 1]));
    }
    std::fs::remove_file(shop.project.path(".venv")).unwrap();
    shop.project.set("PATH", "/nonexistent");
    assert_eq!(shop.limbeck("heads").expect_status(0).stdout, "fb39e5c8170d (audit) (head)\n");
    assert_eq!(shop.limbeck("current").expect_status(0).stdout, "");
    shop.limbeck("stamp head").expect_status(0);
    assert_eq!(shop.limbeck("current").expect_status(0).stdout, "fb39e5c8170d (head)\n");
}

#[test]
fn files_that_cannot_be_read_are_named_and_the_rest_is_listed() {
    let shop = Shop::new(Driver::Psycopg2);
    let output = shop.limbeck("-n unfinished history").expect_status(1);
    // The ids of the file with the syntax error are readable.
    let listed = output.stdout.replacen("e18a7c40d9b2 -> 5c0ffee00001 (audit) (head), Half typed\n", "", 1);
    let of_others = shop.limbeck("history").expect_status(0).stdout;
    assert_eq!(listed.replace(" (branchpoint) (mergepoint)", " (mergepoint)"), of_others);
    for file in ["20260401_0900_half_typed.py", "20260401_0905_notes.py"] {
        assert!(output.stderr.contains(file), "{file}: {}", output.stderr);
    }
    assert!(!output.stderr.contains("#lock"), "{}", output.stderr);
    assert_eq!(shop.alembic("-n unfinished history").status, Some(1));
}
