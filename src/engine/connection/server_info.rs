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

/// The oldest supported version of PostgreSQL.
const OLDEST_MAJOR: u32 = 13;

impl ServerInfo {
    /// Checks that limbeck supports the version of the server.
    ///
    /// # Errors
    /// When the server is too old.
    pub fn require_supported(&self) -> Result<()> {
        // 0: the server did not say its version as a number.
        if self.version_num == 0 || self.version_num / 10_000 >= OLDEST_MAJOR {
            return Ok(());
        }
        Err(Error::new(format!("PostgreSQL {} is too old", self.version))
            .because(format!("the server at {}, port {}, was asked; nothing was run", self.host, self.port))
            .hint(format!("limbeck supports PostgreSQL {OLDEST_MAJOR} and later; upgrade the server with pg_upgrade")))
    }
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

/// The major version in a version such as `15.18 (Debian 15.18-1)` or `18beta1`.
#[must_use]
pub fn parse_major(version: &str) -> Option<u32> {
    let digits = version.find(|character: char| !character.is_ascii_digit()).unwrap_or(version.len());
    version.get(..digits)?.parse().ok()
}
