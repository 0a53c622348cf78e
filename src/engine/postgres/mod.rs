//! Everything that speaks to PostgreSQL.

mod conninfo;
mod embedded;
mod session;

pub use conninfo::{ConnInfo, Variables};
pub use embedded::EmbeddedServer;
pub use session::{Canceller, ServerInfo, Session};
