//! A project and a database in which every text is hostile.

use limbeck::core::escape::is_unsafe;

use super::{EVIL, FAKE_LINE};
use crate::support::{TestProject, psql_at, server};

/// The database and its role, which are dropped with the value.
pub struct HostileDatabase {
    name: String,
}

impl HostileDatabase {
    /// Creates a database with a hostile name.
    pub fn create(label: &str) -> Self {
        let name = format!("{label}{EVIL}{FAKE_LINE}");
        expect(&server().url("postgres"), &format!("CREATE DATABASE \"{name}\""));
        Self { name }
    }

    /// The connection string.
    pub fn url(&self) -> String {
        let encoded: Vec<String> = self.name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        server().url(&encoded.concat())
    }

    /// Runs SQL. Panics on an error.
    #[track_caller]
    pub fn psql(&self, sql: &str) -> String {
        expect(&self.url(), sql)
    }
}

impl Drop for HostileDatabase {
    fn drop(&mut self) {
        psql_at(&server().url("postgres"), &format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name));
    }
}

#[track_caller]
fn expect(url: &str, sql: &str) -> String {
    let output = psql_at(url, sql);
    assert!(output.status.success(), "{sql}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// A hostile name of an object.
pub fn name(start: &str) -> String {
    format!("{start}{EVIL}{FAKE_LINE}")
}

/// A hostile name that is quoted in SQL.
pub fn quoted(start: &str) -> String {
    format!("\"{}\"", name(start))
}

/// Four revisions: create a table, drop its column, drop the table, fail. The table, its column, the messages, the
/// notices and the errors are hostile.
pub fn project(database: &HostileDatabase) -> TestProject {
    let environment = toml_string(&name("prod"));
    let url = database.url();
    let config = format!(
        "[database]\nurl = \"{url}\"\n[environments.{environment}]\nurl = \"{url}\"\nprotected = true\n\
         [models]\nschemas = [\"public\"]\n"
    );
    let project = TestProject::new(&config);
    let (table, column, evil) = (quoted("t"), quoted("c"), name("evil"));
    let notice = format!("DO $$ BEGIN RAISE NOTICE '{evil}'; END $$;");
    script(
        &project,
        ("aaaa00000001", ""),
        &format!(
            "CREATE TABLE {table} (id int PRIMARY KEY, {column} text);\nINSERT INTO {table} VALUES (1, 'a'), (2, 'b');\n{notice}"
        ),
        &format!("DROP TABLE {table};"),
    );
    script(
        &project,
        ("aaaa00000002", "aaaa00000001"),
        &format!("{notice}\nALTER TABLE {table} DROP COLUMN {column};"),
        &format!("ALTER TABLE {table} ADD COLUMN {column} text;"),
    );
    script(
        &project,
        ("aaaa00000003", "aaaa00000002"),
        &format!("-- limbeck: allow DL101 because {}\nDROP TABLE {table};", one_line("it is evil").replace('\r', "")),
        &format!("CREATE TABLE {table} (id int PRIMARY KEY);"),
    );
    script(
        &project,
        ("aaaa00000004", "aaaa00000003"),
        &format!("DO $$ BEGIN RAISE EXCEPTION '{evil}' USING DETAIL = '{evil}', HINT = '{evil}'; END $$;"),
        "SELECT 1;",
    );
    let models = format!("CREATE TABLE {} (id int PRIMARY KEY, {column} text);\n", quoted("m"));
    project.write("models/schema.sql", &models);
    project
}

/// Writes a script with a hostile message and a hostile file name.
pub fn script(project: &TestProject, (revision, revises): (&str, &str), upgrade: &str, downgrade: &str) {
    let text = format!(
        "-- {message}\n--\n-- Revision ID: {revision}\n-- Revises: {revises}\n-- Create Date: 2026-11-22\n-- {message}\n\n\
         -- @upgrade\n{upgrade}\n\n-- @downgrade\n{downgrade}\n",
        message = one_line("message"),
    );
    project.write(&format!("versions/{revision}_{}.sql", name("file")), &text);
}

/// A hostile text without a line break.
pub fn one_line(start: &str) -> String {
    format!("{start} {EVIL} end")
}

/// A string of TOML.
pub fn toml_string(text: &str) -> String {
    let escape = |character: char| match character {
        '"' | '\\' => format!("\\{character}"),
        _ if is_unsafe(character) => format!("\\u{:04x}", u32::from(character)),
        _ => character.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}
