//! `--rev-id` with an id that is longer than the column of Alembic's version table.

use super::context::Context;
use super::exit::Failure;
use crate::core::graph::{ALEMBIC_WIDTH, RevisionId};
use crate::engine::Error;
use crate::engine::draft::require_id_fits;
use crate::engine::project::Project;

/// Checks that the version table of the database can hold a new id. Prints a note if a long id cannot be checked. Does
/// not connect for other ids.
///
/// # Errors
/// If the column is too narrow, with the statement that widens it.
pub fn require_id_fits_column(context: &Context, project: &Project, id: Option<&str>) -> Result<(), Failure> {
    let Some(id) = id.and_then(|id| RevisionId::parse(id).ok()).filter(|id| id.length() > ALEMBIC_WIDTH) else {
        return Ok(());
    };
    let checked = context.block_on(async {
        let target = context.find_target(project).await.map_err(|error| Unknown(Box::new(error)))?;
        let session = target.connect("limbeck revision").await.map_err(|error| Unknown(Box::new(error)))?;
        Ok(require_id_fits(project, &target, &session, &id).await)
    })?;
    match checked {
        Ok(fits) => Ok(fits?),
        Err(Unknown(error)) => {
            context.terminal.print_note(&format!(
                "note: the id has {} characters, and the width of version_num is unknown: {error}",
                id.length()
            ));
            Ok(())
        }
    }
}

/// Why the database cannot be asked.
struct Unknown(Box<Error>);
