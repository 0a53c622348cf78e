//! Copies a schema with `pg_dump`. Needed for objects that [`crate::core::diff`] cannot write: operators, casts,
//! languages, text search objects, foreign servers.

use std::process::Stdio;

use tokio_postgres::error::SqlState;

use super::ScratchDatabase;
use crate::core::schema::{Kind, ObjectId, Schema};
use crate::core::sql;
use crate::engine::connection::identifier::quote;
use crate::engine::connection::{ConnInfo, HostEnvironment, Programs, Session, database_error};
use crate::engine::project::Project;
use crate::engine::state::VersionTable;
use crate::engine::{Error, Result};

/// Finds the oldest installed `pg_dump` that can read a server of this major version.
pub fn find_pg_dump(major: u32) -> Option<Programs> {
    let found = Programs::all(&HostEnvironment::of_process()).into_iter();
    let fit = found.filter(|programs| programs.major >= major && programs.program("pg_dump").is_file());
    fit.min_by_key(|programs| programs.major)
}

/// Returns the schema of a database as SQL, without owners, rows and limbeck's own tables.
///
/// # Errors
/// When the program cannot be started or cannot read the database.
pub async fn dump_schema(programs: &Programs, conninfo: &ConnInfo, project: &Project) -> Result<String> {
    let table = VersionTable::new(&project.config.database.version_table).sql();
    let table = if table.contains("\".\"") { table } else { format!("*.{table}") };
    let mut command = std::process::Command::new(programs.program("pg_dump"));
    command.args(["--schema-only", "--no-owner", "--no-subscriptions", "--no-password", "--exclude-schema=limbeck"]);
    command.args([
        "--exclude-table=*.limbeck_log",
        "--exclude-table=*.limbeck_kept*",
        &format!("--exclude-table={table}"),
    ]);
    if let Some(role) = &project.config.apply.role {
        command.arg(format!("--role={role}"));
    }
    conninfo.export(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut command = tokio::process::Command::from(command);
    let output = command.kill_on_drop(true).output().await.map_err(failed)?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8(output.stdout).map_err(failed)?;
    // Newer versions write psql commands at the start and the end.
    let lines = text.lines().filter(|line| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict "));
    Ok(lines.fold(String::with_capacity(text.len()), |text, line| text + line + "\n"))
}

/// Runs a dump in an empty scratch database.
///
/// # Errors
/// When PostgreSQL refuses a statement. The cause is the first line of the statement.
pub async fn load_dump(dump: &str, whole: &Schema, project: &Project, scratch: &ScratchDatabase) -> Result<()> {
    let statements = sql::split(dump).map_err(|error| failed(error.message))?;
    let session = scratch.target().connect("limbeck scratch").await?;
    let mut drops = Vec::new();
    if !whole.objects.contains_key(&ObjectId::new(Kind::Schema, "", "public")) {
        drops.push("DROP SCHEMA IF EXISTS public".to_owned());
    }
    let role = project.config.apply.role.as_deref();
    let as_role = role.map_or_else(|| "RESET ROLE".to_owned(), |role| format!("SET ROLE {}", quote(role)));
    for statement in drops.into_iter().chain(statements.into_iter().map(|statement| statement.text)) {
        run_statement(&session, &statement, &as_role).await?;
    }
    Ok(())
}

/// Runs a statement as the role, and as the login role if that fails.
async fn run_statement(session: &Session, statement: &str, as_role: &str) -> Result<()> {
    let client = session.client();
    let Err(error) = client.batch_execute(&format!("{as_role};\n{statement}")).await else { return Ok(()) };
    let exists = error.code().is_some_and(|code| *code == SqlState::DUPLICATE_SCHEMA);
    if exists || client.batch_execute(&format!("RESET ROLE;\n{statement}")).await.is_ok() {
        return Ok(());
    }
    let first_line = statement.lines().next().unwrap_or_default();
    // Only the owner of an extension may comment on it. No object depends on a comment.
    if first_line.starts_with("COMMENT ON EXTENSION") {
        return Ok(());
    }
    Err(database_error(&error).because(format!("in {first_line}")))
}

fn failed(why: impl std::fmt::Display) -> Error {
    Error::new("pg_dump cannot read the database's schema").because(why)
}
