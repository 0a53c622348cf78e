//! Cancellation of work that only reads or that uses scratch databases only.

use tokio_util::sync::CancellationToken;

use super::{Error, ErrorKind, Result};

/// Waits for the result of `work`, or for the cancellation. The caller drops the scratch databases that `work` uses.
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
