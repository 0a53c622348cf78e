//! What a database stores about its own migrations: the version table, the ledger, and the migration lock.

pub(super) mod foreign_code;
pub mod ledger;
pub mod ledger_log;
pub mod ledger_scripts;
mod ledger_table;
pub mod lock;
pub mod script_status;
pub mod status;
pub(super) mod table_format;
mod table_shape;
mod version_table;

pub use version_table::VersionTable;
