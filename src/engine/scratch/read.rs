//! Reads the schema of the target or of a scratch database.

use super::creator::creator_role;
use crate::core::diff::Options;
use crate::core::schema::{Schema, Scope};
use crate::engine::project::Project;
use crate::engine::state::VersionTable;
use crate::engine::{Result, Target, catalog};

/// The scope of all objects except the version table.
pub fn full_scope(project: &Project) -> Scope {
    VersionTable::new(&project.config.database.version_table).exclude_from(Scope::new(None, &[]))
}

/// Reads the objects in scope, and returns them with the options to write statements for this database.
///
/// # Errors
/// When the server cannot be reached or the catalog cannot be read.
pub async fn read_schema(project: &Project, target: &Target, scope: &Scope) -> Result<(Schema, Options)> {
    let session = target.connect("limbeck scratch").await?;
    let schema = catalog::read(&session, scope).await?;
    let version = session.server().version_num / 10_000;
    Ok((schema, Options { creator: creator_role(project, target), version }))
}
