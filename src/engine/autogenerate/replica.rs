//! A scratch database with a given schema, made by the statements that turn an empty database into it.

use std::fmt::Write as _;

use tokio_postgres::error::ErrorPosition;

use crate::core::diff::{Changes, Operation, Options, diff_schemas};
use crate::core::schema::{Kind, Schema};
use crate::engine::catalog;
use crate::engine::connection::identifier::quote;
use crate::engine::connection::{Session, database_error};
use crate::engine::project::Project;
use crate::engine::scratch::{Needs, Scratch};
use crate::engine::verify::shape;
use crate::engine::{Error, Result, Target};

/// Makes an empty scratch database for a target.
pub async fn scratch(project: &Project, target: &Target, download: bool) -> Result<Scratch> {
    Scratch::make(project, target, &Needs::default(), download).await
}

/// Gives an empty scratch database a schema.
///
/// # Errors
/// When PostgreSQL refuses a statement; the cause is the statement's first line.
pub async fn fill(project: &Project, scratch: &Scratch, schema: &Schema) -> Result<()> {
    let session = scratch.target().connect("limbeck scratch").await?;
    let empty = catalog::read(&session, &shape::everything(project)).await?;
    let role = project.config.apply.role.as_deref();
    let creator = role.unwrap_or(&session.server().user).to_owned();
    let options = Options { creator, version: session.server().version_num / 10_000 };
    run(&session, &diff_schemas(&empty, schema, &options), role).await
}

/// Runs statements at once. What only a superuser may make is made by the role that logged in.
async fn run(session: &Session, changes: &Changes, role: Option<&str>) -> Result<()> {
    let (sql, ends) = joined(&changes.operations, role);
    let Err(error) = session.client().batch_execute(&sql).await else { return Ok(()) };
    let at = error.as_db_error().and_then(|answer| match answer.position() {
        Some(ErrorPosition::Original(position)) => Some(*position as usize),
        _ => None,
    });
    let faulty = at.and_then(|at| changes.operations.get(ends.partition_point(|end| *end < at)));
    let report = database_error(&error);
    Err(match faulty {
        Some(operation) => report.because(format!("in {}", operation.sql.lines().next().unwrap_or_default())),
        None => report,
    })
}

/// All statements as one text, and after how many characters each ends.
fn joined(operations: &[Operation], role: Option<&str>) -> (String, Vec<usize>) {
    // As pg_dump has it: a function may name what is made after it.
    let mut sql = "SET check_function_bodies = off;\n".to_owned();
    let mut characters = sql.len();
    let mut ends = Vec::with_capacity(operations.len());
    let mut as_role = false;
    for operation in operations {
        let start = sql.len();
        let wanted =
            role.filter(|_| !matches!(operation.object.kind, Kind::Extension | Kind::EventTrigger | Kind::Publication));
        if as_role != wanted.is_some() {
            as_role = wanted.is_some();
            // Writing to a string cannot fail.
            let _ = match wanted {
                Some(role) => writeln!(sql, "SET ROLE {};", quote(role)),
                None => writeln!(sql, "RESET ROLE;"),
            };
        }
        let _ = writeln!(sql, "{}\n;", operation.sql);
        characters += sql.get(start..).map_or(0, |text| text.chars().count());
        ends.push(characters);
    }
    (sql, ends)
}

/// The error of a replica that could not be made, in words that say what it was for.
pub fn failed(error: Error, what: &str) -> Error {
    let mut report = Error { message: format!("{what} cannot be made on a scratch database"), ..error.clone() };
    report.causes.insert(0, error.message);
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::Action;
    use crate::core::schema::ObjectId;

    fn operation(kind: Kind, sql: &str) -> Operation {
        let id = ObjectId::new(kind, "public", "x");
        Operation { object: id.clone(), group: id, action: Action::Create, sql: sql.into(), note: None }
    }

    #[test]
    fn what_needs_a_superuser_is_made_by_the_login_role() {
        let operations = [operation(Kind::Extension, "E"), operation(Kind::Table, "한글"), operation(Kind::Table, "U")];
        let (sql, ends) = joined(&operations, Some("app"));
        assert_eq!(sql, "SET check_function_bodies = off;\nE\n;\nSET ROLE \"app\";\n한글\n;\nU\n;\n");
        assert_eq!(*ends.last().unwrap(), sql.chars().count());
        let at = sql.chars().position(|letter| letter == 'U').unwrap() + 1;
        assert_eq!(ends.partition_point(|end| *end < at), 2);
        assert!(!joined(&operations, None).0.contains("ROLE"));
    }
}
