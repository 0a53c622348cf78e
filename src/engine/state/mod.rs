//! What a database records about its own migrations: the version table, the ledger, and the migration lock.

pub mod ledger;
pub mod lock;
pub mod recall;
pub mod record;
pub mod status;
mod version_table;

pub use version_table::VersionTable;
