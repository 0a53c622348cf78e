//! Everything that speaks to PostgreSQL.

mod conninfo;
mod embedded;
pub mod identifier;
pub mod ledger;
pub mod lock;
mod session;
mod version_table;

pub use conninfo::{ConnInfo, Variables};
pub use embedded::EmbeddedServer;
pub use session::{Canceller, ServerInfo, Session};
pub use version_table::VersionTable;

use super::Error;

/// What the server (or the connection) says went wrong, as an error.
#[must_use]
pub fn server_error(error: &tokio_postgres::Error) -> Error {
    Error::new(error.to_string())
}
