//! Copies of data that approved steps destroy. They are made in the step's transaction, and restored by the opposite step
//! or by hand.

mod affected;
mod columns;
mod complete;
mod copier;
mod forecast;
mod manual;
mod order;
mod relations;
mod restore;
mod restore_one;
mod settings;
mod store;
mod target;
mod tasks;
mod triggers;

pub use manual::{Which, drop_copies, list, restore};
pub use store::Copy;

pub(in crate::engine) use affected::{Affected, affected};
pub(in crate::engine) use copier::{Copier, MadeCopy, Owner, limit_exceeded};
pub(in crate::engine) use forecast::{forecast, limit};
pub(in crate::engine) use restore::Restoration;
pub(in crate::engine) use store::{CopyStore, revisions_with_copies};

use super::Error;
use crate::engine::connection::database_error;

/// A copy that was made before a loss.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct KeptCopy {
    pub object: String,
    /// Rows, or values of a column.
    pub rows: u64,
}

/// What was restored from one copy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    pub object: String,
    /// Rows or values that were restored.
    pub rows: u64,
    /// Rows or values that were not: their place is taken or does not exist, a referenced row is missing, the step itself
    /// added rows, or the replacing value was changed since. Such rows stay in the copy.
    pub left: u64,
    /// Rows that were added since. They are not changed.
    pub added: u64,
}

/// Why a copy was not made or restored.
#[derive(Debug)]
pub enum CopyError {
    /// The server rejected a statement of limbeck; with the object that it was about.
    Server(tokio_postgres::Error, String),
    /// limbeck refuses to continue.
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
    /// Adds the object that it is about, if none is known yet.
    fn about(self, object: &str) -> Self {
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
                Error { message: format!("{object}: {}", report.message), ..report }
            }
            Self::Refused(error) => error,
        }
    }
}
