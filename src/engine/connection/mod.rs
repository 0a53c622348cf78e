//! Connects to PostgreSQL servers: connection strings, TLS, sessions and the embedded server. Does not depend on any
//! use case.

mod connect;
mod conninfo;
mod directories;
mod embedded;
pub mod identifier;
mod notices;
mod pgpass;
pub mod pooler;
pub(in crate::engine) mod programs;
mod server_info;
mod service;
mod session;
mod tls;
mod variables;

pub use connect::{
    CONNECTION_LOST, ConnectionTurns, Turn, database_error, is_row_security_error, without_idle_timeouts,
};
pub use conninfo::ConnInfo;
pub use directories::HostEnvironment;
pub(in crate::engine) use directories::project_folder_name;
pub use embedded::{EmbeddedOptions, EmbeddedServer, download, supervise};
pub use notices::{Notice, NoticeSeverity};
pub use programs::{Programs, install_command};
pub use server_info::{ServerInfo, WriteAccess, parse_major};
pub use session::{Canceller, Session};
pub use variables::Variables;
