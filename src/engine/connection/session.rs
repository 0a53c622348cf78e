//! One connection to a server, what the server said of itself, and how to cancel what runs on it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::mpsc;
use tokio_postgres::AsyncMessage;
use tokio_postgres::error::{DbError, Severity};

use super::ConnInfo;
use super::connect::{Driver, Route, connect, database_error};
use crate::engine::{Error, Result};

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

/// What a server says while it works: `RAISE NOTICE`, warnings, `NOTICE: … does not exist, skipping`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Never localised.
    pub severity: NoticeSeverity,
    /// SQLSTATE.
    pub code: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeSeverity {
    Warning,
    Notice,
    Info,
    Log,
    Debug,
}

impl From<DbError> for Notice {
    fn from(notice: DbError) -> Self {
        let severity = match notice.parsed_severity() {
            Some(Severity::Notice) | None => NoticeSeverity::Notice,
            Some(Severity::Info) => NoticeSeverity::Info,
            Some(Severity::Log) => NoticeSeverity::Log,
            Some(Severity::Debug) => NoticeSeverity::Debug,
            Some(Severity::Warning | Severity::Error | Severity::Fatal | Severity::Panic) => NoticeSeverity::Warning,
        };
        Self {
            severity,
            code: notice.code().code().to_owned(),
            message: notice.message().to_owned(),
            detail: notice.detail().map(str::to_owned),
            hint: notice.hint().map(str::to_owned),
        }
    }
}

/// A connected session. Dropped, it ends once the statement that runs has ended.
pub struct Session {
    client: tokio_postgres::Client,
    server: ServerInfo,
    canceller: Canceller,
    ending: Ending,
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
            ending: connected.ending,
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
        self.ending.notices.take()
    }

    /// Why the connection ended without being asked to, e.g. an administrator's order; `None` while it stands.
    #[must_use]
    pub fn lost(&self) -> Option<Error> {
        self.ending.reason.get().cloned()
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

/// What the task that drives a connection leaves behind: notices, and why it ended.
#[derive(Clone, Default)]
pub(super) struct Ending {
    notices: Arc<Notices>,
    reason: Arc<OnceLock<Error>>,
}

impl Ending {
    /// Drives a connection in a task of its own.
    pub(super) fn spawn(mut driver: Driver) -> Self {
        let ending = Self::default();
        let seen = ending.clone();
        tokio::spawn(async move {
            while let Some(message) = poll_fn(|cx| driver.poll_message(cx)).await {
                match message {
                    Ok(AsyncMessage::Notice(notice)) => seen.notices.push(notice.into()),
                    Ok(_) => {}
                    Err(error) => {
                        let _ = seen.reason.set(database_error(&error));
                        break;
                    }
                }
            }
        });
        ending
    }
}

/// Holds the last notices until somebody wants them.
#[derive(Default)]
struct Notices {
    state: Mutex<NoticeState>,
}

#[derive(Default)]
struct NoticeState {
    held: VecDeque<Notice>,
    taker: Option<mpsc::UnboundedSender<Notice>>,
}

/// A script may raise a notice for every row; unread ones must not fill the memory.
const HELD: usize = 100;

impl Notices {
    fn push(&self, notice: Notice) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let back = match &state.taker {
            Some(taker) => taker.send(notice).err().map(|refused| refused.0),
            None => Some(notice),
        };
        if let Some(notice) = back {
            state.taker = None;
            state.held.push_back(notice);
            if state.held.len() > HELD {
                state.held.pop_front();
            }
        }
    }

    fn take(&self) -> mpsc::UnboundedReceiver<Notice> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for notice in state.held.drain(..) {
            let _ = sender.send(notice);
        }
        state.taker = Some(sender);
        receiver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(number: usize) -> Notice {
        Notice {
            severity: NoticeSeverity::Notice,
            code: "00000".to_owned(),
            message: number.to_string(),
            detail: None,
            hint: None,
        }
    }

    fn drain(receiver: &mut mpsc::UnboundedReceiver<Notice>) -> Vec<String> {
        std::iter::from_fn(|| receiver.try_recv().ok()).map(|notice| notice.message).collect()
    }

    #[test]
    fn unread_notices_are_bounded_and_read_ones_are_not_lost() {
        let notices = Notices::default();
        (0..HELD + 5).for_each(|number| notices.push(notice(number)));
        let mut first = notices.take();
        let held = drain(&mut first);
        assert_eq!((held.len(), held[0].as_str()), (HELD, "5"));
        (0..HELD * 3).for_each(|number| notices.push(notice(number)));
        assert_eq!(drain(&mut first).len(), HELD * 3);
        drop(first);
        notices.push(notice(7));
        assert_eq!(drain(&mut notices.take()), ["7"]);
    }

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
