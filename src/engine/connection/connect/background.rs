//! The background task that reads messages from a connection.

use std::future::poll_fn;
use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;
use tokio_postgres::AsyncMessage;

use super::{Driver, database_error};
use crate::engine::Error;
use crate::engine::connection::notices::{Notice, NoticeBuffer};

/// The state of the task that reads from a connection: received notices, and why the connection ended.
#[derive(Clone, Default)]
pub(in crate::engine::connection) struct BackgroundTask {
    notices: Arc<NoticeBuffer>,
    end_reason: Arc<OnceLock<Error>>,
}

impl BackgroundTask {
    /// Starts a task that reads from the connection until it ends.
    pub(in crate::engine::connection) fn spawn(mut driver: Driver) -> Self {
        let task = Self::default();
        let (notices, end_reason) = (task.notices.clone(), task.end_reason.clone());
        tokio::spawn(async move {
            while let Some(message) = poll_fn(|cx| driver.poll_message(cx)).await {
                match message {
                    Ok(AsyncMessage::Notice(notice)) => notices.push(notice.into()),
                    Ok(_) => {}
                    Err(error) => {
                        let _ = end_reason.set(database_error(&error));
                        break;
                    }
                }
            }
        });
        task
    }

    /// Returns the receiver of the notices. See [`NoticeBuffer::take`].
    pub(in crate::engine::connection) fn take_notices(&self) -> mpsc::UnboundedReceiver<Notice> {
        self.notices.take()
    }

    /// Why the connection ended, if it has ended.
    pub(in crate::engine::connection) fn end_reason(&self) -> Option<Error> {
        self.end_reason.get().cloned()
    }
}
