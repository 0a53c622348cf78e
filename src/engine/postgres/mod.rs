//! Everything that speaks to PostgreSQL.

mod connect;
mod conninfo;
mod embedded;
mod pgpass;
mod service;
mod session;
mod tls;

pub use connect::database_error;
pub use conninfo::{ConnInfo, Variables};
pub use embedded::EmbeddedServer;
pub use session::{Canceller, Notice, NoticeSeverity, ServerInfo, Session};
