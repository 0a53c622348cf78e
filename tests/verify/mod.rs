//! `verify` on real servers: the problems that it finds; and it always removes what it created.

mod cleanup;
mod findings;
mod scratch_servers;

use crate::support::{Output, TestDatabase, TestProject};

/// The scratch databases of a server.
pub fn scratch(database: &TestDatabase<'_>) -> Vec<String> {
    let rows = database.query("SELECT datname FROM pg_database WHERE datname LIKE 'limbeck\\_scratch\\_%' ORDER BY 1");
    rows.into_iter().map(|mut row| row.remove(0)).collect()
}

/// Parses the document of `verify --json`.
pub fn document(output: &Output) -> Vec<serde_json::Value> {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", output.stdout, output.stderr))
}

/// Whether the target has no new objects.
pub fn is_untouched(database: &TestDatabase<'_>) -> bool {
    database.psql(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'",
    ) == "0"
}

/// Writes two branches, a dependency and a merge.
pub fn good_history(project: &TestProject) {
    project.script("aa01", "", "CREATE TABLE a (id int PRIMARY KEY);", "DROP TABLE a;");
    project.script("bb01", "aa01", "CREATE INDEX a_ix ON a (id);", "DROP INDEX a_ix;");
    project.script(
        "cc01",
        "aa01",
        "CREATE TYPE mood AS ENUM ('calm');\nALTER TABLE a ADD m mood;",
        "ALTER TABLE a DROP m;\nDROP TYPE mood;",
    );
    project.script("dd01", "bb01, cc01", "", "");
    project.script("ee01", "dd01", "CREATE INDEX CONCURRENTLY a_m ON a (m);", "DROP INDEX CONCURRENTLY a_m;");
}
