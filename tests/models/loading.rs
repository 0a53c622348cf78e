//! Models that can be loaded. Loading leaves nothing on the server.

use std::process::Command;

use limbeck::core::schema::{Kind, ObjectId, Scope};

use super::{has_table, load};
use crate::catalog::{RICH, read};
use crate::support::{Server, ServerOptions, TestProject, program, server};
use crate::verify::{is_untouched, scratch};

#[test]
fn files_are_loaded_in_any_order() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    project
        .write("models/a_views.sql", "CREATE VIEW app.names AS SELECT name, app.shout(name) AS loud FROM app.people;");
    project.write(
        "models/b_orders.sql",
        "CREATE TABLE app.orders (id int PRIMARY KEY, person int REFERENCES app.people);\n\
         CREATE INDEX orders_person ON app.orders (person);\nGRANT SELECT ON app.names TO PUBLIC;",
    );
    project.write("models/deep/people.sql", "CREATE TABLE app.people (id int PRIMARY KEY, name text, m app.mood);");
    project.write(
        "models/routines.sql",
        "CREATE FUNCTION app.shout(t text) RETURNS text LANGUAGE sql AS 'SELECT upper(t)';",
    );
    project.write("models/z_types.sql", "BEGIN;\nCREATE SCHEMA app;\nCREATE TYPE app.mood AS ENUM ('calm');\nCOMMIT;");
    let loaded = load(&project);
    assert_eq!(loaded.progress.len(), 7, "{:?}", loaded.progress);
    let models = loaded.models();
    let orders = models.schema.table("app", "orders").unwrap();
    assert!(orders.constraints.iter().any(|constraint| constraint.references.is_some()));
    assert!(models.schema.objects.contains_key(&ObjectId::new(Kind::View, "app", "names")));
    assert_eq!(models.scope.schemas().unwrap(), ["app", "public"]);
    assert!(is_untouched(&database) && scratch(&database).is_empty());
}

#[test]
fn functions_may_call_each_other_and_their_bodies_are_checked() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.write(
        "models/a.sql",
        "SET search_path = app, public;\n\
         CREATE FUNCTION even(n int) RETURNS bool LANGUAGE sql AS 'SELECT n = 0 OR app.odd(n - 1)';\n\
         CREATE TABLE t (n int CHECK (even(n)));",
    );
    project.write(
        "models/b.sql",
        "CREATE FUNCTION app.odd(n int) RETURNS bool LANGUAGE sql AS 'SELECT n <> 0 AND app.even(n - 1)';",
    );
    project.write("models/c.sql", "CREATE SCHEMA app;");
    let models = load(&project).models();
    assert!(models.schema.table("app", "t").is_some());
    project.write("models/d.sql", "\nCREATE FUNCTION wrong() RETURNS int LANGUAGE sql AS 'SELECT i FROM app.nowhere';");
    let error = load(&project).error();
    assert!(error.message.ends_with("models/d.sql: relation \"app.nowhere\" does not exist"), "{error:?}");
    // A recursive function is created without a check of its body, which is checked afterwards.
    let call = "CREATE FUNCTION app.call(n int) RETURNS int LANGUAGE sql AS 'SELECT app.call(n - 1) + (SELECT max(i) FROM app.nowhere)';";
    project.write("models/d.sql", call);
    let error = load(&project).error();
    assert!(error.message.contains("app.nowhere") || error.message.contains("app.call"), "{error:?}");
    assert_eq!(error.line, Some(1));
}

#[test]
fn all_kinds_of_objects_can_be_loaded() {
    let by_hand = server().database();
    by_hand.psql(RICH);
    let database = server().database();
    let project = TestProject::on(&database);
    project.write("limbeck.toml", &format!("[database]\nurl = \"{}\"\n", database.url()));
    // CREATE ROLE needs a private server; here psql has already created the role.
    let role = RICH.lines().position(|line| line.starts_with("DO $$ BEGIN CREATE ROLE")).unwrap();
    let rich: Vec<&str> =
        RICH.lines().enumerate().filter(|(number, _)| *number != role).map(|(_, line)| line).collect();
    project.write("models/schema.sql", &rich.join("\n"));
    let models = load(&project).models();
    let scope = Scope::new(None, &[]).without(None, "alembic_version");
    assert_eq!(models.schema, read(&by_hand, &scope));
    assert!(!has_table(&models, "alembic_version") && models.schema.objects.len() > 20);
}

#[test]
fn a_dump_of_pg_dump_can_be_loaded() {
    let by_hand = server().database();
    by_hand.psql(
        "CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (a int REFERENCES a); CREATE VIEW v AS SELECT * FROM b",
    );
    let output = Command::new(program("pg_dump")).arg("--schema-only").arg(by_hand.url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let dump = String::from_utf8(output.stdout).unwrap();
    assert!(dump.contains("set_config('search_path', ''"));
    let database = server().database();
    let project = TestProject::on(&database);
    project.write("models/a.sql", &dump);
    // The dump sets an empty search path, which must not affect other files.
    project.write("models/b.sql", "CREATE TABLE later (id int);");
    let models = load(&project).models();
    assert!(has_table(&models, "a") && has_table(&models, "later"));
    // Also if the text is loaded statement by statement.
    let reversed = TestProject::on(&database);
    reversed.write(
        "models/a.sql",
        &dump.replace("FROM public.b", "FROM public.b JOIN later ON true").replace("later", "public.later"),
    );
    reversed.write("models/b.sql", "CREATE TABLE later (id int);");
    let models = load(&reversed).models();
    assert!(models.schema.objects.contains_key(&ObjectId::new(Kind::View, "public", "v")));
    let error_report = TestProject::on(&database);
    error_report.write("models/a.sql", "CREATE TABLE a (i int);\nCOPY a FROM stdin;\n1\n\\.\n");
    assert!(load(&error_report).error().message.contains("models contain only the schema"));
}

#[test]
fn non_transactional_statements_can_be_loaded() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.write("models/a.sql", "CREATE INDEX CONCURRENTLY i ON a (m);");
    project.write(
        "models/b.sql",
        "CREATE TYPE mood AS ENUM ('a');\nALTER TYPE mood ADD VALUE 'b';\nCREATE TABLE a (m mood DEFAULT 'b');",
    );
    let models = load(&project).models();
    assert!(models.schema.objects.contains_key(&ObjectId::on(Kind::Index, "public", "a", "i")));
    project.write("models/a.sql", "\n");
    assert!(has_table(&load(&project).models(), "a"), "a new enum value is also loaded outside a transaction");
}

#[test]
fn schemas_and_role_come_from_the_configuration() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql("CREATE ROLE owner; CREATE ROLE reader");
    let config = |models: &str| {
        format!("[database]\nurl = \"{}\"\n[apply]\nrole = \"owner\"\n[models]\n{models}\n", database.url())
    };
    let project = TestProject::new(&config("sql = ['*.sql']\nexclude = ['tmp_*']"));
    project.write(
        "schema.sql",
        "CREATE TABLE a (i int); CREATE TABLE tmp_b (i int); CREATE SCHEMA app CREATE TABLE c (i int);\
         GRANT SELECT ON a TO reader;\nDO $$ BEGIN ASSERT current_user = 'owner'; END $$;",
    );
    let models = load(&project).models();
    assert!(has_table(&models, "a") && !has_table(&models, "tmp_b"));
    assert_eq!(models.scope.schemas().unwrap(), ["app", "public"]);
    assert_eq!(models.schema.grants.len(), 1);
    project.write("limbeck.toml", &config("sql = ['*.sql']\nschemas = ['app']"));
    let models = load(&project).models();
    assert!(!has_table(&models, "a") && models.schema.table("app", "c").is_some());
    assert_eq!(models.scope.schemas().unwrap(), ["app"]);
    assert!(scratch(&database).is_empty());
}
