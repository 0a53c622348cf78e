//! Applying on real servers: what a run does to the database, however it ends.

mod concurrency;
mod faults;
mod interop;
mod outside;
mod rehearse;
mod steps;

use crate::support::{Server, TestDatabase, TestProject, server};

/// A fresh database and a project for it.
pub fn fresh() -> (TestDatabase<'static>, TestProject) {
    let server: &'static Server = server();
    let database = server.database();
    let project = TestProject::on(&database);
    (database, project)
}

/// The version table's rows, sorted, `,` between them.
pub fn heads(database: &TestDatabase<'_>) -> String {
    database.psql("SELECT coalesce(string_agg(version_num, ',' ORDER BY version_num), '') FROM alembic_version")
}

/// `direction revision state` of every ledger row, in order.
pub fn ledger(database: &TestDatabase<'_>) -> Vec<String> {
    let rows = database.query("SELECT direction, revision, state FROM limbeck.log ORDER BY id");
    rows.into_iter().map(|row| row.join(" ")).collect()
}
