//! Cancellation of work that is not a run of a plan.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::connection::Session;
use super::{Error, ErrorKind, Result};

/// The interval between two cancel requests to the server.
const REQUEST_INTERVAL: Duration = Duration::from_millis(400);

/// Waits for the result of `work`, which only reads or uses scratch databases, or for the cancellation. The caller drops the
/// scratch databases.
///
/// # Errors
/// The error of `work`; of kind `Interrupted` when it was cancelled.
pub(super) async fn unless_cancelled<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::of(ErrorKind::Interrupted, "cancelled; nothing was written")),
        result = work => result,
    }
}

/// Waits for the result of `work`, which writes on a session. A cancellation is sent to the server until the work ends.
///
/// # Errors
/// The error of `work`; of kind `Interrupted`, with the state of the database, when it was cancelled.
pub(super) async fn cancel_on_server<T>(
    session: &Session,
    cancel: &CancellationToken,
    state: &str,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut work = std::pin::pin!(work);
    let result = tokio::select! {
        biased;
        result = &mut work => return result,
        () = cancel.cancelled() => loop {
            let _ = session.canceller().cancel().await;
            tokio::select! {
                result = &mut work => break result,
                () = tokio::time::sleep(REQUEST_INTERVAL) => {}
            }
        },
    };
    result.map_err(|error| match error.kind {
        ErrorKind::Connection => error,
        _ => Error::of(ErrorKind::Interrupted, format!("cancelled; {state}")),
    })
}
