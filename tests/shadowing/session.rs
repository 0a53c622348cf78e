//! Every command that uses a database, on scripts that affect data in many ways.

use crate::support::TestProject;

/// Revision, SQL of the upgrade and SQL of the downgrade. The search path applies to the SQL of scripts, so their own
/// operators and functions are qualified.
const SCRIPTS: &[(&str, &str, &str)] = &[
    (
        "aaaa00000001",
        "CREATE SCHEMA IF NOT EXISTS app;\n\
         CREATE TABLE app.parent (id int PRIMARY KEY, a varchar, b varchar, n numeric);\n\
         CREATE TABLE app.child (id int PRIMARY KEY, parent int REFERENCES app.parent ON DELETE CASCADE, c varchar);\n\
         CREATE TABLE app.other (id int, parent int, c varchar);\n\
         CREATE SEQUENCE app.numbers;\n\
         CREATE TABLE plain (id int PRIMARY KEY, a varchar);\n\
         CREATE MATERIALIZED VIEW app.totals AS SELECT 1 AS one;",
        "DROP MATERIALIZED VIEW app.totals;\nDROP TABLE plain;\nDROP SEQUENCE app.numbers;\n\
         DROP TABLE app.other, app.child, app.parent;",
    ),
    (
        "aaaa00000002",
        "INSERT INTO app.parent VALUES (1, 'a', '10', 1.5), (2, 'b', '20', 2), (3, 'c', '30', NULL);\n\
         INSERT INTO app.child VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 3, 'z');\n\
         INSERT INTO app.other VALUES (1, 1, 'x'), (1, 2, NULL);\n\
         COPY plain FROM stdin;\n1\tone\n2\ttwo\n\\.\n\
         SELECT pg_catalog.nextval('app.numbers');",
        "DELETE FROM plain;\nDELETE FROM app.other;\nDELETE FROM app.child;\nDELETE FROM app.parent;",
    ),
    (
        "aaaa00000003",
        "DELETE FROM app.parent WHERE id OPERATOR(pg_catalog.>) 2;\n\
         UPDATE app.child SET c = 'w' WHERE id OPERATOR(pg_catalog.=) 1;\n\
         DELETE FROM plain AS p WHERE p.id OPERATOR(pg_catalog.=) 2;",
        "SELECT 1;",
    ),
    (
        "aaaa00000004",
        "ALTER TABLE app.parent DROP COLUMN a;\n\
         ALTER TABLE app.parent ALTER b TYPE varchar(5);\n\
         ALTER TABLE app.parent ALTER n TYPE int;\n\
         ALTER TABLE app.other ADD CHECK (id OPERATOR(pg_catalog.>) 0);\n\
         ALTER TABLE app.other ADD FOREIGN KEY (parent) REFERENCES app.parent NOT VALID;\n\
         ALTER TABLE app.other VALIDATE CONSTRAINT other_parent_fkey;\n\
         ALTER TABLE plain ALTER a SET NOT NULL;\n\
         ALTER TABLE plain ADD UNIQUE (a);",
        "ALTER TABLE plain DROP CONSTRAINT plain_a_key;\n\
         ALTER TABLE plain ALTER a DROP NOT NULL;\n\
         ALTER TABLE app.other DROP CONSTRAINT other_parent_fkey;\n\
         ALTER TABLE app.other DROP CONSTRAINT other_id_check;\n\
         ALTER TABLE app.parent ALTER n TYPE numeric;\n\
         ALTER TABLE app.parent ALTER b TYPE varchar;\n\
         ALTER TABLE app.parent ADD COLUMN a varchar;",
    ),
    ("aaaa00000005", "CREATE INDEX CONCURRENTLY child_c ON app.child (c);", "DROP INDEX CONCURRENTLY app.child_c;"),
    (
        "aaaa00000006",
        "ALTER TABLE app.other RENAME TO renamed;\nDROP TABLE app.renamed CASCADE;\nTRUNCATE plain;\n\
         DROP SEQUENCE app.numbers;\nDROP MATERIALIZED VIEW app.totals;",
        "CREATE MATERIALIZED VIEW app.totals AS SELECT 1 AS one;\nCREATE SEQUENCE app.numbers;\n\
         CREATE TABLE app.other (id int CHECK (id OPERATOR(pg_catalog.>) 0), parent int REFERENCES app.parent, c varchar);",
    ),
];

/// The models: the schema after all scripts, and a new column.
const MODELS: &str = "CREATE SCHEMA app;\n\
    CREATE TABLE app.parent (id int PRIMARY KEY, b varchar(5), n int);\n\
    CREATE TABLE app.child (id int PRIMARY KEY, parent int REFERENCES app.parent ON DELETE CASCADE, c varchar, d int);\n\
    CREATE INDEX child_c ON app.child (c);\n";

/// The commands, in order. `ID` is the id of the newest copy.
const COMMANDS: &[&str] = &[
    "doctor",
    "current",
    "ensure_version",
    "upgrade +2",
    "upgrade head --dry-run",
    "upgrade +1 --rehearse",
    "upgrade +1 --allow data-loss,fails",
    "kept list",
    "kept restore ID",
    "upgrade +1 --allow all",
    "downgrade -1 --allow all",
    "upgrade +2 --allow all",
    "upgrade head --allow all",
    "kept list",
    "current -v",
    "history -i",
    "heads",
    "show head",
    "check",
    "drift",
    "lint",
    "verify",
    "revision -m more --autogenerate --rev-id aaaa00000007",
    "upgrade head --allow all",
    "downgrade -1 --allow all",
    "downgrade -1 --allow all",
    "stamp head",
    "stamp --purge aaaa00000004",
    "doctor",
    "backup -o backup.dump",
    "restore backup.dump --allow all",
    "downgrade base --allow all",
    "upgrade aaaa00000002 --no-keep",
    "downgrade -1 --allow all --no-keep",
    "kept drop --all --yes",
    "--keys q --size 80x24 --print",
];

/// Commands whose result depends on the other objects of the database.
const DIFFERENT: &[&str] = &["drift"];

/// Writes the scripts and the models.
pub fn write_files(project: &TestProject) {
    let mut parent = "";
    for (revision, up, down) in SCRIPTS {
        project.script(revision, parent, up, down);
        parent = revision;
    }
    project.write("models/app.sql", MODELS);
}

/// Runs the commands. Returns each command with its exit code, and with the error of a failed one.
pub fn run_commands(project: &TestProject) -> Vec<(String, Option<i32>, String)> {
    let mut results = Vec::new();
    for command in COMMANDS {
        let id = if command.contains("ID") { newest_copy(project) } else { String::new() };
        let line = command.replace("ID", &id);
        let output = project.run(&line.split(' ').collect::<Vec<_>>());
        let is_failure = output.status != Some(0) && output.status != Some(4);
        let error = if is_failure { output.stderr } else { String::new() };
        let status = output.status.filter(|_| !DIFFERENT.contains(command));
        results.push(((*command).to_owned(), status, error));
    }
    results
}

fn newest_copy(project: &TestProject) -> String {
    let output = project.run(&["kept", "list", "--json"]);
    let copies: serde_json::Value = serde_json::from_str(&output.stdout).unwrap_or_default();
    copies[0]["id"].to_string()
}
