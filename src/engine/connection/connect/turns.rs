//! A connection that limbeck's client and a second user share: only the one whose turn it is reads and writes.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use super::messages::Messages;

/// The client's stream. It waits while somebody else has the turn.
pub(in crate::engine::connection) struct SharedStream<S>(Arc<Mutex<Shared<S>>>);

struct Shared<S> {
    stream: S,
    is_taken: bool,
    /// The server has closed the connection, or the client has dropped it.
    is_closed: bool,
    messages: Messages,
    reader: Option<Waker>,
    writer: Option<Waker>,
    taker: Option<Waker>,
}

/// The access of the second user to the stream, whatever its type is.
trait Turns: Send + Sync {
    fn poll_take(&self, cx: &mut Context<'_>) -> Poll<()>;
    fn give_back(&self);
    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>>;
    fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;
    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Takes turns on the connection of a session.
#[derive(Clone)]
pub struct ConnectionTurns(Arc<dyn Turns>);

/// The turn of the second user. When it is dropped, the turn goes back to limbeck's client.
pub struct Turn(Arc<dyn Turns>);

impl ConnectionTurns {
    /// Waits until the server has answered all requests of limbeck's client, and takes the turn.
    pub async fn take(&self) -> Turn {
        poll_fn(|cx| self.0.poll_take(cx)).await;
        Turn(Arc::clone(&self.0))
    }
}

impl std::fmt::Debug for ConnectionTurns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConnectionTurns")
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

impl AsyncRead for Turn {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Turn {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl<S> SharedStream<S> {
    pub(super) fn new(stream: S) -> Self {
        let (reader, writer, taker) = (None, None, None);
        Self(Arc::new(Mutex::new(Shared {
            stream,
            is_taken: false,
            is_closed: false,
            messages: Messages::default(),
            reader,
            writer,
            taker,
        })))
    }
}

impl<S> Drop for SharedStream<S> {
    fn drop(&mut self) {
        let mut shared = lock(&self.0);
        shared.is_closed = true;
        let taker = shared.taker.take();
        drop(shared);
        taker.into_iter().for_each(Waker::wake);
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> SharedStream<S> {
    /// Takes turns on this stream.
    pub(super) fn turns(&self) -> ConnectionTurns {
        ConnectionTurns(self.0.clone())
    }
}

fn lock<S>(shared: &Mutex<Shared<S>>) -> MutexGuard<'_, Shared<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Turns for Mutex<Shared<S>> {
    fn poll_take(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = lock(self);
        if (shared.messages.are_complete() || shared.is_closed) && !shared.is_taken {
            shared.is_taken = true;
            return Poll::Ready(());
        }
        shared.taker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn give_back(&self) {
        let mut shared = lock(self);
        shared.is_taken = false;
        let wakers = [shared.reader.take(), shared.writer.take(), shared.taker.take()];
        drop(shared);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(self).stream).poll_read(cx, buffer)
    }

    fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut lock(self).stream).poll_write(cx, bytes)
    }

    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(self).stream).poll_flush(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for SharedStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let shared = &mut *lock(&self.0);
        // The waker is also needed if the stream itself wakes the second user.
        shared.reader = Some(cx.waker().clone());
        if shared.is_taken {
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut shared.stream).poll_read(cx, buffer);
        if let Poll::Ready(result) = &read {
            let received = &buffer.filled()[before..];
            shared.messages.receive(received);
            shared.is_closed |= result.is_err() || received.is_empty();
            if shared.messages.are_complete() || shared.is_closed {
                shared.taker.take().into_iter().for_each(Waker::wake);
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SharedStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let shared = &mut *lock(&self.0);
        if shared.is_taken {
            shared.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let written = Pin::new(&mut shared.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(length)) = written {
            shared.messages.send(&bytes[..length]);
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shared = &mut *lock(&self.0);
        if shared.is_taken {
            shared.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Pin::new(&mut shared.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(&self.0).stream).poll_shutdown(cx)
    }
}

impl<S: TlsStream + Unpin> TlsStream for SharedStream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        lock(&self.0).stream.channel_binding()
    }
}

/// Connects with TLS, and makes the stream above TLS shared.
pub(super) struct SharedTls<T> {
    pub tls: T,
    /// Receives the turns of the stream, if TLS is used.
    pub turns: Arc<OnceLock<ConnectionTurns>>,
}

impl<S, T> TlsConnect<S> for SharedTls<T>
where
    T: TlsConnect<S> + Send + 'static,
    T::Stream: Send + 'static,
    T::Future: Send + 'static,
{
    type Stream = SharedStream<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connecting = self.tls.connect(stream);
        Box::pin(async move {
            let shared = SharedStream::new(connecting.await?);
            let _ = self.turns.set(shared.turns());
            Ok(shared)
        })
    }
}
