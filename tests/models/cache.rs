//! Models are loaded only once.

use limbeck::core::schema::Schema;

use super::{has_table, load};
use crate::support::{Server, ServerOptions, TestProject};

#[test]
fn models_from_the_cache_need_no_scratch_database() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql("CREATE ROLE creator LOGIN CREATEDB");
    let url = database.url().replace("postgres@", "creator@");
    let project = TestProject::new(&format!("[database]\nurl = \"{url}\"\n"));
    project.write("models/a.sql", "CREATE TABLE a (i int);");
    project.write("models/b.sql", "CREATE TABLE b (i int, t timestamptz DEFAULT '2020-01-01 00:00:00');");
    let first = load(&project);
    assert!(!first.is_from_cache());
    let first = first.models();
    // Only a private server could load them now, but none is started.
    database.psql("ALTER ROLE creator NOCREATEDB");
    let again = load(&project);
    assert!(again.is_from_cache(), "{:?}", again.progress);
    let again = again.models();
    assert_eq!((&again.schema, &again.scope), (&first.schema, &first.scope));
    // Another result about the same models uses the same cache file.
    assert_eq!(again.key.cache_get::<Schema>("normal"), None);
    first.key.cache_put("normal", &first.schema).unwrap();
    assert_eq!(again.key.cache_get::<Schema>("normal").unwrap(), first.schema);
}

#[test]
fn changed_models_are_loaded_again() {
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
    assert!(
        !load(&project).is_from_cache(),
        "the search path of the database decides in which schema tables are created"
    );
    // A broken cache file is replaced.
    let cache = project.folder().join("cache/limbeck/models");
    let below = std::fs::read_dir(cache).unwrap().next().unwrap().unwrap().path();
    for file in std::fs::read_dir(below).unwrap() {
        std::fs::write(file.unwrap().path(), "{\"objects\":[[").unwrap();
    }
    let corrected = load(&project);
    assert!(!corrected.is_from_cache());
    assert!(has_table(&corrected.models(), "b") && load(&project).is_from_cache());
}
