//! Copies of what approved steps destroy: made before, in the same transaction, put back by the opposite step or by
//! hand.

mod affected;
mod back;
mod describe;
mod forecast;
mod hand;
mod keeper;
mod located;
mod order;
mod quiet;
mod resolve;
mod settle;
mod sources;
mod store;
mod triggers;
mod write;

pub use hand::{Which, drop_copies, list, restore};
pub use store::Copy;

pub(in crate::engine) use affected::{Affected, affected};
pub(in crate::engine) use back::Pending;
pub(in crate::engine) use forecast::{forecast, limit};
pub(in crate::engine) use keeper::{Keeper, Made, no_room};
pub(in crate::engine) use store::{Place, waiting};

use super::Error;
use crate::engine::connection::database_error;

/// What came back of one copy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    pub object: String,
    /// Rows or values that came back.
    pub rows: u64,
    /// Those that did not: their place is taken or gone, what they refer to is not there, the step has put rows of its
    /// own there, or their replacement was changed since. Rows stay in the copy.
    pub left: u64,
    /// Rows that came since, left as they are.
    pub added: u64,
}

/// Why a copy was not made or put back.
#[derive(Debug)]
pub(in crate::engine) enum Trouble {
    /// The server refused a statement of ours; with the object that it was about.
    Server(tokio_postgres::Error, String),
    /// It must not go on.
    Refused(Error),
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error, String::new())
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Trouble {
    /// Names what it is about, where that is not known yet.
    fn about(self, object: &str) -> Self {
        match self {
            Self::Server(error, known) if known.is_empty() => Self::Server(error, object.to_owned()),
            other => other,
        }
    }

    /// The error as it is told.
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
