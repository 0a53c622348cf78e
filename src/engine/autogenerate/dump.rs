//! A copy of the target's schema by `pg_dump`, where it holds what the difference cannot write: operators, casts,
//! languages, text search, foreign servers.

use std::process::Stdio;

use tokio_postgres::error::SqlState;

use crate::core::schema::{Kind, ObjectId, Schema};
use crate::core::sql;
use crate::engine::connection::identifier::quote;
use crate::engine::connection::{ConnInfo, Programs, Session, Surroundings, database_error};
use crate::engine::project::Project;
use crate::engine::scratch::Scratch;
use crate::engine::state::VersionTable;
use crate::engine::{Error, Result};

/// Finds a `pg_dump` that reads servers of a major version: of that one or the next newer.
pub fn program(major: u32) -> Option<Programs> {
    let found = Programs::all(&Surroundings::of_process()).into_iter();
    let fit = found.filter(|programs| programs.major >= major && programs.program("pg_dump").is_file());
    fit.min_by_key(|programs| programs.major)
}

/// The schema of a database as SQL, without owners and rows, and without what is limbeck's own.
///
/// # Errors
/// When the program does not run, or cannot read the database.
pub async fn read(programs: &Programs, conninfo: &ConnInfo, project: &Project) -> Result<String> {
    let table = VersionTable::new(&project.config.database.version_table).sql();
    let table = if table.contains("\".\"") { table } else { format!("*.{table}") };
    let mut command = std::process::Command::new(programs.program("pg_dump"));
    command.args(["--schema-only", "--no-owner", "--no-subscriptions", "--no-password", "--exclude-schema=limbeck"]);
    command.args([
        "--exclude-table=*.limbeck_log",
        "--exclude-table=*.limbeck_kept*",
        &format!("--exclude-table={table}"),
    ]);
    conninfo.export(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut command = tokio::process::Command::from(command);
    let output = command.kill_on_drop(true).output().await.map_err(failed)?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8(output.stdout).map_err(failed)?;
    // Newer ones begin and end with a command of psql's own.
    let lines = text.lines().filter(|line| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict "));
    Ok(lines.fold(String::with_capacity(text.len()), |text, line| text + line + "\n"))
}

/// Runs a dump on an empty scratch database.
///
/// # Errors
/// When PostgreSQL refuses a statement; the cause is the statement's first line.
pub async fn load(dump: &str, whole: &Schema, project: &Project, scratch: &Scratch) -> Result<()> {
    let statements = sql::split(dump).map_err(|error| failed(error.message))?;
    let session = scratch.target().connect("limbeck scratch").await?;
    let mut lost = Vec::new();
    if !whole.objects.contains_key(&ObjectId::new(Kind::Schema, "", "public")) {
        lost.push("DROP SCHEMA IF EXISTS public".to_owned());
    }
    let role = project.config.apply.role.as_deref();
    let as_role = role.map_or_else(|| "RESET ROLE".to_owned(), |role| format!("SET ROLE {}", quote(role)));
    for statement in lost.into_iter().chain(statements.into_iter().map(|statement| statement.text)) {
        one(&session, &statement, &as_role).await?;
    }
    Ok(())
}

/// Runs a statement as the role, and by the one that logged in where that may not.
async fn one(session: &Session, statement: &str, as_role: &str) -> Result<()> {
    let client = session.client();
    let Err(error) = client.batch_execute(&format!("{as_role};\n{statement}")).await else { return Ok(()) };
    let is_there = error.code().is_some_and(|code| *code == SqlState::DUPLICATE_SCHEMA);
    if is_there || client.batch_execute(&format!("RESET ROLE;\n{statement}")).await.is_ok() {
        return Ok(());
    }
    let first = statement.lines().next().unwrap_or_default();
    // Who did not make an extension cannot comment on it, which nothing depends on.
    if first.starts_with("COMMENT ON EXTENSION") {
        return Ok(());
    }
    Err(database_error(&error).because(format!("in {first}")))
}

fn failed(why: impl std::fmt::Display) -> Error {
    Error::new("pg_dump cannot read the database's schema").because(why)
}
