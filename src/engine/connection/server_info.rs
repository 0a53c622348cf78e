//! The properties of a server and a session, read once after connecting.

use crate::engine::{Error, Result};

/// The server, the database and the role of a session.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ServerInfo {
    pub database: String,
    pub user: String,
    /// A host name, an IP address, or the folder of a Unix socket.
    pub host: String,
    pub port: u16,
    /// For example `15.18`.
    pub version: String,
    /// For example `150018`.
    pub version_num: u32,
    /// The process id of the server process of this session.
    pub backend_pid: i32,
}

/// Whether the transactions of a session can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteAccess {
    ReadWrite,
    /// The server is a hot standby.
    Standby,
    /// `default_transaction_read_only` is on.
    ReadOnly,
}

impl WriteAccess {
    /// Why the session cannot write, as the end of a sentence. `None` if it can.
    #[must_use]
    pub fn obstacle(self) -> Option<&'static str> {
        match self {
            Self::ReadWrite => None,
            Self::Standby => Some("the server is a hot standby, which accepts no writes"),
            Self::ReadOnly => Some("default_transaction_read_only is on"),
        }
    }

    /// What to do to be able to write.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Standby => {
                "connect to the primary server; with several hosts in the URL, target_session_attrs=primary selects it"
            }
            _ => {
                "if writes are intended, turn default_transaction_read_only off where it is set (ALTER DATABASE, ALTER \
                 ROLE, postgresql.conf or the URL), or connect to another server"
            }
        }
    }

    /// Checks that the session can write.
    ///
    /// # Errors
    /// Says why it cannot.
    pub(super) fn require_writes(self, server: &ServerInfo) -> Result<()> {
        let Some(obstacle) = self.obstacle() else { return Ok(()) };
        Err(Error::new(format!("the database {} is read-only: {obstacle}", server.database))
            .because("nothing was run")
            .hint(self.remedy()))
    }
}
