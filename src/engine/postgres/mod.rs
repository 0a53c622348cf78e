//! Everything that speaks to PostgreSQL.

mod conninfo;
mod directories;
mod embedded;
mod programs;
mod session;

pub use conninfo::{ConnInfo, Variables};
pub use directories::Surroundings;
pub use embedded::{EmbeddedOptions, EmbeddedServer, supervise};
pub use programs::{Programs, install_command};
pub use session::{Canceller, ServerInfo, Session};
