//! Nothing is loaded twice.

use limbeck::core::schema::Schema;

use super::{has_table, load};
use crate::support::{Server, ServerOptions, TestProject};

#[test]
fn what_was_loaded_before_needs_no_database() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql("CREATE ROLE maker LOGIN CREATEDB");
    let url = database.url().replace("postgres@", "maker@");
    let project = TestProject::new(&format!("[database]\nurl = \"{url}\"\n"));
    project.write("models/a.sql", "CREATE TABLE a (i int);");
    project.write("models/b.sql", "CREATE TABLE b (i int, t timestamptz DEFAULT '2020-01-01 00:00:00');");
    let first = load(&project);
    assert!(!first.is_from_cache());
    let first = first.models();
    // Only a private server would do now, and none is told of.
    database.psql("ALTER ROLE maker NOCREATEDB");
    let again = load(&project);
    assert!(again.is_from_cache(), "{:?}", again.told);
    let again = again.models();
    assert_eq!((&again.schema, &again.scope), (&first.schema, &first.scope));
    // The same place serves for what others find out of them.
    assert_eq!(again.key.cache_get::<Schema>("normal"), None);
    first.key.cache_put("normal", &first.schema).unwrap();
    assert_eq!(again.key.cache_get::<Schema>("normal").unwrap(), first.schema);
}

#[test]
fn what_has_changed_is_loaded_again() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    project.write("models/a.sql", "CREATE TABLE a (i int);");
    assert!(!load(&project).is_from_cache() && load(&project).is_from_cache());
    project.write("models/a.sql", "CREATE TABLE a (i int, j int);");
    let changed = load(&project);
    assert!(!changed.is_from_cache());
    assert_eq!(changed.models().schema.table("public", "a").unwrap().columns.len(), 2);
    project.write("models/b.sql", "CREATE TABLE b (i int);");
    assert!(!load(&project).is_from_cache() && load(&project).is_from_cache());
    let setting = format!("ALTER DATABASE {} SET search_path = app, public", database.name());
    database.psql(&setting);
    assert!(!load(&project).is_from_cache(), "the database's search path decides where tables go");
    // A broken file is loaded anew, and mended.
    let cache = project.folder().join("cache/limbeck/models");
    let below = std::fs::read_dir(cache).unwrap().next().unwrap().unwrap().path();
    for file in std::fs::read_dir(below).unwrap() {
        std::fs::write(file.unwrap().path(), "{\"objects\":[[").unwrap();
    }
    let mended = load(&project);
    assert!(!mended.is_from_cache());
    assert!(has_table(&mended.models(), "b") && load(&project).is_from_cache());
}
