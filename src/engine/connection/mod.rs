//! How to reach a PostgreSQL server: connection strings, TLS, sessions, and the embedded server. Depends on no use case.

mod connect;
mod conninfo;
mod directories;
mod embedded;
pub mod identifier;
mod pgpass;
pub(in crate::engine) mod programs;
mod service;
mod session;
mod tls;

pub use connect::database_error;
pub use conninfo::{ConnInfo, Variables};
pub use directories::Surroundings;
pub(in crate::engine) use directories::project_folder_name;
pub use embedded::{EmbeddedOptions, EmbeddedServer, download, supervise};
pub use programs::{Programs, install_command};
pub use session::{Canceller, Notice, NoticeSeverity, ServerInfo, Session};
