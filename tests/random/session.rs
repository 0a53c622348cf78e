//! One database for many pairs of schemas. Emptying it is much faster than creating a new one.

use limbeck::core::diff::{Changes, Options, diff_schemas};
use limbeck::core::schema::{Schema, Scope, differences};
use limbeck::engine::catalog;
use limbeck::engine::connection::{ConnInfo, Session, Variables};
use tokio::runtime::Runtime;
use tokio_postgres::SimpleQueryMessage;

use crate::support::TestDatabase;

/// Drops everything that a random schema can contain.
const EMPTY: &str = "RESET ALL; SET client_min_messages = error;
    DROP EVENT TRIGGER IF EXISTS random_watch; DROP FOREIGN DATA WRAPPER IF EXISTS random_w CASCADE;
    DROP PUBLICATION IF EXISTS random_p; DROP EXTENSION IF EXISTS citext CASCADE;
    ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO public;
    DROP SCHEMA IF EXISTS app, extra, public CASCADE;
    CREATE SCHEMA public; COMMENT ON SCHEMA public IS 'standard public schema'; GRANT USAGE ON SCHEMA public TO public;";

/// A session on the test database.
pub struct TestSession {
    runtime: Runtime,
    session: Session,
    options: Options,
}

impl TestSession {
    pub fn on(database: &TestDatabase<'_>, major: u32) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let conninfo = ConnInfo::resolve(Some(&database.url()), &Variables::default()).unwrap();
        let session = runtime.block_on(Session::open(&conninfo, "test")).unwrap();
        Self { runtime, session, options: Options { creator: "postgres".to_owned(), version: major } }
    }

    /// Empties the database.
    pub fn empty(&self) -> Result<(), String> {
        self.run("emptying", EMPTY)
    }

    /// Runs SQL.
    pub fn run(&self, what: &str, sql: &str) -> Result<(), String> {
        let client = self.session.client();
        self.runtime.block_on(client.batch_execute(sql)).map_err(|error| {
            let message = error.as_db_error().map_or_else(|| error.to_string(), |it| format!("{it} {:?}", it.where_()));
            let _ = self.runtime.block_on(client.batch_execute("ROLLBACK"));
            format!("{what}: {message}\n{sql}")
        })
    }

    /// Reads the catalog.
    pub fn read(&self) -> Result<Schema, String> {
        self.read_in(&Scope::default())
    }

    /// Reads the part of the catalog that is in scope.
    pub fn read_in(&self, scope: &Scope) -> Result<Schema, String> {
        self.runtime.block_on(catalog::read(&self.session, scope)).map_err(|error| format!("{error:?}"))
    }

    /// All rows of some queries.
    pub fn values(&self, queries: &[String]) -> Result<Vec<String>, String> {
        let mut values = Vec::new();
        for query in queries {
            let answer = self.runtime.block_on(self.session.client().simple_query(query));
            let rows = answer.map_err(|error| format!("{query}: {error:?}"))?;
            for row in rows {
                if let SimpleQueryMessage::Row(row) = row {
                    let cells: Vec<_> = (0..row.len()).map(|at| row.get(at).unwrap_or("NULL")).collect();
                    values.push(cells.join(" | "));
                }
            }
        }
        Ok(values)
    }

    /// Turns one schema into the other and checks the result.
    pub fn convert(&self, what: &str, from: &Schema, to: &Schema) -> Result<(), String> {
        let plan = diff_schemas(from, to, &self.options);
        let script = script(&plan);
        self.run("before", "SET check_function_bodies = off")?;
        let (committed_first, rest) = plan.split();
        let run = |sql: &str| self.run(what, sql).map_err(|error| format!("{error}\n--- in\n{script}"));
        for operation in committed_first {
            run(&operation.sql)?;
        }
        self.run("begin", "BEGIN")?;
        for operation in rest {
            run(&operation.sql)?;
        }
        run("COMMIT")?;
        let after = self.read()?;
        check_equal(what, &after, to).map_err(|error| format!("{error}\n--- after\n{script}"))?;
        let again = self::script(&diff_schemas(&after, to, &self.options));
        if again.is_empty() {
            Ok(())
        } else {
            Err(format!("{what}: a second comparison finds\n{again}\n--- after\n{script}"))
        }
    }

    /// As [`Self::round_trip`] for each pair. Reports all pairs that fail.
    pub fn round_trips(&self, pairs: &[(&str, &str)]) {
        let run =
            |(a, b): &(&str, &str)| self.round_trip(a, b).map_err(|error| format!("{error}\n--- a\n{a}\n--- b\n{b}"));
        let failed: Vec<String> = pairs.iter().filter_map(|pair| run(pair).err()).collect();
        assert!(failed.is_empty(), "{} of {} pairs failed\n{}", failed.len(), pairs.len(), failed.join("\n\n"));
    }

    /// Turns the schema `a` into `b`, back, and into `b` again.
    pub fn round_trip(&self, a: &str, b: &str) -> Result<(), String> {
        self.round_trip_with_rows((a, ""), b, &[])
    }

    /// The same with rows. The values of the queries stay the same.
    pub fn round_trip_with_rows(&self, (a, rows): (&str, &str), b: &str, queries: &[String]) -> Result<(), String> {
        self.empty()?;
        self.run("b", b)?;
        self.run("reset", "RESET ALL")?;
        let new = self.read()?;
        self.empty()?;
        self.run("a", a)?;
        self.run("reset", "RESET ALL")?;
        let old = self.read()?;
        self.run("rows", rows)?;
        let values = self.values(queries)?;
        for (what, from, to) in [("up", &old, &new), ("down", &new, &old), ("up again", &old, &new)] {
            self.convert(what, from, to)?;
            let now = self.values(queries)?;
            if now != values {
                return Err(format!("{what}: the values changed from {values:?} to {now:?}"));
            }
        }
        Ok(())
    }

    /// Checks that a schema compared with itself needs no statements.
    pub fn check_no_difference(&self, schema: &Schema) -> Result<(), String> {
        let plan = diff_schemas(schema, schema, &self.options);
        if plan.operations.is_empty() {
            Ok(())
        } else {
            Err(format!("a schema differs from itself:\n{}", script(&plan)))
        }
    }
}

fn script(plan: &Changes) -> String {
    let statements: Vec<String> = plan.operations.iter().map(|operation| format!("{};", operation.sql)).collect();
    statements.join("\n")
}

/// Checks that two schemas have no differences.
pub fn check_equal(what: &str, left: &Schema, right: &Schema) -> Result<(), String> {
    let found: Vec<String> = differences(left, right).iter().map(ToString::to_string).collect();
    if found.is_empty() { Ok(()) } else { Err(format!("{what}: {}", found.join("\n"))) }
}
