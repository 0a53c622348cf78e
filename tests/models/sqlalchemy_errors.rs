//! Errors of SQLAlchemy models name the user's code, the interpreter and the next step, and show no password.

use std::process::Command;

use super::sqlalchemy::{config, load_models, project};
use crate::support::{python_with_alembic, server};

/// The settings of most cases.
const GOOD: &str = "metadata = 'app.database:Base', imports = ['app.models']";

/// A model without a fault.
const TABLE: &str = "sa.Table('t', Base.metadata, sa.Column('a', sa.Integer))\n";

/// Settings, the text of the models, and parts of the report.
type ErrorCase = (&'static str, &'static str, &'static [&'static str]);

const CASES: &[ErrorCase] = &[
    (
        GOOD,
        "\n\nraise ValueError('no')\n",
        &[
            "the module app.models cannot be imported",
            "app/models/__init__.py:10: ValueError: no",
            "10 | raise ValueError('no')",
            "correct the module",
        ],
    ),
    (GOOD, "def broken(:\n", &["app.models cannot be imported", "app/models/__init__.py:8: SyntaxError"]),
    (
        GOOD,
        "import app.nothing\n",
        &["app/models/__init__.py:8: ModuleNotFoundError: No module named 'app.nothing'", "or the import"],
    ),
    (
        GOOD,
        "import strawberry_jam\n",
        &["No module named 'strawberry_jam'", "install the package that contains strawberry_jam"],
    ),
    (GOOD, "import sys\nsys.exit(7)\n", &["app/models/__init__.py:9: SystemExit: 7"]),
    (GOOD, "", &["the SQLAlchemy models have no tables", "to imports"]),
    (
        GOOD,
        "sa.create_engine('postgresql+nothing://app:s3cret@db/app')\n",
        &["app/models/__init__.py:8: NoSuchModuleError: Can't load plugin"],
    ),
    (
        GOOD,
        "\nraise ValueError('no connection to postgresql://app:s3cret@db/app')\n",
        &["app/models/__init__.py:9: ValueError: no connection to postgresql://app:***@db/app"],
    ),
    (GOOD, "\nPASSWORD = 's3cret' + 1\n", &["app/models/__init__.py:9: TypeError"]),
    (
        GOOD,
        "from pydantic_settings import BaseSettings\n\nclass Settings(BaseSettings):\n    token: str\n    \
         database_host: str\n\nSettings(token='s3cret')\n",
        &["__init__.py:14: ValidationError: 1 validation error for Settings database_host Field required"],
    ),
    (
        GOOD,
        "sa.Table('t', Base.metadata, sa.Column('a', sa.ForeignKey('gone.id')))\n",
        &["could not find table 'gone'", "import the module that defines the other table"],
    ),
    (GOOD, "sa.Table('t', Base.metadata, sa.Column('a'))\n", &["SQLAlchemy cannot write the DDL"]),
    ("metadata = 'app.database:Bas'", TABLE, &["app.database has no attribute 'Bas'", "did you mean 'Base'?"]),
    (
        "metadata = 'app.database:MetaData'",
        TABLE,
        &["app.database:MetaData is not a MetaData object, a declarative base"],
    ),
    (
        "metadata = 'app.datebase:Base'",
        TABLE,
        &["the module app.datebase cannot be imported", "correct the name in sqlalchemy under [models]"],
    ),
    ("metadata = 'app.database'", TABLE, &["metadata = \"app.database\" is not module:attribute", "app.database:Base"]),
    ("imports = ['app.models']", TABLE, &["metadata is missing"]),
];

#[test]
fn errors_name_the_code_the_interpreter_and_the_next_step() {
    let database = server().database();
    for (settings, models, parts) in CASES {
        let project = project(&database, models);
        project.write("limbeck.toml", &config(&database, settings));
        let report = load_models(&project).error().report();
        for part in *parts {
            assert!(report.contains(part), "{part}\n{report}");
        }
        assert!(report.contains("hint: ") && !report.contains("s3cret"), "{report}");
        assert!(report.contains("the interpreter is /") || report.contains("[models] sqlalchemy: "), "{report}");
    }
}

#[test]
fn an_interpreter_without_sqlalchemy_is_named() {
    let database = server().database();
    let base = project(&database, "");
    let venv = base.path("bare");
    let made = Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(&venv).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let real = python_with_alembic().display().to_string();
    for (python, message) in [
        ("bare/bin/python", "SQLAlchemy cannot be imported by "),
        ("bare/bin/nothing", "the models cannot be read with "),
        ("/bin/false", "the models cannot be read with /bin/false"),
    ] {
        base.write("limbeck.toml", &base.read("limbeck.toml").replace(&real, python));
        let error = load_models(&base).error();
        assert!(error.message.starts_with(message) && error.hint.is_some(), "{}", error.report());
        let report = error.report();
        assert!(report.contains(python) && report.contains("set python under [alembic]"), "{report}");
        assert!(!report.contains("standard error"), "{report}");
        base.write("limbeck.toml", &base.read("limbeck.toml").replace(python, &real));
    }
}
