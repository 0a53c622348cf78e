//! Writes a schema to an empty scratch database, with the statements that [`crate::core::diff`] makes for it.

use std::fmt::Write as _;

use tokio_postgres::error::ErrorPosition;

use super::{ScratchDatabase, full_scope};
use crate::core::diff::{Changes, Operation, Options, diff_schemas};
use crate::core::schema::{Kind, Schema};
use crate::engine::Result;
use crate::engine::catalog;
use crate::engine::connection::identifier::quote;
use crate::engine::connection::{Session, database_error};
use crate::engine::project::Project;

/// Creates all objects of a schema in an empty scratch database.
///
/// # Errors
/// When PostgreSQL refuses a statement. The cause is the first line of the statement.
pub async fn load_schema(schema: &Schema, project: &Project, scratch: &ScratchDatabase) -> Result<()> {
    let session = scratch.target().connect("limbeck scratch").await?;
    let empty = catalog::read(&session, &full_scope(project)).await?;
    let role = project.config.apply.role.as_deref();
    let creator = role.unwrap_or(&session.server().user).to_owned();
    let options = Options { creator, version: session.server().version_num / 10_000 };
    run_statements(&session, &diff_schemas(&empty, schema, &options), role).await
}

/// Runs all statements in one round trip. The login role creates the objects that only a superuser may create.
async fn run_statements(session: &Session, changes: &Changes, role: Option<&str>) -> Result<()> {
    let (sql, ends) = join_statements(&changes.operations, role);
    let Err(error) = session.client().batch_execute(&sql).await else { return Ok(()) };
    let position = error.as_db_error().and_then(|answer| match answer.position() {
        Some(ErrorPosition::Original(position)) => Some(*position as usize),
        _ => None,
    });
    let failed = position.and_then(|position| changes.operations.get(ends.partition_point(|end| *end < position)));
    let report = database_error(&error);
    Err(match failed {
        Some(operation) => report.because(format!("in {}", operation.sql.lines().next().unwrap_or_default())),
        None => report,
    })
}

/// Joins all statements to one text, and returns the position of each one's end in characters.
fn join_statements(operations: &[Operation], role: Option<&str>) -> (String, Vec<usize>) {
    // All names outside of pg_catalog are qualified. Other schemas may contain functions and types with the same names as
    // in pg_catalog. A function may use objects that are created after it; pg_dump does the same.
    let mut sql = "SET search_path = pg_catalog; SET check_function_bodies = off;\n".to_owned();
    let mut characters = sql.len();
    let mut ends = Vec::with_capacity(operations.len());
    let mut as_role = false;
    for operation in operations {
        let start = sql.len();
        let statement_role = role.filter(|_| !needs_superuser(operation.object.kind));
        if as_role != statement_role.is_some() {
            as_role = statement_role.is_some();
            // Writing to a string cannot fail.
            let _ = match statement_role {
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

/// Whether usually only a superuser can create objects of a kind.
fn needs_superuser(kind: Kind) -> bool {
    use Kind::{EventTrigger, Extension, ForeignDataWrapper, ForeignServer, Publication, UserMapping};
    matches!(kind, Extension | EventTrigger | Publication | ForeignDataWrapper | ForeignServer | UserMapping)
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
    fn the_login_role_creates_objects_that_need_a_superuser() {
        let operations = [operation(Kind::Extension, "E"), operation(Kind::Table, "한글"), operation(Kind::Table, "U")];
        let (sql, ends) = join_statements(&operations, Some("app"));
        assert_eq!(
            sql,
            "SET search_path = pg_catalog; SET check_function_bodies = off;\nE\n;\nSET ROLE \"app\";\n한글\n;\nU\n;\n"
        );
        assert_eq!(*ends.last().unwrap(), sql.chars().count());
        let at = sql.chars().position(|letter| letter == 'U').unwrap() + 1;
        assert_eq!(ends.partition_point(|end| *end < at), 2);
        assert!(!join_statements(&operations, None).0.contains("ROLE"));
    }
}
