//! Renames that were asked for: they run on the copy first, so that PostgreSQL itself carries the new names into views,
//! defaults and whatever else stands on what is renamed.

use super::bench::Bench;
use crate::core::diff::rename::{Rename, RenameError, Subject, parse_all, rename_statements};
use crate::core::diff::{Action, Operation};
use crate::core::schema::{ObjectId, Schema, Scope};
use crate::engine::connection::database_error;
use crate::engine::connection::identifier::quote;
use crate::engine::{Error, ErrorKind, Result, Target};

/// The statements of renames, both ways, each in the order in which it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames {
    pub up: Vec<Operation>,
    pub down: Vec<String>,
}

impl Renames {
    /// Of what was typed, checked against both schemas.
    ///
    /// # Errors
    /// Of kind `Usage` when one names what is not there.
    pub fn of(typed: &[String], old: &Schema, new: &Schema) -> Result<Self> {
        let renames = parse_all(typed, old, new).map_err(|error| refused(&error))?;
        let (up, mut down): (Vec<Operation>, Vec<String>) = renames.iter().map(operation).unzip();
        down.reverse();
        Ok(Self { up, down })
    }

    /// Whether nothing is renamed.
    pub fn is_empty(&self) -> bool {
        self.up.is_empty()
    }

    /// What the copy of the target's schema is like with the new names. It has the old ones again afterwards.
    ///
    /// # Errors
    /// When the copy cannot be made, or PostgreSQL refuses a rename.
    pub async fn carried_out(&self, bench: &mut Bench<'_>, scope: &Scope) -> Result<Schema> {
        let target = bench.replica().await?.scratch.target().clone();
        let up: Vec<String> = self.up.iter().map(|operation| operation.sql.clone()).collect();
        run(bench, &target, &up).await?;
        let (renamed, _) = bench.read(&target, scope).await?;
        run(bench, &target, &self.down).await?;
        Ok(renamed)
    }
}

async fn run(bench: &Bench<'_>, target: &Target, statements: &[String]) -> Result<()> {
    let session = target.connect("limbeck autogenerate").await?;
    let role = bench.project.config.apply.role.as_deref();
    let set_role = role.map(|role| format!("SET ROLE {};\n", quote(role))).unwrap_or_default();
    let sql = set_role + &statements.join(";\n");
    let failed =
        |error: tokio_postgres::Error| database_error(&error).because("a rename does not run on a copy of the schema");
    super::unless_cancelled(bench.cancel, async { session.client().batch_execute(&sql).await.map_err(failed) }).await
}

fn operation(rename: &Rename) -> (Operation, String) {
    let (sql, back) = rename_statements(rename);
    let object = match &rename.subject {
        Subject::Object { old, .. } => old.clone(),
        Subject::Label { of, .. } => of.clone(),
    };
    // What belongs to something is read together with it.
    let group = match rename.holder.filter(|_| !object.of.is_empty()) {
        Some(holder) => ObjectId::new(holder, &object.schema, &object.of),
        None => object.clone(),
    };
    (Operation { group, object, action: Action::Rename, sql, note: None }, back)
}

fn refused(error: &RenameError) -> Error {
    let report = Error::of(ErrorKind::Usage, error.to_string());
    match &error.hint {
        Some(hint) => report.hint(hint.clone()),
        None => report,
    }
}
