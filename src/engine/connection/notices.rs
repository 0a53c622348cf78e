//! Notices and warnings that a server sends while statements run.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio_postgres::error::{DbError, Severity};

/// A message that the server sends while a statement runs, for example by `RAISE NOTICE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Not localized.
    pub severity: NoticeSeverity,
    /// SQLSTATE.
    pub code: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

/// The severity of a notice.
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

/// Stores the last notices until a receiver takes them.
#[derive(Default)]
pub(super) struct NoticeBuffer {
    state: Mutex<NoticeState>,
}

#[derive(Default)]
struct NoticeState {
    stored: VecDeque<Notice>,
    receiver: Option<mpsc::UnboundedSender<Notice>>,
}

/// How many notices are stored without a receiver. A script may raise one notice per row.
const STORED_NOTICES: usize = 100;

impl NoticeBuffer {
    pub(super) fn push(&self, notice: Notice) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let unsent = match &state.receiver {
            Some(sender) => sender.send(notice).err().map(|refused| refused.0),
            None => Some(notice),
        };
        if let Some(notice) = unsent {
            state.receiver = None;
            state.stored.push_back(notice);
            if state.stored.len() > STORED_NOTICES {
                state.stored.pop_front();
            }
        }
    }

    pub(super) fn take(&self) -> mpsc::UnboundedReceiver<Notice> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for notice in state.stored.drain(..) {
            let _ = sender.send(notice);
        }
        state.receiver = Some(sender);
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
    fn unread_notices_are_limited_and_received_ones_are_complete() {
        let notices = NoticeBuffer::default();
        (0..STORED_NOTICES + 5).for_each(|number| notices.push(notice(number)));
        let mut first = notices.take();
        let held = drain(&mut first);
        assert_eq!((held.len(), held[0].as_str()), (STORED_NOTICES, "5"));
        (0..STORED_NOTICES * 3).for_each(|number| notices.push(notice(number)));
        assert_eq!(drain(&mut first).len(), STORED_NOTICES * 3);
        drop(first);
        notices.push(notice(7));
        assert_eq!(drain(&mut notices.take()), ["7"]);
    }
}
