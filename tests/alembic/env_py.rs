//! What `env.py` says about the database and the version table.

use super::{ENV, linear_project, run, run_alembic};
use crate::support::server;

#[test]
fn the_url_is_found_where_env_py_finds_it() {
    let database = server().database();
    let url = database.url();
    let ini = url.replacen("postgresql://", "postgresql+asyncpg://", 1).replace('%', "%%");
    let nowhere = "postgresql://nobody@localhost:1/nowhere";
    let computed = "config.set_main_option('sqlalchemy.url', settings.url)\n";
    let from_variable =
        "import os\nconfig.set_main_option('sqlalchemy.url', os.environ['SHOP_URL'].replace('%', '%%'))\n";
    for (name, options, env, variables) in [
        ("the ini", format!("sqlalchemy.url = {ini}"), ENV.to_owned(), vec![("DATABASE_URL", nowhere)]),
        (
            "a placeholder is no URL",
            "sqlalchemy.url = driver://user:pass@localhost/dbname".into(),
            ENV.to_owned(),
            vec![("DATABASE_URL", &*url)],
        ),
        (
            "code that cannot be read",
            format!("sqlalchemy.url = {nowhere}"),
            format!("{computed}{ENV}"),
            vec![("DATABASE_URL", &*url)],
        ),
        ("Flask's variable", String::new(), format!("{computed}{ENV}"), vec![("SQLALCHEMY_DATABASE_URI", &*url)]),
        (
            "a variable in env.py",
            String::new(),
            format!("{from_variable}{ENV}"),
            vec![("SHOP_URL", &*url), ("DATABASE_URL", nowhere)],
        ),
    ] {
        let mut project = linear_project(&options);
        project.write("migrations/env.py", &env);
        for (variable, value) in variables {
            project.set(variable, value);
        }
        run(&project, "stamp b2b2").expect_status(0);
        assert_eq!(run(&project, "current").stdout, "b2b2\n", "{name}");
        assert_eq!(database.psql("SELECT version_num FROM alembic_version"), "b2b2", "{name}");
        database.psql("DROP TABLE alembic_version");
    }
}

#[test]
fn dotenv_and_limbeck_toml_have_the_url_too() {
    let database = server().database();
    let project = linear_project("");
    project.write("migrations/env.py", &format!("config.set_main_option('sqlalchemy.url', settings.url)\n{ENV}"));
    project.write(".env", &format!("DATABASE_URL=\"{}\"\n", database.url()));
    run(&project, "stamp head").expect_status(0);
    assert_eq!(run(&project, "current").stdout, "c3c3 (head)\n");
    std::fs::remove_file(project.path(".env")).unwrap();
    project.write("limbeck.toml", &format!("[database]\nurl = \"{}\"\n", database.url()));
    assert_eq!(run(&project, "current").stdout, "c3c3 (head)\n");
}

#[test]
fn a_computed_url_is_named_with_its_place_and_what_to_do() {
    let project = linear_project("");
    project.write(
        "migrations/env.py",
        &format!("from app.settings import settings\n\nconfig.set_main_option('sqlalchemy.url', settings.url)\n{ENV}"),
    );
    let output = run(&project, "current").expect_status(3);
    assert!(output.stderr.contains("migrations/env.py:3 computes it"), "{}", output.stderr);
    for part in ["DATABASE_URL", ".env", "limbeck.toml", "--database-url"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert_eq!(run(&project, "heads").expect_status(0).stdout, "c3c3 (head)\n");
}

#[test]
fn the_version_table_of_env_py_is_used() {
    let (ours, theirs) = (server().database(), server().database());
    let mut project = linear_project("");
    let env = format!("import os\nSCHEMA = 'app'\n{ENV}")
        .replace("config.get_main_option('sqlalchemy.url')", "os.environ['SHOP_URL']")
        .replace(
            "connection=connection",
            "connection=connection, version_table='versions', version_table_schema=SCHEMA",
        );
    project.write("migrations/env.py", &env);
    for database in [&ours, &theirs] {
        database.psql("CREATE SCHEMA app");
    }
    project.set("SHOP_URL", &theirs.url().replacen("postgresql://", "postgresql+psycopg://", 1));
    let stamped = run_alembic(&project, &["stamp", "b2b2"]);
    assert_eq!(stamped.status, Some(0), "{}", stamped.stderr);
    assert_eq!(run(&project, "current").stdout, "b2b2\n");
    project.set("SHOP_URL", &ours.url());
    run(&project, "stamp b2b2").expect_status(0);
    assert_eq!(ours.psql("SELECT version_num FROM app.versions"), "b2b2");
    let sql = run(&project, "ensure_version --sql").expect_status(0).stdout;
    assert!(sql.contains("app") && sql.contains("versions"), "{sql}");
}

#[test]
fn a_computed_version_table_is_not_guessed() {
    let database = server().database();
    let mut project = linear_project("");
    project.set("DATABASE_URL", &database.url());
    let env =
        ENV.replace("connection=connection", "connection=connection,\n        version_table_schema=metadata.schema");
    project.write("migrations/env.py", &env);
    let output = run(&project, "current").expect_status(1);
    assert!(output.stderr.contains("env.py:7: limbeck cannot read version_table_schema"), "{}", output.stderr);
    assert!(output.stderr.contains("hint: set version_table"), "{}", output.stderr);
    project.write("limbeck.toml", "[database]\nversion_table = \"public.alembic_version\"\n");
    assert_eq!(run(&project, "current").expect_status(0).stdout, "");
}

#[test]
fn ids_may_be_as_long_as_the_column() {
    let database = server().database();
    let mut project = linear_project("");
    project.set("DATABASE_URL", &database.url());
    let id = "add_a_column_with_a_very_long_name_20260102";
    project.write("migrations/versions/long.py", &super::script(id, "'c3c3'", "long", ""));
    database.psql("CREATE TABLE alembic_version (version_num varchar(80) PRIMARY KEY)");
    run(&project, "stamp head").expect_status(0);
    assert_eq!(run(&project, "current").stdout, format!("{id} (head)\n"));
}
