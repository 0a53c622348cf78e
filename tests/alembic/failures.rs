//! Scripts, `env.py` and interpreters that fail: the message names the file and the line, and the database is consistent.

use std::process::Command;

use super::plans::json;
use crate::support::{Driver, FIRST_LINE, Output, SCRIPTS, Shop, script_id};

#[track_caller]
fn expect_parts(output: &Output, parts: &[&str]) {
    for part in parts {
        assert!(output.stderr.contains(part), "`{part}` is missing:\n{}", output.stderr);
    }
    assert!(output.stderr.starts_with("error: ") || output.stderr.contains("\nerror: "), "{}", output.stderr);
    assert!(output.stderr.contains("hint: "), "{}", output.stderr);
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
}

/// A shop at script 1 with a table of two items.
fn with_items(driver: Driver) -> Shop {
    let shop = Shop::without_scripts(driver);
    shop.script(1, "op.create_table('items', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('items')");
    shop.limbeck("upgrade head --yes").expect_status(0);
    shop.database.psql("INSERT INTO items VALUES (1), (2)");
    shop
}

#[test]
fn a_statement_that_fails_is_shown_with_script_line_and_sqlstate_on_every_driver() {
    for driver in Driver::ALL {
        let shop = with_items(driver);
        shop.script(
            2,
            "op.create_table('more', sa.Column('id', sa.Integer))\n\
             op.add_column('items', sa.Column('name', sa.Text, nullable=False))",
            "pass",
        );
        let output = shop.limbeck("upgrade head --allow all").expect_status(1);
        let file = format!("{}.py:{}", script_id(2), FIRST_LINE + 1);
        expect_parts(&output, &[&file, "23502", "contains null values", "ADD COLUMN name"]);
        assert_eq!(shop.heads(), [script_id(1)], "{}", driver.name());
        assert_eq!(shop.database.psql("SELECT to_regclass('more') IS NULL"), "t", "{}", driver.name());
        let error = json(&shop.limbeck("upgrade head --allow all --json").expect_status(1));
        assert_eq!(error["error"]["revision"], script_id(2), "{error}");
        assert_eq!(error["error"]["line"], FIRST_LINE + 1, "{error}");
    }
}

#[test]
fn exceptions_of_scripts_name_the_file_and_the_line() {
    for (upgrade, line, parts) in [
        ("op.execute('SELECT 1')\nraise ValueError('no: 100 %')", 1, &["ValueError", "no: 100 %"][..]),
        ("import nowhere", 0, &["ModuleNotFoundError", "No module named 'nowhere'"]),
        ("op.execute('SELECT 1')\n\nmissing()", 2, &["NameError", "'missing'"]),
        // The guide's own data migration: SQLAlchemy 2.0 takes no plain text.
        (
            "connection = op.get_bind()\nconnection.execute(\"UPDATE items SET id = 3 WHERE id IS NULL\")",
            1,
            &["ObjectNotExecutableError"],
        ),
        ("import sys\nsys.exit(4)", 1, &["exit(4)"]),
        ("op.execute('SELEC 1')", 0, &["42601", "syntax error"]),
    ] {
        let shop = with_items(Driver::Psycopg2);
        shop.script(2, upgrade, "pass");
        let output = shop.limbeck("upgrade head").expect_status(1);
        expect_parts(&output, parts);
        expect_parts(&output, &[&format!("{}.py:{}", script_id(2), FIRST_LINE + line)]);
        assert_eq!(shop.heads(), [script_id(1)], "{upgrade}");
    }
}

#[test]
fn an_interpreter_that_ends_suddenly_is_reported() {
    for end in ["import os\nos._exit(9)", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"] {
        let shop = with_items(Driver::Psycopg2);
        shop.script(2, &format!("op.execute('CREATE TABLE more (id int)')\n{end}"), "pass");
        let output = shop.limbeck("upgrade head").expect_status(1);
        expect_parts(&output, &[&script_id(2)]);
        assert_eq!(shop.heads(), [script_id(1)]);
        assert_eq!(shop.database.psql("SELECT to_regclass('more') IS NULL"), "t");
    }
}

#[test]
fn a_downgrade_that_is_not_implemented_names_the_file_and_the_line() {
    let shop = Shop::new(Driver::Psycopg2);
    shop.limbeck("upgrade f2647d0be3a8 --yes").expect_status(0);
    let output = shop.limbeck("downgrade -1 --allow all").expect_status(1);
    expect_parts(&output, &["20260209_1300_actors.py:22", "NotImplementedError", "actors must be kept"]);
    assert_eq!(shop.heads(), [SCRIPTS[16]]);
    shop.limbeck("upgrade head").expect_status(0);
    let output = shop.limbeck("downgrade -1 --allow all").expect_status(1);
    expect_parts(&output, &["20260211_1700_no_nicknames.py", "downgrade"]);
    assert_eq!(shop.heads(), [SCRIPTS[17]]);
}

#[test]
fn a_failing_env_py_names_the_line_and_the_interpreter() {
    for (from, to, parts) in [
        ("import app.models", "import app.missing", &["migrations/env.py:8", "No module named 'app.missing'"][..]),
        ("LOCK = 7126004", "LOCK = int('no number')", &["migrations/env.py:18", "ValueError"]),
        ("config = context.config\n", "config = context.config(\n", &["migrations/env.py", "SyntaxError"]),
    ] {
        let shop = Shop::new(Driver::Psycopg2);
        let text = shop.project.read("migrations/env.py");
        assert!(text.contains(from), "{from}");
        shop.project.write("migrations/env.py", &text.replacen(from, to, 1));
        let output = shop.limbeck("upgrade head --yes").expect_status(1);
        expect_parts(&output, parts);
        expect_parts(&output, &[".venv/bin/python"]);
        assert_eq!(shop.limbeck("heads").expect_status(0).stdout, "fb39e5c8170d (audit) (head)\n");
        let nothing = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
        assert_eq!(shop.database.psql(nothing), "0");
    }
}

#[test]
fn a_module_that_a_script_imports_and_that_fails_is_named() {
    let shop = Shop::new(Driver::Psycopg2);
    shop.project.write("app/migration_helpers.py", "import nowhere\n");
    let output = shop.limbeck("upgrade head --yes").expect_status(1);
    expect_parts(&output, &["app/migration_helpers.py:1", "No module named 'nowhere'"]);
    assert_eq!(shop.limbeck("heads").expect_status(0).stdout, "fb39e5c8170d (audit) (head)\n");
}

#[test]
fn without_python_the_lists_work_and_the_message_says_what_to_do() {
    let mut shop = Shop::new(Driver::Psycopg2);
    std::fs::remove_file(shop.project.path(".venv")).unwrap();
    shop.project.set("PATH", "/nonexistent");
    let output = shop.limbeck("upgrade head --yes").expect_status(1);
    expect_parts(&output, &["Python", "set python under [alembic] in limbeck.toml"]);
    for line in ["heads", "history", "branches", "current", "show head", "stamp 3d94e1f06b7a", "current"] {
        shop.limbeck(line).expect_status(0);
    }
    assert_eq!(shop.heads(), [SCRIPTS[2]]);
}

#[test]
fn a_python_without_alembic_is_named() {
    let shop = Shop::new(Driver::Psycopg2);
    std::fs::remove_file(shop.project.path(".venv")).unwrap();
    let venv = Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(shop.project.path(".venv")).status();
    assert!(venv.unwrap().success());
    let output = shop.limbeck("upgrade head --yes").expect_status(1);
    expect_parts(&output, &[".venv/bin/python", "No module named 'alembic'", "install Alembic"]);
    assert_eq!(shop.limbeck("heads").expect_status(0).stdout, "fb39e5c8170d (audit) (head)\n");
    shop.project.write("limbeck.toml", "[alembic]\npython = [\"/nonexistent/python\"]\n");
    let output = shop.limbeck("upgrade head --yes").expect_status(1);
    expect_parts(&output, &["/nonexistent/python"]);
}

#[test]
fn the_first_run_of_the_projects_code_needs_a_confirmation_that_names_the_interpreter() {
    let shop = Shop::new(Driver::Psycopg2);
    shop.project.write("app/__init__.py", "CURRENCY = 'EUR'\nopen('trace', 'w').close()\n");
    let output = shop.limbeck("upgrade +1");
    assert_ne!(output.status, Some(0), "{}", output.stderr);
    expect_parts(&output, &[".venv/bin/python", "--yes"]);
    assert!(!shop.project.path("trace").exists());
    shop.limbeck("upgrade +1 --yes").expect_status(0);
    assert!(shop.project.path("trace").exists());
    shop.limbeck("upgrade +1").expect_status(0);
    assert_eq!(shop.heads(), [SCRIPTS[1]]);
}

#[test]
fn connections_that_cannot_be_redirected_need_an_approval() {
    let shop = with_items(Driver::Psycopg2);
    shop.script(
        2,
        "import psycopg2\n\
         from app.settings import settings\n\
         url = settings.database_url.replace('+psycopg2', '')\n\
         engine = sa.create_engine('postgresql+psycopg2://', creator=lambda: psycopg2.connect(url))\n\
         with engine.begin() as connection:\n    connection.execute(text('CREATE TABLE unseen (id int)'))",
        "op.drop_table('unseen')",
    );
    let output = shop.limbeck("upgrade head").expect_status(3);
    expect_parts(&output, &["--allow unseen", &script_id(2)]);
    assert_eq!(shop.heads(), [script_id(1)]);
    assert_eq!(shop.database.psql("SELECT to_regclass('unseen') IS NULL"), "t");
    shop.limbeck("upgrade head --allow unseen").expect_status(0);
    assert_eq!(shop.heads(), [script_id(2)]);
    assert_eq!(shop.database.psql("SELECT to_regclass('unseen') IS NOT NULL"), "t");
}

#[test]
fn a_wrong_password_or_database_is_reported_without_the_password() {
    let shop = Shop::new(Driver::Psycopg2);
    for (url, part) in [
        (shop.url().replace("p%25ss", "WRONG%25ss"), "password authentication failed"),
        (format!("{}x", shop.url()), "does not exist"),
    ] {
        shop.project.write(".env", &format!("DATABASE_URL={url}\n"));
        let output = shop.limbeck("upgrade head --yes").expect_status(1);
        expect_parts(&output, &[part]);
        assert!(!output.stderr.contains("ss@word") && !output.stderr.contains("ss%40word"), "{}", output.stderr);
    }
}

#[test]
fn in_one_transaction_for_all_revisions_a_failure_rolls_all_of_them_back() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    shop.project.write("limbeck.toml", "[apply]\ntransaction = \"all\"\n");
    shop.script(1, "op.execute('CREATE TABLE items (id int)')", "op.drop_table('items')");
    shop.script(2, "op.execute('INSERT INTO items VALUES (1)')", "pass");
    shop.script(3, "op.execute('SELECT 1 / 0')", "pass");
    let output = shop.limbeck("upgrade head --yes").expect_status(1);
    expect_parts(&output, &["division by zero", "rolled back; the database is at base"]);
    assert!(!output.stderr.contains("committed"), "{}", output.stderr);
    assert_eq!(shop.database.psql("SELECT to_regclass('items') IS NULL"), "t");
    assert_eq!(shop.database.psql("SELECT string_agg(DISTINCT state, ', ') FROM limbeck.log"), "failed");
    shop.script(3, "op.execute('INSERT INTO items VALUES (2)')", "pass");
    shop.limbeck("upgrade head").expect_status(0);
    assert_eq!(shop.heads(), [script_id(3)]);
    assert_eq!(shop.database.psql("SELECT count(*) FROM limbeck.log WHERE state = 'done'"), "3");
}

#[test]
fn lint_reports_a_script_that_cannot_run_without_rows() {
    let shop = with_items(Driver::Psycopg2);
    shop.script(2, "op.get_bind().execute(text('SELECT id FROM items LIMIT 1')).one()", "pass");
    let output = shop.limbeck("lint").expect_status(1);
    for part in [&*script_id(2), "did not run on an empty scratch database", "NoResultFound"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert!(output.stdout.contains("1 script could not be read"), "{}", output.stdout);
}
