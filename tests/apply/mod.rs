//! Runs on real servers: the state of the database after success, errors, cancels and kills.

mod concurrency;
mod conflicts;
mod crashes;
mod interop;
mod invalid_indexes;
mod lost_connections;
mod non_transactional;
mod poolers;
mod rehearse;
mod steps;
mod waiting;

use crate::support::{Server, TestDatabase, TestProject, server};

/// A new database and a project for it.
pub fn fresh() -> (TestDatabase<'static>, TestProject) {
    let server: &'static Server = server();
    let database = server.database();
    let project = TestProject::on(&database);
    (database, project)
}

/// The rows of the version table, sorted and joined by `,`.
pub fn heads(database: &TestDatabase<'_>) -> String {
    database.psql("SELECT coalesce(string_agg(version_num, ',' ORDER BY version_num), '') FROM alembic_version")
}

/// `direction revision state` of each ledger row, in order.
pub fn ledger(database: &TestDatabase<'_>) -> Vec<String> {
    let rows = database.query("SELECT direction, revision, state FROM limbeck.log ORDER BY id");
    rows.into_iter().map(|row| row.join(" ")).collect()
}
