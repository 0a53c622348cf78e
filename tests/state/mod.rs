//! The version table in every state that people have left it in, and the hints of the errors that servers return.

mod columns;
mod hints;
mod planted;
mod rows;

use crate::support::{Output, Server, TestDatabase, TestProject, server};

/// A new database, and a project with three revisions: each creates a table.
fn project_with_three_revisions() -> (TestDatabase<'static>, TestProject) {
    let server: &'static Server = server();
    let database = server.database();
    let project = TestProject::on(&database);
    for (number, parent) in [(1, ""), (2, "aaaa00000001"), (3, "aaaa00000002")] {
        let id = format!("aaaa0000000{number}");
        project.script(&id, parent, &format!("CREATE TABLE t{number} (a int);"), &format!("DROP TABLE t{number};"));
    }
    (database, project)
}

/// Runs a command line, split at spaces.
#[track_caller]
fn run(project: &TestProject, line: &str) -> Output {
    project.run(&line.split(' ').collect::<Vec<_>>())
}

/// The rows of the version table, sorted and joined by spaces. `NULL` stands for NULL.
#[track_caller]
fn rows(database: &TestDatabase<'_>) -> String {
    let rows = "SELECT coalesce(string_agg(coalesce(version_num::text, 'NULL'), ' ' ORDER BY version_num), '')";
    database.psql(&format!("{rows} FROM alembic_version"))
}

/// The tables `t1` to `t3` that exist.
#[track_caller]
fn tables(database: &TestDatabase<'_>) -> String {
    database
        .psql("SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class WHERE relname ~ '^t[1-3]$'")
}
