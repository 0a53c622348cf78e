//! A connection that limbeck's client and a second user share: only the one whose turn it is reads and writes.
//!
//! The stream counts the client's requests and the server's answers, because a turn may only begin when no answer is
//! outstanding.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// The code of a request for TLS, which the server answers with one byte.
const SSL_REQUEST: u32 = 80_877_103;

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

/// Which of the client's requests the server has answered.
#[derive(Debug, Default)]
struct Messages {
    sent: Scanner,
    received: Scanner,
    /// Whether the client has sent its startup message. The messages before it have no type.
    is_started: bool,
    /// The length and the code of a message without a type.
    startup: Vec<u8>,
    startup_left: usize,
    /// Bytes of the server without a message around them.
    bare: usize,
    /// The number of requests that will end with `ReadyForQuery`.
    pending: usize,
}

impl Messages {
    fn are_complete(&self) -> bool {
        self.is_started && self.pending == 0 && self.sent.is_between() && self.received.is_between()
    }

    fn send(&mut self, mut bytes: &[u8]) {
        while !self.is_started && !bytes.is_empty() {
            let rest = self.send_startup(bytes);
            bytes = rest;
        }
        let pending = &mut self.pending;
        self.sent.scan(bytes, |kind, is_whole| {
            // Query, Sync, FunctionCall. A request counts from its first byte.
            if !is_whole && matches!(kind, b'Q' | b'S' | b'F') {
                *pending += 1;
            }
        });
    }

    /// Reads a part of a message without a type, and returns the bytes after it.
    fn send_startup<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        if self.startup_left == 0 {
            let (header, rest) = bytes.split_at(bytes.len().min(8 - self.startup.len()));
            self.startup.extend_from_slice(header);
            if let [a, b, c, d, e, f, g, h] = self.startup[..] {
                let length = u32::from_be_bytes([a, b, c, d]) as usize;
                self.startup_left = length.saturating_sub(8);
                if u32::from_be_bytes([e, f, g, h]) == SSL_REQUEST {
                    self.bare += 1;
                    self.startup.clear();
                } else if self.startup_left == 0 {
                    self.end_startup();
                }
            }
            return rest;
        }
        let (body, rest) = bytes.split_at(bytes.len().min(self.startup_left));
        self.startup_left -= body.len();
        if self.startup_left == 0 {
            self.end_startup();
        }
        rest
    }

    fn end_startup(&mut self) {
        self.is_started = true;
        self.startup = Vec::new();
        self.pending += 1;
    }

    fn receive(&mut self, bytes: &[u8]) {
        let bare = bytes.len().min(self.bare);
        self.bare -= bare;
        let pending = &mut self.pending;
        self.received.scan(&bytes[bare..], |kind, is_whole| match kind {
            // After the G of COPY … FROM STDIN, the server ignores the Sync that the client has already sent.
            b'Z' | b'G' if is_whole => *pending = pending.saturating_sub(1),
            _ => {}
        });
    }
}

/// Finds the messages in a stream of bytes.
#[derive(Debug, Default)]
struct Scanner {
    header: [u8; 5],
    filled: usize,
    body_left: usize,
}

impl Scanner {
    /// Whether no message has been read in part.
    fn is_between(&self) -> bool {
        self.filled == 0
    }

    /// Calls `found` with the type of a message after its header (`false`) and after its last byte (`true`).
    fn scan(&mut self, mut bytes: &[u8], mut found: impl FnMut(u8, bool)) {
        while !bytes.is_empty() {
            if self.filled < 5 {
                let count = bytes.len().min(5 - self.filled);
                self.header[self.filled..self.filled + count].copy_from_slice(&bytes[..count]);
                self.filled += count;
                bytes = &bytes[count..];
                if self.filled < 5 {
                    return;
                }
                let [kind, a, b, c, d] = self.header;
                self.body_left = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(4);
                found(kind, false);
            }
            let count = bytes.len().min(self.body_left);
            self.body_left -= count;
            bytes = &bytes[count..];
            if self.body_left == 0 {
                self.filled = 0;
                found(self.header[0], true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    fn startup(code: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap();
        [&length.to_be_bytes()[..], &code.to_be_bytes(), body].concat()
    }

    #[test]
    fn a_request_is_pending_until_its_answer_is_complete() {
        let ready = message(b'Z', b"I");
        let start = startup(196_608, b"user\0me\0\0");
        for (sent, received, complete) in [
            (vec![start.clone()], vec![], false),
            (vec![start.clone()], vec![message(b'R', &[0; 4]), ready.clone()], true),
            (vec![start.clone()], vec![ready[..5].to_vec()], false),
            (vec![start.clone(), message(b'Q', b"x\0")], vec![ready.clone()], false),
            (vec![start.clone(), message(b'Q', b"x\0")], vec![ready.clone(), ready.clone()], true),
            (
                vec![start.clone(), message(b'P', b"\0x\0\0\0"), message(b'S', b"")],
                vec![ready.clone(), ready.clone()],
                true,
            ),
            (vec![start.clone(), b"Q\0\0".to_vec()], vec![ready.clone()], false),
            (vec![startup(SSL_REQUEST, b""), start.clone()], vec![b"N".to_vec(), ready.clone()], true),
            (
                vec![start.clone(), message(b'E', b"\0"), message(b'S', b""), message(b'c', b""), message(b'S', b"")],
                vec![ready.clone(), message(b'G', b"\0\0\0"), ready.clone()],
                true,
            ),
        ] {
            for size in [1, 3, 1000] {
                let mut messages = Messages::default();
                sent.concat().chunks(size).for_each(|bytes| messages.send(bytes));
                received.concat().chunks(size).for_each(|bytes| messages.receive(bytes));
                assert_eq!(messages.are_complete(), complete, "{sent:?} {received:?} {size}");
            }
        }
    }
}
