//! Reads catalogs from real servers. Every kind of object has its attributes, and two databases created alike are
//! equal.

mod differing;
mod reading;

use limbeck::core::schema::{Schema, Scope};
use limbeck::engine::catalog;
use limbeck::engine::connection::{ConnInfo, Session, Variables};

use crate::support::{TestDatabase, server};

/// One object of every kind, valid from version 13 on.
pub const RICH: &str = include_str!("rich.sql");

/// A new database with this DDL.
pub fn loaded(sql: &str) -> TestDatabase<'static> {
    let database = server().database();
    database.psql(sql);
    database
}

/// The schema of a database.
pub fn read(database: &TestDatabase<'_>, scope: &Scope) -> Schema {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let conninfo = ConnInfo::resolve(Some(&database.url()), &Variables::default()).unwrap();
        let session = Session::open(&conninfo, "test").await.unwrap();
        catalog::read(&session, scope).await.unwrap()
    })
}

/// The schema that this DDL creates.
pub fn schema_of(sql: &str) -> Schema {
    read(&loaded(sql), &Scope::default())
}

/// The server's version, e.g. 150018.
pub fn version() -> u32 {
    server().database().psql("SHOW server_version_num").parse().unwrap()
}
