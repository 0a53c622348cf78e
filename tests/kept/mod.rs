//! Copies of what approved steps destroy: every row and value comes back.

mod faults;
mod hand;
mod kinds;
mod losses;
mod others;
mod random;
mod renames;

use crate::support::{Output, TestDatabase, TestProject, server};

/// A database that is at `aaaa00000001` with what `before` made, and a second revision that destroys.
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

    /// All rows of a table as text, in an order of their own.
    #[track_caller]
    pub fn rows(&self, table: &str) -> Vec<String> {
        let rows = self.database.query(&format!("SELECT t::text FROM {table} t ORDER BY t::text COLLATE \"C\""));
        rows.into_iter().flatten().collect()
    }

    /// The copies that are there: `kind object rows`.
    #[track_caller]
    pub fn copies(&self) -> Vec<String> {
        let query = "SELECT kind, object, rows FROM limbeck.kept WHERE state = 'kept' ORDER BY id";
        self.database.query(query).into_iter().map(|row| row.join(" ")).collect()
    }
}

/// Up and down again: the query gives what it gave, and no copy is left. Gives what the upgrade and the downgrade said.
#[track_caller]
pub fn there_and_back(before: &str, upgrade: &str, downgrade: &str, tables: &[&str]) -> (String, String) {
    let case = Case::new(before, upgrade, downgrade);
    let was: Vec<Vec<String>> = tables.iter().map(|table| case.rows(table)).collect();
    assert!(was.iter().any(|rows| !rows.is_empty()), "there is something to lose");
    let up = case.up();
    assert!(!case.copies().is_empty(), "{}", up.stderr);
    let down = case.down();
    let is: Vec<Vec<String>> = tables.iter().map(|table| case.rows(table)).collect();
    assert_eq!(is, was, "\n{}\n{}", up.stderr, down.stderr);
    // What the way back itself has overwritten is kept for the next way up.
    let left = "SELECT count(*) FROM limbeck.kept WHERE direction = 'upgrade' AND state <> 'restored'";
    assert_eq!(case.database.psql(left), "0", "{}", down.stderr);
    let tables = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '^kept_'";
    assert_eq!(case.database.psql(tables), case.copies().len().to_string());
    (up.stderr, down.stderr)
}
