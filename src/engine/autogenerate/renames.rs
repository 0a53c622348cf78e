//! Requested renames. They run on the scratch copy first, so that PostgreSQL itself updates the names in views,
//! defaults and other dependent objects.

use super::context::ComparisonContext;
use crate::core::diff::rename::{Rename, RenameError, Subject, parse_all, rename_statements};
use crate::core::diff::{Action, Operation};
use crate::core::schema::{ObjectId, Schema, Scope};
use crate::engine::cancel::unless_cancelled;
use crate::engine::connection::database_error;
use crate::engine::connection::identifier::quote;
use crate::engine::{Error, ErrorKind, Result, Target};

/// The statements of the renames in both directions, in the order in which they run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedRenames {
    pub up: Vec<Operation>,
    pub down: Vec<String>,
}

impl RequestedRenames {
    /// Parses the renames and checks them against both schemas.
    ///
    /// # Errors
    /// Of kind `Usage` when a rename names an object that does not exist.
    pub fn of(typed: &[String], old: &Schema, new: &Schema) -> Result<Self> {
        let renames = parse_all(typed, old, new).map_err(|error| rename_error(&error))?;
        let (up, mut down): (Vec<Operation>, Vec<String>) = renames.iter().map(operation).unzip();
        down.reverse();
        Ok(Self { up, down })
    }

    /// Whether no rename was requested.
    pub fn is_empty(&self) -> bool {
        self.up.is_empty()
    }

    /// Returns the scratch copy's schema with the new names. The copy has the old names again afterwards.
    ///
    /// # Errors
    /// When the copy cannot be created, or PostgreSQL refuses a rename.
    pub async fn read_renamed_schema(&self, context: &mut ComparisonContext<'_>, scope: &Scope) -> Result<Schema> {
        let target = context.replica().await?.target().clone();
        let up: Vec<String> = self.up.iter().map(|operation| operation.sql.clone()).collect();
        run(context, &target, &up).await?;
        let (renamed, _) = context.read(&target, scope).await?;
        run(context, &target, &self.down).await?;
        Ok(renamed)
    }
}

async fn run(context: &ComparisonContext<'_>, target: &Target, statements: &[String]) -> Result<()> {
    let session = target.connect("limbeck autogenerate").await?;
    let role = context.project.config.apply.role.as_deref();
    let set_role = role.map(|role| format!("SET ROLE {};\n", quote(role))).unwrap_or_default();
    let sql = set_role + &statements.join(";\n");
    let failed =
        |error: tokio_postgres::Error| database_error(&error).because("the rename failed on a copy of the schema");
    unless_cancelled(context.cancel, async { session.client().batch_execute(&sql).await.map_err(failed) }).await
}

fn operation(rename: &Rename) -> (Operation, String) {
    let (sql, back) = rename_statements(rename);
    let object = match &rename.subject {
        Subject::Object { old, .. } => old.clone(),
        Subject::Label { of, .. } => of.clone(),
    };
    // A dependent object is grouped with its table.
    let group = match rename.holder.filter(|_| !object.of.is_empty()) {
        Some(owner) => ObjectId::new(owner, &object.schema, &object.of),
        None => object.clone(),
    };
    (Operation { group, object, action: Action::Rename, sql, note: None }, back)
}

fn rename_error(error: &RenameError) -> Error {
    let report = Error::of(ErrorKind::Usage, error.to_string());
    match &error.hint {
        Some(hint) => report.hint(hint.clone()),
        None => report,
    }
}
