//! Copies of data that approved steps destroy: every row and value can be restored.

mod commands;
mod crashes;
mod kinds;
mod losses;
mod lost_connections;
mod random;
mod renames;
mod shapes;
mod special;

use crate::support::{Output, TestDatabase, TestProject, server};

/// A database at `aaaa00000001` with the objects of `before`, and a second revision that destroys data.
pub struct Case {
    pub database: TestDatabase<'static>,
    pub project: TestProject,
}

impl Case {
    pub fn new(before: &str, upgrade: &str, downgrade: &str) -> Self {
        let database = server().database();
        let project = TestProject::on(&database);
        database.psql(before);
        project.script("aaaa00000001", "", "SELECT 1;", "SELECT 1;");
        project.script("aaaa00000002", "aaaa00000001", upgrade, downgrade);
        project.run(&["upgrade", "+1"]).expect_status(0);
        Self { database, project }
    }

    #[track_caller]
    pub fn up(&self) -> Output {
        self.project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0)
    }

    #[track_caller]
    pub fn down(&self) -> Output {
        self.project.run(&["downgrade", "-1", "--allow", "data-loss"]).expect_status(0)
    }

    /// All rows of a table as text, sorted.
    #[track_caller]
    pub fn rows(&self, table: &str) -> Vec<String> {
        let rows = self.database.query(&format!("SELECT t::text FROM {table} t ORDER BY t::text COLLATE \"C\""));
        rows.into_iter().flatten().collect()
    }

    /// The existing copies: `kind object rows`.
    #[track_caller]
    pub fn copies(&self) -> Vec<String> {
        let query = "SELECT kind, object, rows FROM limbeck.kept WHERE state = 'kept' ORDER BY id";
        self.database.query(query).into_iter().map(|row| row.join(" ")).collect()
    }
}

/// Upgrades and downgrades, and checks that the tables have the same rows and no copy is left. Returns the standard
/// error of both runs.
#[track_caller]
pub fn assert_restored(before: &str, upgrade: &str, downgrade: &str, tables: &[&str]) -> (String, String) {
    let case = Case::new(before, upgrade, downgrade);
    let was: Vec<Vec<String>> = tables.iter().map(|table| case.rows(table)).collect();
    assert!(was.iter().any(|rows| !rows.is_empty()), "the tables have rows");
    let up = case.up();
    assert!(!case.copies().is_empty(), "{}", up.stderr);
    let down = case.down();
    let is: Vec<Vec<String>> = tables.iter().map(|table| case.rows(table)).collect();
    assert_eq!(is, was, "\n{}\n{}", up.stderr, down.stderr);
    // Values that the downgrade itself overwrote are kept for the next upgrade.
    let left = "SELECT count(*) FROM limbeck.kept WHERE direction = 'upgrade' AND state <> 'restored'";
    assert_eq!(case.database.psql(left), "0", "{}", down.stderr);
    let tables = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '^kept_'";
    assert_eq!(case.database.psql(tables), case.copies().len().to_string());
    (up.stderr, down.stderr)
}
