//! A new database on a test server.

use std::io::{Seek, Write};
use std::process::{Command, Output, Stdio};

use super::{Server, program};

/// Separators of columns and rows in `psql`'s output: characters that no test value contains.
const COLUMN: char = '\u{1f}';
const ROW: char = '\u{1e}';

/// The database of one test. Dropping the value disconnects all sessions and drops the database.
#[derive(Debug)]
pub struct TestDatabase<'a> {
    server: &'a Server,
    name: String,
}

impl<'a> TestDatabase<'a> {
    pub(super) fn create(server: &'a Server, name: &str) -> Self {
        run(server, "postgres", &format!("CREATE DATABASE {name}"));
        Self { server, name: name.to_owned() }
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server of the database.
    pub fn server(&self) -> &'a Server {
        self.server
    }

    /// The connection string for the superuser.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Runs SQL and returns psql's unaligned output without headers. Panics on an error.
    #[track_caller]
    pub fn psql(&self, sql: &str) -> String {
        run(self.server, &self.name, sql).replace(COLUMN, "|").replace(ROW, "\n").trim_end().to_owned()
    }

    /// Returns the rows of a query as text, NULL as an empty string. Panics on an error.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        let text = run(self.server, &self.name, sql);
        // psql ends the last row with a newline, whatever the separator is.
        let rows = text.strip_suffix('\n').unwrap_or(&text).split_terminator(ROW);
        rows.map(|row| row.split(COLUMN).map(str::to_owned).collect()).collect()
    }

    /// Runs SQL that may fail.
    pub fn try_psql(&self, sql: &str) -> Output {
        psql(self.server, &self.name, sql)
    }
}

impl Drop for TestDatabase<'_> {
    fn drop(&mut self) {
        psql(self.server, "postgres", &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

#[track_caller]
fn run(server: &Server, database: &str, sql: &str) -> String {
    let output = psql(server, database, sql);
    assert!(output.status.success(), "{sql}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn psql(server: &Server, database: &str, sql: &str) -> Output {
    psql_at(&server.url(database), sql)
}

/// Longer SQL goes through a file: Linux limits the length of one argument (to 131,072 bytes).
const LONGEST_ARGUMENT: usize = 100_000;

/// Runs SQL on any database, in one transaction.
pub fn psql_at(url: &str, sql: &str) -> Output {
    let column = format!("--field-separator={COLUMN}");
    let row = format!("--record-separator={ROW}");
    let mut psql = Command::new(program("psql"));
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", &column, &row]);
    psql.env_clear().env("PGCLIENTENCODING", "UTF8").current_dir("/").stdin(Stdio::null());
    if sql.len() < LONGEST_ARGUMENT {
        psql.args(["-c", sql]);
    } else {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(sql.as_bytes()).unwrap();
        file.rewind().unwrap();
        psql.args(["-1", "-f", "-"]).stdin(file);
    }
    psql.arg(url).output().expect("psql starts")
}
