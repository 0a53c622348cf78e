//! A session on a server, and how to cancel its running statement.

use tokio::sync::mpsc;

use super::ConnInfo;
use super::connect::{BackgroundTask, CancelRoute, ConnectionTurns, connect};
use super::notices::Notice;
use super::server_info::{ServerInfo, WriteAccess};
use crate::engine::{Error, Result};

/// A connected session. When it is dropped, the connection closes as soon as the running statement ends.
pub struct Session {
    client: tokio_postgres::Client,
    server: ServerInfo,
    access: WriteAccess,
    canceller: Canceller,
    background: BackgroundTask,
    is_pooled: bool,
    turns: ConnectionTurns,
}

/// Cancels the running statement of a session from another task.
#[derive(Clone)]
pub struct Canceller {
    route: CancelRoute,
}

impl Canceller {
    /// Sends a cancel request and waits until the server has processed it. The cancelled statement returns its error on
    /// the session itself.
    ///
    /// # Errors
    /// Of kind `Connection` when the server cannot be reached.
    pub async fn cancel(&self) -> Result<()> {
        self.route.clone().cancel().await
    }
}

impl Session {
    /// Connects to the first host that accepts, with TLS as `sslmode` says. Dates use the ISO format, text uses UTF-8.
    /// `application` is the `application_name`, unless the connection string or `PGAPPNAME` sets one.
    ///
    /// # Errors
    /// Of kind `Connection` when no host can be reached; `Failed` when a host refuses the connection or is too old.
    pub async fn open(conninfo: &ConnInfo, application: &str) -> Result<Self> {
        let connected = connect(conninfo, application).await?;
        connected.server.require_supported()?;
        Ok(Self {
            client: connected.client,
            server: connected.server,
            access: connected.access,
            canceller: Canceller { route: connected.route },
            background: connected.background,
            is_pooled: connected.is_pooled,
            turns: connected.turns,
        })
    }

    /// Whether a connection pooler is between this session and the server.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    /// Lets a second user, the wire of a Python script, use the connection in turns with [`Self::client`].
    #[must_use]
    pub fn turns(&self) -> &ConnectionTurns {
        &self.turns
    }

    /// The client that runs statements.
    #[must_use]
    pub fn client(&self) -> &tokio_postgres::Client {
        &self.client
    }

    /// The server, the database and the role of this session.
    #[must_use]
    pub fn server(&self) -> &ServerInfo {
        &self.server
    }

    /// Whether this session can write.
    #[must_use]
    pub fn write_access(&self) -> WriteAccess {
        self.access
    }

    /// Checks that this session can write.
    ///
    /// # Errors
    /// When the server is a standby, or `default_transaction_read_only` is on.
    pub fn require_writes(&self) -> Result<()> {
        self.access.require_writes(&self.server)
    }

    /// Returns a handle that cancels the running statement of this session.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Returns a receiver of the notices: the last stored ones first, then all new ones. A second call moves the stream
    /// to the new receiver.
    #[must_use]
    pub fn take_notices(&self) -> mpsc::UnboundedReceiver<Notice> {
        self.background.take_notices()
    }

    /// Why the connection ended unexpectedly, for example because an administrator terminated it. `None` while it is
    /// open.
    #[must_use]
    pub fn lost(&self) -> Option<Error> {
        self.background.end_reason()
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("server", &self.server).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canceller")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_can_be_used_in_any_task() {
        fn is_send<T: Send>(_: &T) {}
        fn is_send_and_sync<T: Send + Sync>() {}
        let conninfo = ConnInfo::socket(std::path::Path::new("/nowhere"), 1, "me", "app");
        is_send(&Session::open(&conninfo, "test"));
        is_send_and_sync::<Session>();
        is_send_and_sync::<Canceller>();
    }
}
