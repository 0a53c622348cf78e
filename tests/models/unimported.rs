//! Model modules that nothing imports, and the models of an Alembic project.

use super::sqlalchemy::{DATABASE, HEAD, config, project};
use crate::support::{TestDatabase, TestProject, python_with_alembic, server};

const USER: &str =
    "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n";
const AUDIT: &str =
    "class Audit(Base):\n    __tablename__ = 'audit'\n    id: Mapped[int] = mapped_column(primary_key=True)\n";

/// An Alembic project whose `env.py` imports `app.models`, and a database at its head.
fn alembic_project(database: &TestDatabase<'_>, env: &str) -> TestProject {
    let mut project = TestProject::without_config();
    project.write("alembic.ini", "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = .\n");
    project.write("migrations/env.py", env);
    project.write("app/__init__.py", "");
    project.write("app/database.py", DATABASE);
    project.write("app/models/__init__.py", "from app.models import user\n");
    project.write("app/models/user.py", &format!("{HEAD}{USER}"));
    let venv = python_with_alembic().parent().unwrap().parent().unwrap().display().to_string();
    project.set("VIRTUAL_ENV", &venv);
    project.set("DATABASE_URL", &database.url());
    database.psql("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)");
    database.psql("CREATE TABLE users (id serial CONSTRAINT pk_users PRIMARY KEY)");
    project
}

const START: &str = "import os
from alembic import context
from sqlalchemy import create_engine
from app.database import Base
from app import models

target_metadata = Base.metadata
";

const ONLINE: &str = "with create_engine(os.environ['NOT_SET']).connect() as connection:
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()
";

#[test]
fn check_works_on_an_alembic_project() {
    let offline = "def run():\n    context.configure(url='driver://', target_metadata=Base.metadata)\n    context.run_migrations()\n\nrun()\n";
    let connects = "with create_engine('postgresql+psycopg://nowhere:1/x').connect() as connection:\n    context.configure(connection=connection, target_metadata=Base.metadata)\n";
    for rest in [offline, connects] {
        let database = server().database();
        let project = alembic_project(&database, &format!("{START}{rest}"));
        let url = database.url();
        let check = |words: &[&str]| project.run(&[&["check", "--database-url", &url], words].concat());
        let asked = check(&[]).expect_status(3);
        assert!(asked.stderr.contains("limbeck needs the project's Python: "), "{}", asked.stderr);
        let output = check(&["--yes"]);
        assert_eq!(output.status, Some(0), "{}\n{}", output.stdout, output.stderr);
        project.write("app/models/user.py", &format!("{HEAD}{USER}    name: Mapped[str | None]\n"));
        let output = check(&[]).expect_status(4);
        assert!(output.stdout.contains("ADD COLUMN name"), "{}", output.stdout);
    }
}

#[test]
fn tables_that_env_py_excludes_are_not_compared() {
    let by_object = "def include_object(object, name, type_, reflected, compare_to):\n    return type_ != 'table' or not name.startswith('legacy_')\n";
    let by_name = "def include_name(name, type_, parents):\n    return type_ != 'table' or name != 'legacy_a'\n";
    for (function, option) in [(by_object, "include_object=include_object"), (by_name, "include_name=include_name")] {
        let database = server().database();
        let configure = format!("context.configure(target_metadata=target_metadata, {option})\n");
        let project = alembic_project(&database, &format!("{START}{function}{configure}"));
        database.psql("CREATE TABLE legacy_a (id serial PRIMARY KEY); CREATE INDEX ON legacy_a (id)");
        let url = database.url();
        let check = |words: &[&str]| project.run(&[&["check", "--database-url", &url], words].concat());
        let output = check(&["--yes"]);
        assert_eq!(output.status, Some(0), "{option}: {}\n{}", output.stdout, output.stderr);
        database.psql("CREATE TABLE other (id int)");
        let output = check(&[]).expect_status(4);
        assert!(
            output.stdout.contains("DROP TABLE public.other") && !output.stdout.contains("legacy"),
            "{}",
            output.stdout
        );
    }
}

#[test]
fn errors_of_env_py_name_its_line() {
    for (env, parts) in [
        (
            format!("{START}{ONLINE}"),
            &[
                "migrations/env.py failed",
                "migrations/env.py:8: KeyError: 'NOT_SET'",
                "8 | with create_engine",
                "sqlalchemy = { metadata",
            ][..],
        ),
        (
            START.replace("app.database", "app.db"),
            &["migrations/env.py:4: ModuleNotFoundError: No module named 'app.db'"],
        ),
        (
            "from alembic import context\ncontext.configure(url='x://')\n".to_owned(),
            &["passes no target_metadata to Alembic"],
        ),
        ("pass\n".to_owned(), &["passes no target_metadata to Alembic", "set target_metadata in it"]),
        ("from alembic import context\ncontext.configure(target_metadata=3)\n".to_owned(), &["is not a MetaData"]),
    ] {
        let database = server().database();
        let project = alembic_project(&database, &env);
        let output = project.run(&["check", "--yes"]).expect_status(1);
        for part in parts {
            assert!(output.stderr.contains(part), "{part}\n{}", output.stderr);
        }
        assert!(output.stderr.contains("the interpreter is /"), "{}", output.stderr);
    }
}

#[test]
fn modules_that_nothing_imports_are_named() {
    let database = server().database();
    let project = alembic_project(&database, &format!("{START}context.configure(target_metadata=target_metadata)\n"));
    let note = "app/models/audit.py defines a table but nothing imports it, so the models lack it; \
                add app.models.audit to app/models/__init__.py";
    assert!(!project.run(&["check", "--yes"]).expect_status(0).stderr.contains("nothing imports"));
    project.write("app/models/audit.py", &format!("{HEAD}{AUDIT}"));
    // These define tables, but are no models.
    project.write("app/tests/test_audit.py", &format!("{HEAD}{AUDIT}"));
    project.write("app/conftest.py", &format!("{HEAD}{AUDIT}"));
    project.write(".venv/lib/x.py", &format!("{HEAD}{AUDIT}"));
    project.write("app/models/plain.py", "TABLE = '__tablename__'\n");
    for words in [&["check"][..], &["check"], &["check", "-v"]] {
        let output = project.run(words).expect_status(0);
        assert_eq!(output.stderr.matches("nothing imports").count(), 1, "{}", output.stderr);
        assert!(output.stderr.contains(note), "{}", output.stderr);
    }
    let doctor = project.run(&["doctor"]).stdout;
    assert!(doctor.contains("ok      models      1 table in SQLAlchemy"), "{doctor}");
    assert!(doctor.contains(note), "{doctor}");
    project.write("app/models/__init__.py", "from app.models import user, audit\n");
    let output = project.run(&["check"]).expect_status(4);
    assert!(!output.stderr.contains("nothing imports"), "{}", output.stderr);
}

#[test]
fn a_project_with_sql_scripts_names_them_too() {
    let database = server().database();
    let project = project(&database, USER);
    project.write("app/billing/models.py", &format!("{HEAD}{AUDIT}"));
    let output = project.run(&["check", "--yes"]).expect_status(4);
    let note = "app/billing/models.py defines a table but nothing imports it, so the models lack it; \
                add app.billing.models to imports of sqlalchemy under [models] in limbeck.toml";
    assert!(output.stderr.contains(note), "{}", output.stderr);
    let printed = project.run(&["revision", "--autogenerate", "--sql", "-m", "all"]).expect_status(0);
    assert!(printed.stderr.contains(note), "{}", printed.stderr);
    let settings = "metadata = 'app.database:Base', imports = ['app.models', 'app.billing.models']";
    project.write("limbeck.toml", &config(&database, settings));
    let generated = project.run(&["revision", "--autogenerate", "-m", "all"]).expect_status(0);
    assert!(!generated.stderr.contains("nothing imports"), "{}", generated.stderr);
    project.run(&["upgrade", "head"]).expect_status(0);
    project.run(&["check"]).expect_status(0);
}
