//! The process id that the server announced when the connection started. A connection pooler announces one of its own
//! instead of that of the server process.
//!
//! `tokio-postgres` keeps it in the cancel token only, so it is read from a cancel request that is not sent.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::CancelToken;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// The length of a cancel request: length, code, process id and key, four bytes each.
const REQUEST_LENGTH: usize = 16;

/// Returns the process id that the server announced. `None` if it cannot be read.
pub(super) async fn read(token: &CancelToken) -> Option<i32> {
    let recorder = Recorder::default();
    token.cancel_query_raw(recorder.clone(), PlainText).await.ok()?;
    let written = recorder.written.lock().unwrap_or_else(PoisonError::into_inner);
    let request = &written[written.len().checked_sub(REQUEST_LENGTH)?..];
    Some(i32::from_be_bytes(request.get(8..12)?.try_into().ok()?))
}

/// Records what is written. Accepts TLS, which [`PlainText`] then does not use.
#[derive(Clone, Default)]
struct Recorder {
    written: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Recorder {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        buffer.put_slice(b"S");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl TlsStream for Recorder {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

/// Stands in for TLS, so that the request is recorded as plain text.
struct PlainText;

impl TlsConnect<Recorder> for PlainText {
    type Stream = Recorder;
    type Error = io::Error;
    type Future = Ready<io::Result<Recorder>>;

    fn connect(self, stream: Recorder) -> Self::Future {
        ready(Ok(stream))
    }
}
