//! Copies of data that approved steps destroy. They are made in the step's transaction, and restored by the opposite
//! step or by hand.

mod affected;
mod cascade;
mod columns;
mod complete;
mod constraints;
mod copier;
mod copy_table;
mod forecast;
mod manual;
mod relations;
mod restore;
mod restore_copy;
mod restore_early;
mod restore_match;
mod restore_order;
mod restore_set;
mod restore_start;
mod rows_before;
mod settings;
mod store;
mod target;
mod tasks;
mod triggers;

pub use manual::{CopySelection, drop_copies, list_copies, restore_copy};
pub(in crate::engine) use store::read_logged_copies;
pub use store::{LoggedCopy, StoredCopy};

pub(in crate::engine) use affected::{AffectedObject, find_affected_objects};
pub(in crate::engine) use copier::{Copier, CopyOwner, PendingCopy, limit_exceeded};
pub(in crate::engine) use forecast::{forecast_copies, parse_limit};
pub(in crate::engine) use restore::{Restoration, StepMode};
pub(in crate::engine) use store::{CopyStore, read_revisions_with_copies};

use super::Error;
use crate::core::copies::CopyKind;
use crate::engine::connection::{database_error, is_row_security_error};

/// What to do if row security hides rows from the role.
const ROW_SECURITY_HINT: &str = "limbeck must read all rows of the table: use a role with BYPASSRLS, or run ALTER TABLE … NO FORCE ROW LEVEL \
    SECURITY before this step";

/// A copy of data that a statement has destroyed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CompletedCopy {
    #[serde(skip)]
    pub kind: CopyKind,
    pub object: String,
    /// The number of rows, or of the values of a column.
    pub rows: u64,
}

/// The result of restoring one copy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RestoredCopy {
    #[serde(skip)]
    pub kind: CopyKind,
    pub object: String,
    /// The number of restored rows or values.
    pub rows: u64,
    /// The number of rows or values that were not restored: their key exists already, their row or a referenced row is
    /// missing, the step itself has inserted rows, or the new value was changed since. Such rows remain in the copy.
    #[serde(rename = "left")]
    pub not_restored: u64,
    /// The number of rows that were added since. They are not changed.
    pub added: u64,
}

/// Why a copy was not made or restored.
#[derive(Debug)]
pub enum CopyError {
    /// The server rejected a statement of limbeck. The text names the object.
    Server(tokio_postgres::Error, String),
    /// limbeck refused to continue.
    Refused(Error),
}

impl From<tokio_postgres::Error> for CopyError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error, String::new())
    }
}

impl From<Error> for CopyError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl CopyError {
    /// Adds the object, if none is known yet.
    fn with_object(self, object: &str) -> Self {
        match self {
            Self::Server(error, known) if known.is_empty() => Self::Server(error, object.to_owned()),
            other => other,
        }
    }

    /// The error as it is shown.
    #[must_use]
    pub fn into_error(self) -> Error {
        match self {
            Self::Server(error, object) if object.is_empty() => database_error(&error),
            Self::Server(error, object) => {
                let report = database_error(&error);
                let report = Error { message: format!("{object}: {}", report.message), ..report };
                if is_row_security_error(&error) { report.hint(ROW_SECURITY_HINT) } else { report }
            }
            Self::Refused(error) => error,
        }
    }
}
