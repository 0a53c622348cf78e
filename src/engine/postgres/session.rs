//! One connection to a server, what the server said of itself, and how to cancel what runs on it.

use super::ConnInfo;
use crate::engine::Result;

/// What a server says of itself once connected.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ServerInfo {
    pub database: String,
    pub user: String,
    /// A host name, an address, or the folder of a socket.
    pub host: String,
    pub port: u16,
    /// e.g. `15.18`.
    pub version: String,
    /// e.g. `150018`.
    pub version_num: u32,
    /// The server process that serves this session.
    pub backend_pid: i32,
}

/// A connected session.
pub struct Session {
    client: tokio_postgres::Client,
    server: ServerInfo,
    canceller: Canceller,
}

/// Cancels what runs on a session, from another task.
#[derive(Clone)]
pub struct Canceller {}

impl Canceller {
    /// Asks the server to cancel the running statement; the answer comes on the session itself.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn cancel(&self) -> Result<()> {
        todo!()
    }
}

impl Session {
    /// Connects: tries the hosts in turn, over TLS where `sslmode` says so.
    ///
    /// # Errors
    /// Of kind `Connection` when no host can be reached, `Failed` when one refuses.
    pub async fn open(conninfo: &ConnInfo, application: &str) -> Result<Self> {
        let _ = (conninfo, application);
        todo!()
    }

    /// The client to run statements with.
    #[must_use]
    pub fn client(&self) -> &tokio_postgres::Client {
        &self.client
    }

    /// What the server said of itself.
    #[must_use]
    pub fn server(&self) -> &ServerInfo {
        &self.server
    }

    /// A handle that cancels what runs here.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }
}
