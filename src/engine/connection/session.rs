//! A session on a server, and how to cancel a statement that runs on it.

use tokio::sync::mpsc;

use super::ConnInfo;
use super::connect::{BackgroundTask, Route, connect};
use super::notices::Notice;
use super::server_info::ServerInfo;
use crate::engine::{Error, Result};

/// A connected session. Dropped, it ends once the statement that runs has ended.
pub struct Session {
    client: tokio_postgres::Client,
    server: ServerInfo,
    canceller: Canceller,
    background: BackgroundTask,
}

/// Cancels what runs on a session, from another task.
#[derive(Clone)]
pub struct Canceller {
    route: Route,
}

impl Canceller {
    /// Asks the server to cancel the running statement and waits until it has passed that on; the
    /// answer comes on the session itself.
    ///
    /// # Errors
    /// Of kind `Connection` when the server cannot be reached.
    pub async fn cancel(&self) -> Result<()> {
        self.route.clone().cancel().await
    }
}

impl Session {
    /// Connects: tries the hosts in turn, over TLS where `sslmode` says so. Dates come in ISO form, text
    /// in UTF-8. `application` is the `application_name`, unless the connection string or `PGAPPNAME` has one.
    ///
    /// # Errors
    /// Of kind `Connection` when no host can be reached, `Failed` when one refuses.
    pub async fn open(conninfo: &ConnInfo, application: &str) -> Result<Self> {
        let connected = connect(conninfo, application).await?;
        Ok(Self {
            client: connected.client,
            server: connected.server,
            canceller: Canceller { route: connected.route },
            background: connected.background,
        })
    }

    /// The client to run statements with.
    #[must_use]
    pub fn client(&self) -> &tokio_postgres::Client {
        &self.client
    }

    /// The client, for its own transactions.
    pub fn client_mut(&mut self) -> &mut tokio_postgres::Client {
        &mut self.client
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

    /// The notices from here on, after the last few that came before. A second call takes them over
    /// from the first.
    #[must_use]
    pub fn take_notices(&self) -> mpsc::UnboundedReceiver<Notice> {
        self.background.take_notices()
    }

    /// Why the connection ended without being asked to, e.g. an administrator's order; `None` while it stands.
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
    fn a_session_can_be_opened_and_used_in_any_task() {
        fn sendable<T: Send>(_: &T) {}
        fn shareable<T: Send + Sync>() {}
        let conninfo = ConnInfo::socket(std::path::Path::new("/nowhere"), 1, "me", "app");
        sendable(&Session::open(&conninfo, "test"));
        shareable::<Session>();
        shareable::<Canceller>();
    }
}
